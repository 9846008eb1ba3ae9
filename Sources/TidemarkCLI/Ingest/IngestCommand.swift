// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Tidemark

/// `tidemark ingest`: files or standard input into a data directory, or to a running server.
struct IngestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ingest",
        abstract: "Count the events of files, straight into a data directory or through a running server.",
        discussion: """
            The last line on stdout is JSON:
              {"accepted":N,"duplicates":N,"conflicts":N,"rejected":N,"late":N,"unmatched":N,"seconds":S}
            Rejected events are shown on stderr as file:line: reason: message, the first 20 and then counts by reason.

            Sending a file again is safe when its events have an id: they count as duplicates. Over --url, batches of
            1,000 lines are sent again when the server is busy, restarting or unreachable; events without an id could
            then count twice. JSON and CSV files go as one request, and --mapping names a mapping the server knows.

            Exit code 0: all good; 3: some events were rejected and the rest is committed; 1: failure; 2: wrong usage.

            EXAMPLES
              tidemark ingest events.ndjson
              tidemark ingest --mapping shop.yml orders.csv
              zcat day.ndjson.gz | tidemark ingest --url http://127.0.0.1:9590 -
            """
    )

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case auto, ndjson, json, csv
    }

    @Option(help: ArgumentHelp("Data directory that no server has open. (default: ./tidemark-data)", valueName: "dir"))
    var data: String?

    @Option(help: ArgumentHelp("A running server, such as http://127.0.0.1:9590.", valueName: "url"))
    var url: String?

    @Option(help: "How the files are to be read: auto, ndjson, json or csv.")
    var format: Format = .auto

    @Option(help: ArgumentHelp("Mapping file for CSV or foreign JSON.", valueName: "file"))
    var mapping: String?

    @Option(
        help: ArgumentHelp("Metric definition files instead of the shipped ones; may be repeated.", valueName: "glob")
    )
    var metrics: [String] = []

    @Option(
        name: .customLong("join-memory"),
        help: ArgumentHelp(
            "With --data: memory for what waits in joins; beyond it the oldest goes to the disk. (default: 1GiB)",
            valueName: "size"
        ),
        transform: parseMemory
    )
    var joinMemory: Int?

    @Option(
        name: .customLong("dedupe-window"),
        help: ArgumentHelp(
            "With --data: how long identities are remembered; not less than dedupe_window of the directory's server. "
                + "(default: 1d)",
            valueName: "duration"
        ),
        transform: parseWindow
    )
    var dedupeWindow: Int?

    @OptionGroup
    var retention: RetentionOptions

    @OptionGroup
    var http: HTTPConfigOption

    @Option(help: ArgumentHelp("File for every reject, with the offending line after a tab.", valueName: "file"))
    var rejects: String?

    @Option(help: ArgumentHelp("With --url: give up after this long without progress.", valueName: "duration"))
    var timeout: String = "5m"

    @Argument(help: ArgumentHelp("Files to read; - is standard input.", valueName: "file"))
    var files: [String]

    func validate() throws {
        guard data == nil || url == nil else { throw ValidationError("Give --data or --url, not both.") }
        try http.validate(url: url)
        guard url == nil || retention.isEmpty else {
            throw ValidationError("--retention, --retention-size and --min-free-disk belong to --data.")
        }
        guard url == nil || metrics.isEmpty else {
            throw ValidationError("--metrics belongs to --data; a server has its own definitions.")
        }
        guard url == nil || joinMemory == nil else {
            throw ValidationError("--join-memory belongs to --data; a server has its own, join_memory.")
        }
        guard url == nil || dedupeWindow == nil else {
            throw ValidationError("--dedupe-window belongs to --data; a server has its own, dedupe_window.")
        }
        guard files.count(where: { $0 == "-" }) <= 1 else {
            throw ValidationError("Standard input can be read only once.")
        }
        guard let seconds = parseDuration(timeout), seconds > 0 else {
            throw ValidationError("--timeout '\(timeout)' is not a duration such as 30s or 5m.")
        }
        if let url {
            do {
                _ = try ServerURL(url)
            } catch {
                throw ValidationError(error.description)
            }
        }
    }

    private static func parseMemory(_ text: String) throws -> Int {
        guard let bytes = parseSize(text), bytes > 0 else {
            throw ValidationError("--join-memory '\(text)' is not a size such as 256MiB or 1GiB.")
        }
        return bytes
    }

    private static func parseWindow(_ text: String) throws -> Int {
        guard let seconds = parseDuration(text), seconds > 0 else {
            throw ValidationError("--dedupe-window '\(text)' is not a duration such as 1d or 12h.")
        }
        return seconds
    }

    func run() async throws {
        let clock = ContinuousClock()
        let start = clock.now
        let rejectLog = try RejectLog(path: rejects)
        let sizes = try files.map { try InputFile($0).size }
        let progress = ProgressLine(totalBytes: sizes.contains { $0 == nil } ? nil : sizes.reduce(0) { $0 + ($1 ?? 0) })

        var totals = IngestTotals()
        if let url {
            let sender = HTTPSender(
                server: try ServerURL(url),
                as: try http.load(),
                patience: .seconds(parseDuration(timeout) ?? 300),
                rejects: rejectLog,
                progress: progress
            )
            totals = try await sender.send(files: files, format: format, mapping: mapping)
        } else {
            totals = try ingestLocally(rejectLog: rejectLog, progress: progress)
        }
        progress.clear()
        try rejectLog.finish(rejected: totals.rejected)
        printLine(totals.summary(seconds: (clock.now - start) / .seconds(1)))
        if totals.rejected > 0 { throw ExitCode(3) }
    }

    // MARK: - Into a directory

    private func ingestLocally(rejectLog: RejectLog, progress: ProgressLine) throws -> IngestTotals {
        let definitions = metrics.isEmpty ? try MetricDefinition.shipped : try MetricDefinition.load(metrics)
        let eventMapping = try mapping.map { try EventMapping(contentsOf: $0) }
        let eventFormat = EventFormat(rawValue: format.rawValue) ?? .auto
        var options = StoreOptions()
        if let joinMemory { options.joinMemory = joinMemory }
        if let dedupeWindow { options.dedupeWindow = dedupeWindow }
        retention.apply(to: &options.retention)
        let store = try MetricsStore.open(
            at: data ?? "./tidemark-data",
            definitions: definitions,
            options: options
        )

        var totals = IngestTotals()
        do {
            for file in files {
                let finder = rejectLog.wantsText ? LineFinder(file) : nil
                var done = (bytes: 0, events: 0)
                let report = try store.ingest(
                    file: file,
                    format: eventFormat,
                    mapping: eventMapping,
                    onReject: { reject in
                        progress.clear()
                        rejectLog.add(
                            file: file,
                            line: reject.line,
                            reason: reject.reason.name,
                            message: reject.message,
                            text: finder?.text(ofLine: reject.line)
                        )
                    },
                    progress: { bytes, events in
                        progress.add(bytes: bytes - done.bytes, events: events - done.events)
                        done = (bytes, events)
                    }
                )
                totals += IngestTotals(report)
            }
        } catch {
            // What was committed stays; closing commits the rest, and the first error is the one to tell.
            try? store.close()
            throw error
        }
        try store.close()
        return totals
    }
}
