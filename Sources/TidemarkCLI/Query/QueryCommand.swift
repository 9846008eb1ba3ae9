// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Tidemark
import TidemarkServer

/// `tidemark query`: one PromQL query of a data directory or a running server.
struct QueryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "query",
        abstract: "Answer a PromQL query from a data directory or a running server.",
        discussion: """
            Without times the expression is evaluated now; with --time, then; with --start and --step, at every step
            through --end. Times are RFC 3339 or Unix seconds, steps seconds or durations such as 15s and 1h30m.

            table   what a person reads: a row for each series, or for each time of a range
            json    the data object of the query API
            csv     a row for each sample, with a column for each label; timestamps in milliseconds

            Warnings and infos go to stderr. Exit code 0: answered; 1: failure; 2: wrong usage.

            EXAMPLES
              tidemark query 'sum by (campaign) (campaign_clicks_total)'
              tidemark query --url http://127.0.0.1:9590 --output json 'rate(campaign_clicks_total[5m])'
              tidemark query --start 2026-03-01T00:00:00Z --end 2026-03-02T00:00:00Z --step 1h 'sum(campaign_spend_total)'
            """
    )

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case table, json, csv
    }

    @Option(help: ArgumentHelp("Data directory that no server has open. (default: ./tidemark-data)", valueName: "dir"))
    var data: String?

    @Option(help: ArgumentHelp("A running server, such as http://127.0.0.1:9590.", valueName: "url"))
    var url: String?

    @OptionGroup
    var http: HTTPConfigOption

    @Option(help: ArgumentHelp("When to evaluate. (default: now)", valueName: "time"), transform: parseQueryTime)
    var time: Timestamp?

    @Option(help: ArgumentHelp("The first step of a range.", valueName: "time"), transform: parseQueryTime)
    var start: Timestamp?

    @Option(
        help: ArgumentHelp("Where the range ends, inclusive. (default: now)", valueName: "time"),
        transform: parseQueryTime
    )
    var end: Timestamp?

    @Option(
        help: ArgumentHelp("From one step of the range to the next.", valueName: "duration"),
        transform: parseQueryStep
    )
    var step: Int64?

    @Option(help: "How to show the answer: table, json or csv.")
    var output: Output = .table

    @Argument(help: ArgumentHelp("The PromQL expression.", valueName: "expr"))
    var expression: String

    func validate() throws {
        guard data == nil || url == nil else { throw ValidationError("Give --data or --url, not both.") }
        try http.validate(url: url)
        guard time == nil || start == nil && end == nil && step == nil else {
            throw ValidationError("--time is for one instant; a range has --start, --end and --step.")
        }
        guard (start == nil) == (step == nil), end == nil || start != nil else {
            throw ValidationError("A range needs --start and --step.")
        }
        if let start, start > end ?? SystemClock().now { throw ValidationError("--start is after --end.") }
        if let start, let step {
            let span = Double((end ?? SystemClock().now).milliseconds) - Double(start.milliseconds)
            guard span / Double(step) < 1e6 else { throw ValidationError("The range has more than a million steps.") }
        }
        if let url {
            do {
                _ = try ServerURL(url)
            } catch {
                throw ValidationError(error.description)
            }
        }
    }

    func run() async throws {
        BlockOutput.ignoreBrokenPipeSignal()
        let span = QuerySpan(at: time, from: start, through: end, step: step)
        let answer =
            if let url {
                try await RemoteQuery(server: try ServerURL(url), client: try http.load()).answer(expression, span)
            } else {
                try localAnswer(span)
            }
        for warning in answer.warnings { printError("warning: \(warning)") }
        for info in answer.infos { printError("info: \(info)") }
        switch output {
        case .json: try print(answer.json)
        case .table:
            let table = QueryTable(try answer.samples()).text
            if table.isEmpty { printError("no series") }
            try print([Array(table.utf8)])
        case .csv: try print([Array(QueryCSV(try answer.samples()).text.utf8)])
        }
    }

    /// Asks a directory.
    private func localAnswer(_ span: QuerySpan) throws -> QueryAnswer {
        let path = data ?? "./tidemark-data"
        let store: MetricsStore
        do {
            store = try openDataDirectory(path)
        } catch let error as MetricsStoreError where error.code == .inUse {
            throw CommandFailure("\(error.message); ask its server with --url")
        }
        defer { try? store.close() }
        switch span {
        case .instant(let time): return QueryAnswer(try store.query(expression, at: time))
        case .range(let start, let end, let step):
            return QueryAnswer(try store.query(expression, from: start, through: end, step: step))
        }
    }

    private func print(_ pieces: [[UInt8]]) throws {
        let blocks = BlockOutput(descriptor: STDOUT_FILENO)
        do {
            for piece in pieces { try piece.withUnsafeBytes { try blocks.write($0) } }
        } catch BlockOutput.Failure.readerLeft {
            // As `head` does when it has seen enough.
        } catch BlockOutput.Failure.system(let code) {
            throw CommandFailure("cannot write stdout: \(errorText(code))")
        }
    }
}

/// When a query is evaluated.
enum QuerySpan: Sendable {
    /// Now when nil.
    case instant(Timestamp?)
    /// Every `step` milliseconds.
    case range(start: Timestamp, end: Timestamp, step: Int64)

    /// From the command line's options, which fit together.
    init(at time: Timestamp?, from start: Timestamp?, through end: Timestamp?, step: Int64?) {
        if let start, let step {
            self = .range(start: start, end: end ?? SystemClock().now, step: step)
        } else {
            self = .instant(time)
        }
    }
}

/// A time as the query API takes it.
func parseQueryTime(_ text: String) throws -> Timestamp {
    guard let time = Timestamp(parameter: text) else {
        throw ValidationError("'\(text)' is not a time such as 2026-03-01T00:00:00Z or 1772323200.")
    }
    return time
}

/// A step in milliseconds, at least 1.
private func parseQueryStep(_ text: String) throws -> Int64 {
    guard let nanoseconds = try? nanoseconds(parameter: text), nanoseconds >= 1_000_000 else {
        throw ValidationError("'\(text)' is not a step such as 15s, 1h30m or 60.")
    }
    return nanoseconds / 1_000_000
}
