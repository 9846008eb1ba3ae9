// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The rows of a vector, sorted into the groups of an aggregation. Found once for all steps.
struct SeriesGroups {
    /// The labels of each group, in the order in which the groups first come.
    private(set) var labels: [Labels] = []
    /// Whether the name of each group goes away at the end: it does when it does for one of its series.
    private(set) var dropsName: [Bool] = []
    /// The rows of all groups, one group behind the other, in each in the order of the vector.
    private(set) var rows: [Int32] = []
    /// Where the rows of a group begin; one more than there are groups.
    private(set) var offsets: [Int] = [0]

    /// How many groups there are.
    var count: Int { labels.count }

    /// Sorts the rows by these labels, or by all but these and the name.
    ///
    /// Rows without any sample are in no group.
    ///
    /// Source: Prometheus, `promql/engine.go`, `generateGroupingKey` and `generateGroupingLabels`.
    /// - Complexity: O(rows × labels); the texts of labels are hashed, none is made but for the groups.
    /// - Throws: when the query has to end.
    init(
        _ vector: VectorColumns,
        by names: [String],
        isWithout: Bool,
        _ query: RunningQuery
    ) throws(QueryError) {
        let selection = LabelSelection(VectorMatching(labels: names, isOn: !isWithout))
        var index = LabelIndex(selection)
        var numbers: [Int32] = []
        numbers.reserveCapacity(vector.count)
        var sizes: [Int] = []
        var pace = Pace(query)
        try vector.values.withUnsafeBufferPointer { values throws(QueryError) in
            for row in 0..<vector.count {
                try pace.advance(by: 4 + vector.stepCount / 16)
                let samples = values[row * vector.stepCount..<(row + 1) * vector.stepCount]
                guard samples.contains(where: { !VectorColumns.isAbsent($0) }) else {
                    numbers.append(-1)
                    continue
                }
                let (number, isNew) = index.number(of: vector.labels[row])
                if isNew {
                    sizes.append(0)
                    dropsName.append(false)
                }
                numbers.append(Int32(number))
                sizes[number] += 1
                if vector.dropsName[row] { dropsName[number] = true }
            }
        }
        labels = index.labels.map { selection.part(of: $0) }
        for size in sizes { offsets.append(offsets[offsets.count - 1] + size) }
        rows = Array(repeating: 0, count: offsets[sizes.count])
        var next = offsets
        for (row, number) in numbers.enumerated() where number >= 0 {
            rows[next[Int(number)]] = Int32(row)
            next[Int(number)] += 1
        }
    }

    /// The rows of a group.
    func rows(of group: Int) -> ArraySlice<Int32> { rows[offsets[group]..<offsets[group + 1]] }
}
