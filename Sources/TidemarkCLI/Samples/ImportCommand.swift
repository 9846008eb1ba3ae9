// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Tidemark

/// `tidemark import`: samples out of text files into a data directory.
struct ImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Add the samples of files in Prometheus's text format or OpenMetrics to a data directory.",
        discussion: """
            The last line on stdout is JSON:
              {"accepted":N,"duplicates":N,"refused":N,"faults":N,"seconds":S}

            Within a series time goes on: a sample older than the newest one is refused, and so is one of its time with
            another value; the newest sample again is a duplicate. Nothing is doubled when an import that was broken off
            is repeated. The name of a metric that counts events is refused. Samples without a timestamp get the time of
            the import. A pipe is read as text unless --format openmetrics is given.

            Lines that are no samples go to stderr as file:line: reason, the first 20 and then a count.

            Exit code 0: all good; 3: some were refused or were no samples, and the rest is there; 1: failure; 2: wrong
            usage.

            EXAMPLES
              promtool tsdb dump-openmetrics prometheus-data > dump.om && tidemark import dump.om
              curl -s localhost:9100/metrics | tidemark import -
            """
    )

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case auto, text, openmetrics
    }

    @Option(help: ArgumentHelp("Data directory that no server has open.", valueName: "dir"))
    var data = "./tidemark-data"

    @Option(
        help: ArgumentHelp(
            "Metric definition files, whose names are kept for events; may be repeated. (default: the shipped ones for a "
                + "new directory, what it has for another)",
            valueName: "glob"
        )
    )
    var metrics: [String] = []

    @Option(help: "How the files are to be read: auto, text or openmetrics.")
    var format: Format = .auto

    @Argument(help: ArgumentHelp("Files to read; - is standard input.", valueName: "file"))
    var files: [String]

    func validate() throws {
        guard !files.isEmpty else { throw ValidationError("Name at least one file.") }
    }

    func run() throws {
        let clock = ContinuousClock()
        let start = clock.now
        let sizes = try files.map { try InputFile($0).size }
        let progress = ProgressLine(
            totalBytes: sizes.contains { $0 == nil } ? nil : sizes.reduce(0) { $0 + ($1 ?? 0) },
            noun: "samples"
        )
        var definitions: [MetricDefinition] = []
        if !metrics.isEmpty {
            definitions = try MetricDefinition.load(metrics)
        } else if access(data + "/FORMAT", F_OK) != 0 {
            definitions = try MetricDefinition.shipped
        }
        let store = try MetricsStore.open(
            at: data,
            definitions: definitions,
            options: StoreOptions().leavingIdentities
        )
        var samples = SampleReport()
        var faults = FaultLog()
        do {
            for file in files {
                var done = (bytes: 0, samples: 0)
                let report = try store.importSamples(
                    file: file,
                    format: ExpositionFormat(rawValue: format.rawValue),
                    onFault: { fault in
                        progress.clear()
                        faults.add("\(file == "-" ? "stdin" : file):\(fault.line): \(fault.reason)")
                    },
                    progress: { bytes, samples in
                        progress.add(bytes: bytes - done.bytes, events: samples - done.samples)
                        done = (bytes, samples)
                    }
                )
                samples.add(report.samples)
                for (_, reason) in report.refusals.sorted(by: { $0.key < $1.key }) { faults.note("refused: \(reason)") }
            }
        } catch {
            // What was committed stays; the first error is the one to tell.
            try? store.close()
            throw error
        }
        try store.close()
        progress.clear()
        faults.finish(samples)
        let seconds = (clock.now - start) / .seconds(1)
        printLine(
            """
            {"accepted":\(samples.accepted),"duplicates":\(samples.duplicates),"refused":\(samples.refused),\
            "faults":\(faults.count),"seconds":\(seconds)}
            """
        )
        if samples.refused > 0 || faults.count > 0 { throw ExitCode(3) }
    }
}

/// Shows the first lines that were no samples.
private struct FaultLog {
    private(set) var count = 0

    mutating func add(_ text: String) {
        count += 1
        if count <= RejectLog.shownAtMost { printError(text) }
    }

    func note(_ text: String) {
        printError(text)
    }

    func finish(_ samples: SampleReport) {
        if count > RejectLog.shownAtMost { printError("\(count) lines were no samples") }
        let refused: KeyValuePairs<String, Int> = [
            "older than the newest of their series": samples.outOfOrder,
            "of a time that has another value": samples.conflicts,
            "of a time that cannot be": samples.outOfBounds,
            "of a metric that counts events": samples.wrongKind,
        ]
        for (what, number) in refused where number > 0 { printError("\(number) samples refused: \(what)") }
    }
}
