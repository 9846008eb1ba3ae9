// SPDX-License-Identifier: Apache-2.0

import PromQL
import TimeSeries

/// One series of a unit test, in columns ordered by time.
///
/// Source of what is refused: Prometheus, `tsdb/head_append.go`, `appendable`.
struct RuleTestRow: Sendable {
    let labels: Labels
    /// What the test gives, of which no more is to be seen than has been shown.
    var input = RuleTest.Input()
    private(set) var times: [Int64] = []
    private(set) var values: [Double] = []
    /// Empty when there is none, else one entry for each sample.
    private(set) var histograms: [NativeHistogram?] = []
    /// How many of the input's samples have been shown.
    private var shown = 0

    init(labels: Labels) {
        self.labels = labels
    }

    /// Takes over the input's samples up to a time, that of the time included.
    mutating func show(through time: Int64) throws(RuleFault) {
        while shown < input.times.count, input.times[shown] <= time {
            try append(
                input.times[shown],
                input.values[shown],
                input.histograms.isEmpty ? nil : input.histograms[shown]
            )
            shown += 1
        }
    }

    /// Adds a sample behind the others. The same one again changes nothing, and a staleness marker that comes late is
    /// left out: the series lives on by another rule.
    ///
    /// - Throws: when there is another one at the same time, or a newer one.
    mutating func append(
        _ time: Int64,
        _ value: Double,
        _ histogram: NativeHistogram?
    ) throws(RuleFault) {
        if let last = times.last, time <= last {
            if histogram == nil, SampleColumns.isStale(value) { return }
            guard time == last else { throw RuleFault("out of order sample of \(labels)") }
            guard value.bitPattern == values[values.count - 1].bitPattern,
                histogram?.contents == histograms.last.flatMap({ $0 })?.contents
            else { throw RuleFault("duplicate sample of \(labels) for the same timestamp") }
            return
        }
        if let histogram {
            if histograms.isEmpty { histograms = Array(repeating: nil, count: times.count) }
            histograms.append(histogram.stored(after: histograms.last ?? nil))
        } else if !histograms.isEmpty {
            histograms.append(nil)
        }
        times.append(time)
        values.append(value)
    }

    /// The places of the samples in a span of time, both ends included.
    func samples(from start: Int64, through end: Int64) -> Range<Int> {
        let first = place(of: start)
        let last = end == .max ? times.count : place(of: end + 1)
        return first..<max(first, last)
    }

    /// Where the first sample not before a time is.
    private func place(of time: Int64) -> Int {
        var (low, high) = (0, times.count)
        while low < high {
            let middle = (low + high) / 2
            if times[middle] < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension NativeHistogram {
    /// What it holds, without what it says of a counter reset.
    fileprivate var contents: String {
        var histogram = self
        histogram.resetHint = .unknown
        return histogram.testExpression
    }

    /// As Prometheus's store gives it back behind another one: what it says of a counter reset is the store's.
    fileprivate func stored(after previous: NativeHistogram?) -> NativeHistogram {
        let series = ScriptSeries()
        let labels: Labels = ["__name__": "histogram"]
        series.append(labels, (previous.map { [(0, .init($0))] } ?? []) + [(1, .init(self))])
        let time = Timestamp(milliseconds: 1)
        let set = series.source.select(SeriesSelection([], from: time, through: time))
        let columns = SampleColumns(capacity: 1)
        guard set.count == 1, (try? set.read(0, into: columns)) != nil else { return self }
        return columns.histograms.last.flatMap { $0 } ?? self
    }
}
