// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A rule of a replay, and what it takes from one span of time to the next.
struct ReplayRule {
    /// Of an alerting rule, and of what is evaluated one step after the other.
    var state: RuleState
    /// Of a recording rule: the series that had a sample at the last step that gave an answer.
    private var living: Set<Labels> = []

    init(_ rule: Rule) {
        state = RuleState(rule)
    }

    /// Records the answers of a span: samples under the rule's name, and a staleness marker where a series is missing.
    ///
    /// - Returns: steps at which the answer could not be recorded, by query time, and why.
    mutating func record(
        _ matrix: ReplayMatrix,
        _ steps: ReplaySteps,
        group: RuleGroup,
        into source: RecordedSeries
    ) -> [(time: Int64, reason: String)] {
        let merged = merge(matrix, steps, limit: group.limit)
        var isAnswered = [Bool](repeating: true, count: steps.count)
        for failure in matrix.failures + merged.failures { isAnswered[steps.step(ofQueryTime: failure.time)] = false }
        guard isAnswered.contains(true) else { return merged.failures }
        // For each step the next one that has an answer: where a series that is not in it ends.
        var nextAnswer = [Int](repeating: steps.count, count: steps.count + 1)
        for step in (0..<steps.count).reversed() { nextAnswer[step] = isAnswered[step] ? step : nextAnswer[step + 1] }

        var stillLiving: Set<Labels> = []
        for (labels, column) in merged.series {
            var out = RecordedSeries.Column()
            out.times.reserveCapacity(column.times.count + 1)
            out.values.reserveCapacity(column.times.count + 1)
            func end(behind step: Int) {
                out.times.append(steps.queryTime(step))
                out.values.append(SampleColumns.staleMarker)
            }
            var expected = living.remove(labels) == nil ? nil : Optional(nextAnswer[0])
            for (time, value) in zip(column.times, column.values) {
                let step = steps.step(ofQueryTime: time)
                if !isAnswered[step] { continue }
                if let due = expected, due < step { end(behind: due) }
                out.times.append(time)
                out.values.append(value)
                expected = nextAnswer[step + 1]
            }
            if let due = expected {
                if due < steps.count { end(behind: due) } else { stillLiving.insert(labels) }
            }
            source.append(labels, out)
        }
        for labels in living {
            let time = steps.queryTime(nextAnswer[0])
            source.append(labels, RecordedSeries.Column(times: [time], values: [SampleColumns.staleMarker]))
        }
        living = stillLiving
        return merged.failures
    }

    /// The series under the labels of the rule, and the steps at which two of them are the same or there are too many.
    private func merge(
        _ matrix: ReplayMatrix,
        _ steps: ReplaySteps,
        limit: Int
    ) -> (series: [(Labels, RecordedSeries.Column)], failures: [(time: Int64, reason: String)]) {
        let changes = [(name: "__name__", value: state.rule.name)] + state.rule.labels.map { ($0.name, $0.text) }
        var places: [Labels: Int] = [:]
        var series: [(Labels, RecordedSeries.Column)] = []
        var failures: [Int64: String] = [:]
        for (labels, column) in zip(matrix.labels, matrix.columns) {
            let changed = labels.changing(changes)
            guard let place = places[changed] else {
                places[changed] = series.count
                series.append((changed, column))
                continue
            }
            var both = Dictionary(uniqueKeysWithValues: zip(series[place].1.times, series[place].1.values))
            for (time, value) in zip(column.times, column.values) where both.updateValue(value, forKey: time) != nil {
                failures[time] = "vector contains metrics with the same labelset after applying rule labels"
            }
            let ordered = both.sorted { $0.key < $1.key }
            series[place].1 = RecordedSeries.Column(times: ordered.map(\.key), values: ordered.map(\.value))
        }
        if limit > 0, series.count > limit {
            var counts = [Int](repeating: 0, count: steps.count)
            for (_, column) in series { for time in column.times { counts[steps.step(ofQueryTime: time)] += 1 } }
            for (step, count) in counts.enumerated() where count > limit {
                failures[steps.queryTime(step)] = "exceeded limit of \(limit) with \(count) series"
            }
        }
        return (series, failures.sorted { $0.key < $1.key }.map { (time: $0.key, reason: $0.value) })
    }
}
