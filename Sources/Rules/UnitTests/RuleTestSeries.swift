// SPDX-License-Identifier: Apache-2.0

import PromQL
import Synchronization
import TimeSeries

/// The series of one unit test: what the test gives, as far as its time has come, and what its rules have recorded.
///
/// Samples stand in columns, and a selection takes parts of them without copying: a test may have many thousand
/// evaluations.
///
/// Source: Prometheus, `promql/promqltest/test.go`, `LazyLoader`.
final class RuleTestSeries: SeriesSource {
    fileprivate struct State {
        /// All series; their places stay.
        var rows: [RuleTestRow] = []
        var places: [Labels: Int] = [:]
        /// The places of the series of each metric name, ordered by labels: answers do not depend on chance.
        var names: [String: [Int]] = [:]
    }

    private let state = Mutex(State())

    /// Series of which nothing is to be seen yet.
    init(_ input: [Labels: RuleTest.Input]) {
        state.withLock { state in
            for (labels, samples) in input { state.rows[state.place(of: labels)].input = samples }
        }
    }

    /// Lets the test's samples up to a time be seen, that of the time included.
    ///
    /// - Throws: when a rule has recorded something else in the place of one.
    func show(through time: Int64) throws(RuleFault) {
        try state.withLock { state throws(RuleFault) in
            for place in state.rows.indices { try state.rows[place].show(through: time) }
        }
    }

    /// Adds a sample that a rule made.
    ///
    /// - Throws: when its series has another one at the same time, or a newer one.
    func record(_ sample: RuleSample) throws(RuleFault) {
        try state.withLock { state throws(RuleFault) in
            let place = state.place(of: sample.labels)
            try state.rows[place].append(sample.time.milliseconds, sample.value, sample.histogram)
        }
    }

    // MARK: - SeriesSource

    func select(_ selection: SeriesSelection) -> any SeriesSet {
        let (start, end) = (selection.start.milliseconds, selection.end.milliseconds)
        let entries = matching(selection.matchers) { row -> RuleTestSet.Entry? in
            let samples = row.samples(from: start, through: end)
            return samples.isEmpty ? nil : RuleTestSet.Entry(row: row, samples: samples)
        }
        return RuleTestSet(entries: entries)
    }

    func labelNames(_ selection: SeriesSelection, limit: Int) -> LabelList {
        list(matching(selection.matchers) { $0.labels.pairs.map(\.name) }.flatMap { $0 }, limit: limit)
    }

    func labelValues(_ name: String, _ selection: SeriesSelection, limit: Int) -> LabelList {
        list(matching(selection.matchers) { $0.labels[name] }, limit: limit)
    }

    func metadata() -> [MetricFamily] { [] }

    /// What is wanted of the series that all matchers take and that have a sample.
    private func matching<Part: Sendable>(_ matchers: [LabelMatcher], _ part: (RuleTestRow) -> Part?) -> [Part] {
        let name = matchers.first { $0.name == "__name__" && $0.operation == .equal }?.value
        return state.withLock { state in
            let places = name.map { state.names[$0] ?? [] } ?? Array(state.rows.indices)
            var parts: [Part] = []
            for place in places where !state.rows[place].times.isEmpty {
                let labels = state.rows[place].labels
                guard matchers.allSatisfy({ $0.matches(labels[$0.name] ?? "") }) else { continue }
                if let wanted = part(state.rows[place]) { parts.append(wanted) }
            }
            return parts
        }
    }

    private func list(_ texts: [String], limit: Int) -> LabelList {
        let unique = Set(texts).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return LabelList(values: Array(unique.prefix(max(limit, 0))), isTruncated: unique.count > limit)
    }
}

// MARK: - State

extension RuleTestSeries.State {
    /// Where the series is; a new one is made.
    fileprivate mutating func place(of labels: Labels) -> Int {
        if let place = places[labels] { return place }
        let place = rows.count
        rows.append(RuleTestRow(labels: labels))
        places[labels] = place
        let name = labels["__name__"] ?? ""
        let series = names[name] ?? []
        var (low, high) = (0, series.count)
        while low < high {
            let middle = (low + high) / 2
            if rows[series[middle]].labels < labels { low = middle + 1 } else { high = middle }
        }
        names[name, default: []].insert(place, at: low)
        return place
    }
}

// MARK: - Selected series

/// Series that were selected, with where their samples in the time asked are.
private struct RuleTestSet: SeriesSet {
    struct Entry: Sendable {
        let row: RuleTestRow
        let samples: Range<Int>
    }

    let entries: [Entry]

    var count: Int { entries.count }

    func labels(_ index: Int) -> Labels { entries[index].row.labels }

    func read(_ index: Int, into columns: SampleColumns) {
        columns.removeAll()
        let (row, samples) = (entries[index].row, entries[index].samples)
        if !row.histograms.isEmpty { columns.histograms = Array(row.histograms[samples]) }
        row.times.withUnsafeBufferPointer { times in
            row.values.withUnsafeBufferPointer { values in
                guard let time = times.baseAddress, let value = values.baseAddress else { return }
                columns.append(time + samples.lowerBound, value + samples.lowerBound, count: samples.count)
            }
        }
    }
}
