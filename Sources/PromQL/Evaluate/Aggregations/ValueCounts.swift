// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Evaluation {
    /// `count_values`: how many samples of a group have each value, which is written to a label.
    ///
    /// Source: Prometheus, `promql/engine.go`, `aggregationCountValues`.
    func valueCounts(_ node: Aggregation, _ vector: VectorColumns) throws(QueryError) -> VectorColumns {
        guard case .string(let literal) = node.parameter?.unwrapped else {
            preconditionFailure("checked to be a string")
        }
        guard literal.isValid, !literal.bytes.isEmpty else {
            throw QueryError(.execution, "invalid label name \(literal.quoted)", at: literal.position)
        }
        let label = literal.value
        // The label is of no group: it is what the groups are divided by.
        let names = node.isWithout ? node.grouping + [label] : node.grouping.filter { !areSameBytes($0, label) }
        let groups = try SeriesGroups(vector, by: names, isWithout: node.isWithout, query)
        let isLeftOut = node.isWithout && (label == "__name__" || node.grouping.containsBytes(of: label))
        var result = VectorColumns(stepCount: vector.stepCount)
        var places: [ValueKey: Int] = [:]
        var pace = Pace(query)
        for group in 0..<groups.count {
            for row in groups.rows(of: group) {
                try pace.advance(by: 4 * vector.stepCount)
                for step in 0..<vector.stepCount {
                    let index = Int(row) * vector.stepCount + step
                    let value = vector.values[index]
                    if VectorColumns.isAbsent(value) { continue }
                    let histogram = vector.hasHistograms ? vector.histograms[index] : nil
                    let key =
                        isLeftOut
                        ? ValueKey(group: group, bits: 0, histogram: nil)
                        : ValueKey(
                            group: group,
                            bits: value.isNaN ? Double.nan.bitPattern : value.bitPattern,
                            histogram: histogram?.description
                        )
                    let place: Int
                    if let known = places[key] {
                        place = known
                    } else {
                        place = result.count
                        try query.expectRoom(place + 1, stepCount: vector.stepCount)
                        places[key] = place
                        let text = key.histogram ?? GoNumber.decimal(value)
                        let labels = isLeftOut ? groups.labels[group] : groups.labels[group].setting(label, to: text)
                        result.appendAbsent(labels, dropsName: false)
                    }
                    let target = place * vector.stepCount + step
                    let count = result.values[target]
                    result.values[target] = VectorColumns.isAbsent(count) ? 1 : count + 1
                }
            }
        }
        return result
    }
}

/// What a series of `count_values` counts.
private struct ValueKey: Hashable {
    let group: Int
    /// The bits of a number, all NaNs alike.
    let bits: UInt64
    /// The text of a histogram.
    let histogram: String?
}
