// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Evaluation {
    /// Puts the sums or averages of histograms where groups have some. A group with numbers and histograms at a step
    /// has no sample there.
    ///
    /// Source: Prometheus, `promql/engine.go`, `aggregation`.
    func combineHistograms(
        _ node: Aggregation,
        _ vector: VectorColumns,
        _ groups: SeriesGroups,
        into result: inout VectorColumns
    ) throws(QueryError) {
        let steps = vector.stepCount
        var remarks = HistogramRemarks()
        var pace = Pace(query)
        for group in 0..<groups.count {
            let rows = groups.rows(of: group)
            var hasHistogram = [Bool](repeating: false, count: steps)
            for row in rows {
                try pace.advance(by: steps)
                let first = Int(row) * steps
                for step in 0..<steps where VectorColumns.isHistogram(vector.values[first + step]) {
                    hasHistogram[step] = true
                }
            }
            for step in 0..<steps where hasHistogram[step] {
                let index = group * steps + step
                let isAverage = node.operation == .avg
                if let histogram = try combined(vector, rows, at: step, isAverage: isAverage, &remarks, &pace) {
                    result.set(histogram, at: index)
                } else {
                    result.values[index] = VectorColumns.absent
                }
            }
        }
        remarks.tell(&query.annotations, vector.labels, at: node.operand.position)
    }

    /// The sum or average of a group at a step; nil, and a remark, when there is none.
    private func combined(
        _ vector: VectorColumns,
        _ rows: ArraySlice<Int32>,
        at step: Int,
        isAverage: Bool,
        _ remarks: inout HistogramRemarks,
        _ pace: inout Pace
    ) throws(QueryError) -> NativeHistogram? {
        var total: HistogramTotal?
        var hasNumber = false
        var hasHistogram = false
        var seesReset = false
        var seesNoReset = false
        for row in rows {
            let index = Int(row) * vector.stepCount + step
            try pace.advance()
            if VectorColumns.isAbsent(vector.values[index]) { continue }
            guard let histogram = vector.histograms[index] else {
                hasNumber = true
                continue
            }
            // Behind a number no histogram counts: there is no result anyway.
            let begins = !hasHistogram && !hasNumber
            hasHistogram = true
            guard begins || total != nil else { continue }
            if histogram.resetHint == .reset { seesReset = true }
            if histogram.resetHint == .notReset { seesNoReset = true }
            if begins {
                total = HistogramTotal(histogram, isAverage: isAverage)
                continue
            }
            try pace.advance(by: 16 + histogram.positiveBuckets.count + histogram.negativeBuckets.count)
            do throws(HistogramError) {
                if let notes = try total?.add(histogram), notes.contains(.boundsReconciled) {
                    remarks.reconcilesBounds = true
                }
            } catch {
                remarks.rowsOfOtherSchema.insert(row)
                return nil
            }
        }
        if hasNumber {
            remarks.mixesNumbers = true
            return nil
        }
        if seesReset, seesNoReset { remarks.resetsCollide = true }
        return total?.value
    }

    /// Says that an operator of numbers has left out histograms, when it has.
    func informOfIgnoredHistograms(_ node: Aggregation, _ vector: VectorColumns, at position: SourceRange) {
        guard vector.hasHistograms, vector.values.contains(where: VectorColumns.isHistogram) else { return }
        query.annotations.inform("ignored histogram in \(node.operation.rawValue) aggregation", at: position)
    }
}

/// What there is to be said of the sums of histograms, gathered over groups and steps.
private struct HistogramRemarks {
    var reconcilesBounds = false
    var resetsCollide = false
    var mixesNumbers = false
    /// Rows with a histogram that could not be added to those before.
    var rowsOfOtherSchema: Set<Int32> = []

    func tell(_ annotations: inout Annotations, _ labels: [Labels], at position: SourceRange) {
        if reconcilesBounds { annotations.informOfReconciledBounds(.aggregation, at: position) }
        for row in rowsOfOtherSchema.sorted() {
            annotations.warnOfMixedSchemas(metric: labels[Int(row)]["__name__"] ?? "", at: position)
        }
        if mixesNumbers { annotations.warnOfMixedSamples(at: position) }
        if resetsCollide { annotations.warnOfCollidingResets(.aggregation, at: position) }
    }
}

/// A sum or an average of histograms. (Two optionals: a payload of an enumeration cannot be changed in its place.)
private struct HistogramTotal {
    private var sum: HistogramSum?
    private var mean: HistogramMean?

    init(_ histogram: NativeHistogram, isAverage: Bool) {
        if isAverage { mean = HistogramMean(histogram) } else { sum = HistogramSum(histogram) }
    }

    mutating func add(_ histogram: NativeHistogram) throws(HistogramError) -> HistogramMergeNotes {
        if let notes = try sum?.add(histogram) { return notes }
        return try mean?.add(histogram) ?? []
    }

    var value: NativeHistogram? { sum?.total ?? mean?.value }
}
