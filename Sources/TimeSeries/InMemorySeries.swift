// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Series in memory: for test scripts and tests of what reads a `SeriesSource`, written to be seen to be right, not to be
/// fast.
///
/// Thread safe; a set that was selected is not changed by what is added later.
public final class InMemorySeries: SeriesSource {
    /// What a series has at one time.
    public struct Sample: Sendable {
        /// The number; of a histogram its sum.
        public var value: Double
        /// The histogram, or nil for a number.
        public var histogram: NativeHistogram?
        /// Since when the counter has counted, in milliseconds, 0 when that is not known.
        public var start: Int64

        /// A number.
        public init(_ value: Double, start: Int64 = 0) {
            (self.value, self.start) = (value, start)
        }

        /// A histogram.
        public init(_ histogram: NativeHistogram, start: Int64 = 0) {
            (value, self.histogram, self.start) = (histogram.sum, histogram, start)
        }
    }

    /// The samples of each series by time; the labels have `__name__`.
    private let series = Mutex<[Labels: [Int64: Sample]]>([:])

    /// No series.
    public init() {}

    /// Adds samples to the series of these labels, `__name__` among them. Of two samples of one time the later stays.
    public func add(_ labels: Labels, _ samples: [(Int64, Double)]) {
        add(labels, samples: samples.map { ($0.0, Sample($0.1)) })
    }

    /// Adds samples, be they numbers or histograms. Of two samples of one time the later stays.
    public func add(_ labels: Labels, samples: [(Int64, Sample)]) {
        series.withLock { series in
            for (milliseconds, sample) in samples { series[labels, default: [:]][milliseconds] = sample }
        }
    }

    /// The series that all matchers take, with their samples from `start` through `end`; those without one are left
    /// out. `window` plays no part.
    public func select(_ selection: SeriesSelection) -> any SeriesSet {
        var rows: [InMemorySet.Row] = []
        for (labels, samples) in matching(selection.matchers) {
            let inTime = samples.filter {
                selection.start.milliseconds <= $0.key && $0.key <= selection.end.milliseconds
            }
            if !inTime.isEmpty { rows.append((labels, inTime.sorted { $0.key < $1.key })) }
        }
        return InMemorySet(rows: rows.sorted { $0.labels < $1.labels })
    }

    /// The label names of the series that all matchers take, at whatever time their samples are.
    public func labelNames(_ selection: SeriesSelection, limit: Int) -> LabelList {
        list(matching(selection.matchers).flatMap { $0.key.pairs.map(\.name) }, limit: limit)
    }

    /// The values of a label of the series that all matchers take, at whatever time their samples are.
    public func labelValues(_ name: String, _ selection: SeriesSelection, limit: Int) -> LabelList {
        list(matching(selection.matchers).compactMap { $0.key[name] }, limit: limit)
    }

    /// One family for each metric name: samples of unknown type.
    public func metadata() -> [MetricFamily] {
        list(matching([]).compactMap { $0.key["__name__"] }, limit: .max).values
            .map { MetricFamily(samplesNamed: $0, help: "", type: .unknown) }
    }

    private func matching(_ matchers: [LabelMatcher]) -> [Labels: [Int64: Sample]] {
        series.withLock { $0 }.filter { labels, _ in
            matchers.allSatisfy { $0.matches(labels[$0.name] ?? "") }
        }
    }

    private func list(_ texts: [String], limit: Int) -> LabelList {
        var unique: [String] = []
        for text in texts.sorted(by: Labels.bytesPrecede) {
            if let last = unique.last, last.utf8.elementsEqual(text.utf8) { continue }
            unique.append(text)
        }
        return LabelList(values: Array(unique.prefix(max(limit, 0))), isTruncated: unique.count > limit)
    }
}

/// Series that were selected, with their samples.
private struct InMemorySet: SeriesSet {
    typealias Row = (labels: Labels, samples: [(key: Int64, value: InMemorySeries.Sample)])

    let rows: [Row]

    var count: Int { rows.count }

    func labels(_ index: Int) -> Labels { rows[index].labels }

    func read(_ index: Int, into columns: SampleColumns) {
        columns.removeAll()
        let samples = rows[index].samples
        for (milliseconds, sample) in samples { columns.append(milliseconds, sample.value) }
        if samples.contains(where: { $0.value.histogram != nil }) {
            columns.histograms = samples.map { $0.value.histogram }
        }
        if samples.contains(where: { $0.value.start != 0 }) { columns.starts = samples.map { $0.value.start } }
    }
}
