// SPDX-License-Identifier: Apache-2.0

package import TimeSeries

extension ResultColumns {
    /// The series of a vector that have a sample at any step, without the names that go away at the end.
    ///
    /// - Parameter isSorted: whether they are ordered by labels; otherwise they stay in the order of the vector.
    /// - Throws: when two series have the same labels then, and a sample at the same step.
    init(
        _ columns: VectorColumns,
        _ steps: Steps,
        isSorted: Bool,
        _ query: RunningQuery
    ) throws(QueryError) {
        let columns = try columns.withNamesDropped(query)
        var pace = Pace(query)
        var order = (0..<columns.count).filter { row in
            columns.row(row).contains { !VectorColumns.isAbsent($0) }
        }
        if isSorted { order.sort { columns.labels[$0] < columns.labels[$1] } }
        labels.reserveCapacity(order.count)
        offsets.reserveCapacity(order.count + 1)
        let capacity = order.count * steps.count
        timestamps.reserveCapacity(capacity)
        values.reserveCapacity(capacity)
        for row in order {
            try pace.advance(by: 4 + steps.count)
            labels.append(columns.labels[row])
            let start = row * steps.count
            for step in 0..<steps.count {
                let value = columns.values[start + step]
                if VectorColumns.isAbsent(value) { continue }
                timestamps.append(steps[step])
                values.append(value)
                if columns.hasHistograms { histograms.append(columns.histograms[start + step]) }
            }
            offsets.append(values.count)
        }
    }

    /// Adds a series with its samples.
    mutating func append(_ labels: Labels, _ samples: SampleColumns) {
        self.labels.append(labels)
        timestamps.append(contentsOf: UnsafeBufferPointer(start: samples.timestamps, count: samples.count))
        values.append(contentsOf: UnsafeBufferPointer(start: samples.values, count: samples.count))
        offsets.append(values.count)
        if !samples.histograms.isEmpty, histograms.count < values.count - samples.count {
            histograms.append(contentsOf: repeatElement(nil, count: values.count - samples.count - histograms.count))
        }
        histograms.append(contentsOf: samples.histograms)
        if !histograms.isEmpty, histograms.count < values.count {
            histograms.append(contentsOf: repeatElement(nil, count: values.count - histograms.count))
        }
    }
}

extension Labels {
    /// Without the labels that say what is measured, which are no longer true after arithmetic: the name, and where
    /// they are kept as labels type and unit.
    package var withoutMetadata: Labels { filtered { !Labels.isMetadata($0) } }

    /// Whether the label is the name, the type or the unit. (Prometheus: `schema.IsMetadataLabel`.)
    package static func isMetadata(_ name: String) -> Bool {
        name == "__name__" || name == "__type__" || name == "__unit__"
    }
}

extension VectorColumns {
    /// The same with the names gone of the series that lose them.
    ///
    /// Series that have the same labels then are put together, if at no step both have a sample.
    ///
    /// Source: Prometheus, `promql/engine.go`, `cleanupMetricLabels`.
    func withNamesDropped(_ query: RunningQuery) throws(QueryError) -> VectorColumns {
        var result = self
        var pace = Pace(query)
        for row in 0..<count where dropsName[row] {
            try pace.advance(by: 8)
            result.labels[row] = labels[row].withoutMetadata
            result.dropsName[row] = false
        }
        try result.mergeSameLabels(query)
        return result
    }

    /// Puts the samples of series with the same labels into the first of them.
    ///
    /// - Throws: when two have a sample at the same step, or the query has to end.
    mutating func mergeSameLabels(_ query: RunningQuery) throws(QueryError) {
        var pace = Pace(query)
        var rows: [Labels: Int] = [:]
        rows.reserveCapacity(count)
        for row in 0..<count {
            try pace.advance(by: 8)
            guard let first = rows[labels[row]] else {
                rows[labels[row]] = row
                continue
            }
            try pace.advance(by: stepCount)
            for step in 0..<stepCount {
                let from = row * stepCount + step
                let to = first * stepCount + step
                if VectorColumns.isAbsent(values[from]) { continue }
                if !VectorColumns.isAbsent(values[to]) {
                    throw QueryError(.execution, "vector cannot contain metrics with the same labelset")
                }
                values[to] = values[from]
                values[from] = VectorColumns.absent
                if hasHistograms { histograms.swapAt(from, to) }
            }
        }
    }
}
