// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// `and`, `or` and `unless`: at each step a sample of one side stays, or not, because the other side has a sample of
/// the same match group, whatever its value. Labels and names stay as they are.
///
/// Source: Prometheus, `promql/engine.go`, VectorAnd, VectorOr, VectorUnless.
extension VectorColumns {
    /// `self and other`.
    func intersected(
        with other: VectorColumns,
        _ matching: VectorMatching,
        _ query: RunningQuery
    ) throws(QueryError) -> VectorColumns {
        try masked(by: other, matching, keepsWherePresent: true, query)
    }

    /// `self unless other`.
    func subtracting(
        _ other: VectorColumns,
        _ matching: VectorMatching,
        _ query: RunningQuery
    ) throws(QueryError) -> VectorColumns {
        try masked(by: other, matching, keepsWherePresent: false, query)
    }

    /// `self or other`. A row of the other side with the labels of one of this side goes into the same row.
    func united(
        with other: VectorColumns,
        _ matching: VectorMatching,
        _ query: RunningQuery
    ) throws(QueryError) -> VectorColumns {
        let extra = try other.masked(by: self, matching, keepsWherePresent: false, query)
        var pace = Pace(query)
        var result = self
        var rows = LabelIndex(.all, capacity: result.count)
        var rowOf: [Int] = []
        for (row, labels) in result.labels.enumerated() {
            try pace.advance(by: 4)
            if rows.number(of: labels).isNew { rowOf.append(row) }
        }
        let known = rows.count
        result.values.reserveCapacity(result.values.count + extra.values.count)
        for row in 0..<extra.count {
            try pace.advance(by: 4 + stepCount)
            let number = rows.number(of: extra.labels[row]).number
            var target = number < known ? rowOf[number] : -1
            if target < 0 || result.dropsName[target] != extra.dropsName[row] {
                target = result.count
                result.appendAbsent(extra.labels[row], dropsName: extra.dropsName[row])
            }
            for step in 0..<stepCount {
                let (from, to) = (row * stepCount + step, target * stepCount + step)
                let value = extra.values[from]
                if VectorColumns.isAbsent(value) { continue }
                if VectorColumns.isHistogram(value), let histogram = extra.histograms[from] {
                    result.set(histogram, at: to)
                } else {
                    result.values[to] = value
                }
            }
        }
        return result
    }

    /// The samples of this side at the steps at which the other has, or has not, a sample of the same group.
    private func masked(
        by other: VectorColumns,
        _ matching: VectorMatching,
        keepsWherePresent: Bool,
        _ query: RunningQuery
    ) throws(QueryError) -> VectorColumns {
        if other.count == 0 { return keepsWherePresent ? VectorColumns(stepCount: stepCount) : self }
        let groups = try MatchGroups(self, other, by: LabelSelection(matching), query)
        var pace = Pace(query)
        var result = self
        var hasSample = Array(repeating: false, count: result.count)
        var isPresent = Array(repeating: false, count: stepCount)
        for group in 0..<groups.count where !groups.first[group].isEmpty {
            let others = groups.second[group]
            if others.isEmpty, keepsWherePresent { continue }
            for step in isPresent.indices { isPresent[step] = false }
            for row in others {
                try pace.advance(by: stepCount)
                for step in isPresent.indices where !VectorColumns.isAbsent(other.values[Int(row) * stepCount + step]) {
                    isPresent[step] = true
                }
            }
            for row in groups.first[group] {
                try pace.advance(by: stepCount)
                let start = Int(row) * stepCount
                var samples = 0
                for step in isPresent.indices {
                    if isPresent[step] != keepsWherePresent {
                        result.values[start + step] = VectorColumns.absent
                        if result.hasHistograms { result.histograms[start + step] = nil }
                    } else if !VectorColumns.isAbsent(result.values[start + step]) {
                        samples += 1
                    }
                }
                hasSample[Int(row)] = samples > 0
            }
        }
        return result.keepingRows(hasSample)
    }
}
