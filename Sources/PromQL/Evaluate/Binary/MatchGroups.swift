// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The rows of two vectors, grouped by the labels that an operator matches. Made once for all steps.
struct MatchGroups {
    /// The rows of one side: those of group g are `rows[starts[g]..<starts[g + 1]]`, ascending.
    struct Side {
        let rows: [Int32]
        let starts: [Int32]

        fileprivate init(groups: [Int32], count: Int) {
            var starts = Array(repeating: Int32(0), count: count + 1)
            for group in groups { starts[Int(group) + 1] += 1 }
            for group in 0..<count { starts[group + 1] += starts[group] }
            var next = starts
            var rows = Array(repeating: Int32(0), count: groups.count)
            for (row, group) in groups.enumerated() {
                rows[Int(next[Int(group)])] = Int32(row)
                next[Int(group)] += 1
            }
            self.rows = rows
            self.starts = starts
        }

        /// The rows of a group.
        subscript(group: Int) -> ArraySlice<Int32> { rows[Int(starts[group])..<Int(starts[group + 1])] }
    }

    /// How many groups there are; numbered by the first row in which they come, the first side before the second.
    let count: Int
    let first: Side
    let second: Side

    /// - Throws: when the query has to end.
    /// - Complexity: O(rows × labels).
    init(
        _ first: VectorColumns,
        _ second: VectorColumns,
        by selection: LabelSelection,
        _ query: RunningQuery
    ) throws(QueryError) {
        var index = LabelIndex(selection, capacity: max(first.count, second.count))
        var pace = Pace(query)
        let number = { (labels: Labels) throws(QueryError) in
            try pace.advance(by: 4)
            return Int32(index.number(of: labels).number)
        }
        let firstGroups = try first.labels.map(number)
        let secondGroups = try second.labels.map(number)
        count = index.count
        self.first = Side(groups: firstGroups, count: count)
        self.second = Side(groups: secondGroups, count: count)
    }
}
