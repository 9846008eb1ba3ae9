// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Rules
import Tidemark
import TidemarkServer

/// `tidemark rules replay`: what would have fired?
struct RulesReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Run rules over the past of a data directory and show when each alert would have fired.",
        discussion: """
            Every group is evaluated at each multiple of its interval from --start through --end, in event time: an event
            that came late counts when it happened. Nothing is written to the directory. What rules record begins at
            --start: rules that look back a week know nothing of the week before it unless the store's events do.

            table   a line for each alert: name, labels, when its condition began to hold, when it fired, when it was
                    resolved, and the value when it fired
            json    an array of {"alert","labels","activeAt","firedAt","resolvedAt","value"}

            How many evaluations there were, and rules that failed, go to stderr. Exit code 0: replayed; 1: failure;
            2: wrong usage.

            EXAMPLES
              tidemark rules replay --start 2026-01-05T00:00:00Z --end 2026-01-06T00:00:00Z
              tidemark rules replay --data /var/lib/tidemark/data --start 2026-01-01T00:00:00Z --end 2026-02-01T00:00:00Z \\
                --output json my-alerts.yml
            """
    )

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case table, json
    }

    @Option(help: ArgumentHelp("Data directory that no server has open.", valueName: "dir"))
    var data = "./tidemark-data"

    @Option(
        help: ArgumentHelp("The first instant, RFC 3339, inclusive.", valueName: "time"),
        transform: parseTimeArgument
    )
    var start: Timestamp

    @Option(
        help: ArgumentHelp("The last instant, RFC 3339, inclusive.", valueName: "time"),
        transform: parseTimeArgument
    )
    var end: Timestamp

    @Option(
        help: ArgumentHelp("From one evaluation to the next, for groups that name none.", valueName: "duration"),
        transform: parseInterval
    )
    var interval: Int64 = 60_000

    @Option(help: "How to show the alerts: table or json.")
    var output: Output = .table

    @Argument(help: ArgumentHelp("Rule files; the shipped ones when none is given.", valueName: "file"))
    var files: [String] = []

    func validate() throws {
        guard start <= end else { throw ValidationError("--start is after --end.") }
    }

    func run() throws {
        let groups = files.isEmpty ? try RuleGroup.shipped : try RuleGroup.load(files)
        var settings = RuleSettings()
        settings.interval = interval
        // Nothing else runs here.
        settings.queryOptions.threads = 0
        let store: MetricsStore
        do {
            store = try openDataDirectory(data)
        } catch let error as MetricsStoreError where error.code == .inUse {
            throw CommandFailure("\(error.message); replay a backup, or stop its server")
        }
        defer { try? store.close() }
        let begun = ContinuousClock.now
        let isWatched = isatty(STDERR_FILENO) == 1
        let outcome = RuleReplay(groups, settings: settings).run(from: start, through: end, on: try store.view()) {
            time in
            if isWatched { write("\r\u{1B}[Kreplayed through \(time.rfc3339)", to: STDERR_FILENO) }
        }
        if isWatched { write("\r\u{1B}[K", to: STDERR_FILENO) }
        let seconds = (ContinuousClock.now - begun) / .seconds(1)
        tell(outcome, seconds)
        let firings = FiringText(outcome.firings)
        write(output == .table ? firings.table : firings.json, to: STDOUT_FILENO)
    }

    private func tell(_ outcome: RuleReplay.Outcome, _ seconds: Double) {
        let tenths = (seconds * 10).rounded() / 10
        let rate = Int(Double(outcome.evaluations) / max(seconds, 0.001))
        printError("\(outcome.evaluations) evaluations in \(tenths) s, \(rate) a second")
        for (rule, time, reason) in outcome.reasons {
            printError("'\(rule)' failed, first at \(time.rfc3339): \(reason)")
        }
        if outcome.failures > 0 { printError("\(outcome.failures) evaluations gave no answer") }
    }

    private static func parseInterval(_ text: String) throws -> Int64 {
        guard let nanoseconds = try? nanoseconds(parameter: text), nanoseconds >= 1_000_000 else {
            throw ValidationError("'\(text)' is not an interval such as 15s or 1m.")
        }
        return nanoseconds / 1_000_000
    }
}
