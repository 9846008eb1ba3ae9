// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Tidemark
import TidemarkServer

/// `tidemark export`: series out of a data directory as text.
struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write series with their samples as OpenMetrics or CSV.",
        discussion: """
            Event series are written as they are read: a sample at the end of every slot.
            promtool tsdb create-blocks-from openmetrics makes Prometheus blocks of the OpenMetrics form.

            EXAMPLES
              tidemark export --format openmetrics --output campaigns.om
              tidemark export --format csv --match '__name__=campaign_clicks_total' --match 'campaign=~spring.*'
              tidemark export --format csv --start 2026-03-01T00:00:00Z --end 2026-03-02T00:00:00Z
            """
    )

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case openmetrics, csv
    }

    @Option(help: ArgumentHelp("Data directory that no server has open.", valueName: "dir"))
    var data = "./tidemark-data"

    @Option(help: "How to write: openmetrics or csv.")
    var format: Format = .openmetrics

    @Option(help: "First instant, RFC 3339, inclusive. (default: the first sample)", transform: parseTimeArgument)
    var start: Timestamp?

    @Option(help: "Last instant, RFC 3339, inclusive. (default: now)", transform: parseTimeArgument)
    var end: Timestamp?

    @Option(
        help: ArgumentHelp(
            "Only series whose label matches: name=value, name!=value, name=~regex, name!~regex; all must hold.",
            valueName: "matcher"
        )
    )
    var match: [String] = []

    @Option(help: ArgumentHelp("File to write, instead of stdout.", valueName: "file"))
    var output: String?

    func run() throws {
        let matchers = try match.map(parseMatcher)
        let first = start ?? Timestamp(milliseconds: 0)
        let last = end ?? Timestamp(milliseconds: SystemClock().now.milliseconds + 600_000)
        guard first <= last else { throw ValidationError("--start is after --end.") }
        let store = try openDataDirectory(data)
        defer { try? store.close() }
        try write(try store.view(), SeriesSelection(matchers, from: first, through: last))
    }

    private func write(_ view: SeriesView, _ selection: SeriesSelection) throws {
        BlockOutput.ignoreBrokenPipeSignal()
        let descriptor = try output.map { path in
            let opened = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
            guard opened >= 0 else { throw CommandFailure("\(path): \(errorText(errno))") }
            return opened
        }
        defer { if let descriptor { close(descriptor) } }
        let blocks = BlockOutput(descriptor: descriptor ?? STDOUT_FILENO)
        do {
            let set = try view.select(selection)
            // Ordered by name, then by labels.
            let order = (0..<set.count).map { (index: $0, labels: set.labels($0)) }
                .sorted { left, right in
                    let (a, b) = (left.labels["__name__"] ?? "", right.labels["__name__"] ?? "")
                    return a == b ? left.labels < right.labels : a.utf8.lexicographicallyPrecedes(b.utf8)
                }
            switch format {
            case .openmetrics: try writeOpenMetrics(set, order, view.metadata(), blocks)
            case .csv: try writeCSV(set, order, blocks)
            }
        } catch BlockOutput.Failure.readerLeft {
            // As `head` does when it has seen enough.
        } catch BlockOutput.Failure.system(let code) {
            throw CommandFailure("cannot write \(output ?? "stdout"): \(errorText(code))")
        }
    }

    private func writeOpenMetrics(
        _ set: any SeriesSet,
        _ order: [(index: Int, labels: Labels)],
        _ families: [MetricFamily],
        _ blocks: BlockOutput
    ) throws {
        var described: [String: MetricFamily] = [:]
        for family in families { for name in family.readNames { described[name] = family } }
        var writer = OpenMetricsWriter { try blocks.write($0) }
        let columns = SampleColumns()
        var name: String?
        for (index, labels) in order {
            try set.read(index, into: columns)
            guard columns.count > 0 else { continue }
            let own = labels["__name__"] ?? ""
            if own != name {
                name = own
                let family = described[own]
                // The parts of a histogram are written one by one, and have no type of their own.
                let type: MetricType = family?.kind == .histogram ? .unknown : family?.type ?? .unknown
                try writer.begin(own, help: family?.help ?? "", type: type)
            }
            try writer.samples(
                labels.withoutName,
                milliseconds: UnsafeBufferPointer(start: columns.timestamps, count: columns.count),
                values: UnsafeBufferPointer(start: columns.values, count: columns.count)
            )
        }
        try writer.finish()
    }

    private func writeCSV(
        _ set: any SeriesSet,
        _ order: [(index: Int, labels: Labels)],
        _ blocks: BlockOutput
    ) throws {
        let names = Set(order.flatMap { $0.labels.withoutName.pairs.map(\.name) })
        var writer = try CSVSampleWriter(labelNames: names.sorted()) { try blocks.write($0) }
        let columns = SampleColumns()
        for (index, labels) in order {
            try set.read(index, into: columns)
            writer.begin(labels["__name__"] ?? "")
            try writer.samples(
                labels.withoutName,
                milliseconds: UnsafeBufferPointer(start: columns.timestamps, count: columns.count),
                values: UnsafeBufferPointer(start: columns.values, count: columns.count)
            )
        }
        try writer.finish()
    }

    // MARK: - Arguments

    private func parseMatcher(_ text: String) throws -> LabelMatcher {
        let name = text.prefix { $0 != "=" && $0 != "!" }
        let rest = text.dropFirst(name.count)
        let operations: [LabelMatcher.Operation] = [.matches, .doesNotMatch, .notEqual, .equal]
        guard !name.isEmpty, let operation = operations.first(where: { rest.hasPrefix($0.rawValue) }) else {
            throw ValidationError("'\(text)' is not a matcher such as campaign=spring or __name__=~campaign_.*")
        }
        do {
            return try LabelMatcher(String(name), operation, String(rest.dropFirst(operation.rawValue.count)))
        } catch {
            throw ValidationError("\(error)")
        }
    }
}

extension Labels {
    /// The labels but the metric name.
    fileprivate var withoutName: Labels {
        Labels(pairs.filter { $0.name != "__name__" }.map { (name: $0.name, value: $0.value) })
    }
}
