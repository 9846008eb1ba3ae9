// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The histograms of a vector: native ones, and classic ones whose buckets are series that differ in `le` alone.
///
/// Buckets are grouped, and put into the order of their bounds, once for all steps. Where a step has a native and a
/// classic histogram of the same labels, neither counts.
///
/// Source: Prometheus, `promql/engine.go`, `resetHistograms`.
struct HistogramInput {
    private var vector: VectorColumns
    /// Rows of the vector that hold native histograms.
    private var native: [Int] = []
    private var classic: [Group] = []

    /// A classic histogram.
    private struct Group {
        /// Without `le`.
        let labels: Labels
        /// Rows of the vector, by ascending bound, and the bounds.
        var rows: [(row: Int, bound: Double)]
    }

    /// The histograms of a vector, and the warnings about it.
    init(_ vector: VectorColumns, at position: SourceRange, _ annotations: inout Annotations) {
        self.vector = vector
        var groups: [Labels: Int] = [:]
        for row in 0..<vector.count {
            var hasNumber = false
            var hasHistogram = false
            for value in vector.row(row) where !VectorColumns.isAbsent(value) {
                if VectorColumns.isHistogram(value) { hasHistogram = true } else { hasNumber = true }
            }
            if hasHistogram { native.append(row) }
            guard hasNumber else { continue }
            let labels = vector.labels[row]
            let text = labels["le"] ?? ""
            guard let bound = GoNumber.parse(text), !bound.isNaN else {
                annotations.warnOfBucketLabel(text, metric: labels["__name__"] ?? "", at: position)
                continue
            }
            let key = Labels(
                ordered: labels.pairs.lazy.filter { $0.name != "le" }.map { (name: $0.name, value: $0.value) }
            )
            if let group = groups[key] {
                classic[group].rows.append((row, bound))
            } else {
                groups[key] = classic.count
                classic.append(Group(labels: key, rows: [(row, bound)]))
            }
        }
        for group in classic.indices {
            // A stable order of equal bounds, so that their sum is the same each time.
            classic[group].rows.sort { ($0.bound, $0.row) < ($1.bound, $1.row) }
        }
        for row in native {
            guard let group = groups[vector.labels[row]] else { continue }
            dropConflicts(row, classic[group], at: position, &annotations)
        }
    }

    /// Takes out what is both native and classic at a step.
    private mutating func dropConflicts(
        _ row: Int,
        _ group: Group,
        at position: SourceRange,
        _ annotations: inout Annotations
    ) {
        var isWarned = false
        for step in 0..<vector.stepCount {
            let index = row * vector.stepCount + step
            guard VectorColumns.isHistogram(vector.values[index]) else { continue }
            let buckets = group.rows.map { $0.row * vector.stepCount + step }
            guard buckets.contains(where: { VectorColumns.isNumber(vector.values[$0]) }) else { continue }
            if !isWarned {
                annotations.warnOfClassicAndNative(metric: vector.labels[row]["__name__"] ?? "", at: position)
                isWarned = true
            }
            vector.values[index] = VectorColumns.absent
            for bucket in buckets where VectorColumns.isNumber(vector.values[bucket]) {
                vector.values[bucket] = VectorColumns.absent
            }
        }
    }

    /// One number for each histogram of each step. Both functions get the step and the metric's name, or "".
    func map(
        _ query: RunningQuery,
        native value: (Int, NativeHistogram, String) -> Double,
        classic classicValue: (Int, inout ClassicBuckets, String) -> Double
    ) throws(QueryError) -> VectorColumns {
        var result = VectorColumns(stepCount: vector.stepCount)
        // A series may be native at some steps and classic at others: that is one row.
        var targets: [Labels: Int] = [:]
        for row in native {
            try query.checkpoint()
            let labels = vector.labels[row]
            let metric = labels["__name__"] ?? ""
            var target: Int?
            for step in 0..<vector.stepCount {
                let index = row * vector.stepCount + step
                guard VectorColumns.isHistogram(vector.values[index]), let histogram = vector.histograms[index] else {
                    continue
                }
                let start = target ?? result.values.count
                if target == nil {
                    target = start
                    result.appendAbsent(labels, dropsName: true)
                    targets[labels] = start
                }
                result.values[start + step] = value(step, histogram, metric)
            }
        }
        var buckets = ClassicBuckets()
        for group in classic {
            try query.checkpoint()
            let metric = group.labels["__name__"] ?? ""
            var target = targets[group.labels]
            for step in 0..<vector.stepCount {
                buckets.removeAll()
                for (row, bound) in group.rows {
                    let count = vector.values[row * vector.stepCount + step]
                    if VectorColumns.isNumber(count) { buckets.append(bound: bound, count: count) }
                }
                if buckets.isEmpty { continue }
                let start = target ?? result.values.count
                if target == nil {
                    target = start
                    result.appendAbsent(group.labels, dropsName: true)
                }
                result.values[start + step] = classicValue(step, &buckets, metric)
            }
        }
        return result
    }
}
