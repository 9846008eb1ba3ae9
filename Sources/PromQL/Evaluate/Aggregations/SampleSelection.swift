// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Some samples of a vector, taken one by one. A series is there once one of its samples was taken.
struct SampleSelection {
    private let vector: VectorColumns
    /// The row of the result that a row of the vector has, or -1.
    private var places: [Int32]
    /// What was taken, in the order in which series were first taken.
    private(set) var result: VectorColumns

    init(from vector: VectorColumns) {
        self.vector = vector
        places = Array(repeating: -1, count: vector.count)
        result = VectorColumns(stepCount: vector.stepCount)
    }

    /// Takes a sample.
    @inline(__always)
    mutating func take(_ row: Int, _ step: Int) {
        if places[row] < 0 {
            places[row] = Int32(result.count)
            result.appendAbsent(vector.labels[row], dropsName: vector.dropsName[row])
        }
        let from = row * vector.stepCount + step
        let to = Int(places[row]) * vector.stepCount + step
        if vector.hasHistograms, let histogram = vector.histograms[from] {
            result.set(histogram, at: to)
        } else {
            result.values[to] = vector.values[from]
        }
    }
}

extension Evaluation {
    /// `topk` and `bottomk`: of each group the greatest or least numbers, NaN behind all others. Of equal ones the
    /// first of the vector. When there is one step the result has this order too.
    func extremes(_ node: Aggregation, _ vector: VectorColumns, _ limits: [Double]) throws(QueryError) -> VectorColumns
    {
        informOfIgnoredHistograms(node, vector, at: node.position)
        let groups = try SeriesGroups(vector, by: node.grouping, isWithout: node.isWithout, query)
        let isTop = node.operation == .topk
        var selection = SampleSelection(from: vector)
        // As many steps at a time as a line of the cache has values.
        let width = min(8, vector.stepCount)
        var candidates = [[Candidate]](repeating: [], count: width)
        for group in 0..<groups.count {
            let rows = groups.rows(of: group)
            for first in stride(from: 0, to: vector.stepCount, by: width) {
                try query.checkpoint()
                let steps = first..<min(first + width, vector.stepCount)
                for lane in 0..<width { candidates[lane].removeAll(keepingCapacity: true) }
                vector.values.withUnsafeBufferPointer { values in
                    for row in rows {
                        let start = Int(row) * vector.stepCount
                        for step in steps where VectorColumns.isNumber(values[start + step]) {
                            let value = values[start + step]
                            let key = value.isNaN ? .infinity : isTop ? -value : value
                            candidates[step - first].append(Candidate(key: key, row: row, isNaN: value.isNaN))
                        }
                    }
                }
                for step in steps {
                    let limit = min(max(0, Int(min(limits[step], Double(rows.count)))), candidates[step - first].count)
                    if limit == 0 { continue }
                    Candidate.selectFirst(limit, &candidates[step - first])
                    let chosen = candidates[step - first][..<limit]
                    for candidate in vector.stepCount == 1 ? chosen.sorted()[...] : chosen {
                        selection.take(Int(candidate.row), step)
                    }
                }
            }
        }
        return selection.result
    }

    /// `limitk`: of each group the first samples, whatever they are.
    func firstSamples(
        _ node: Aggregation,
        _ vector: VectorColumns,
        _ limits: [Double]
    ) throws(QueryError) -> VectorColumns {
        let groups = try SeriesGroups(vector, by: node.grouping, isWithout: node.isWithout, query)
        var selection = SampleSelection(from: vector)
        var pace = Pace(query)
        for group in 0..<groups.count {
            try pace.advance(by: vector.stepCount)
            let rows = groups.rows(of: group)
            var left = limits.map { max(0, Int(min($0, Double(rows.count)))) }
            var open = left.count { $0 > 0 }
            for row in rows where open > 0 {
                try pace.advance(by: vector.stepCount)
                for step in 0..<vector.stepCount where left[step] > 0 {
                    if VectorColumns.isAbsent(vector.values[Int(row) * vector.stepCount + step]) { continue }
                    selection.take(Int(row), step)
                    left[step] -= 1
                    if left[step] == 0 { open -= 1 }
                }
            }
        }
        return selection.result
    }

    /// `limit_ratio`: a share of the series by the hash of their labels, the same series at every step; with a negative
    /// ratio those that 1 + ratio leaves out.
    ///
    /// Source: Prometheus, `promql/engine.go`, `AddRatioSample`.
    func ratioSamples(
        _ vector: VectorColumns,
        _ ratios: [Double]
    ) throws(QueryError) -> VectorColumns {
        var selection = SampleSelection(from: vector)
        for row in 0..<vector.count {
            if row % 1_024 == 0 { try query.checkpoint() }
            let place = Double(LabelsHash.hash(vector.labels[row])) / Double(UInt64.max)
            for step in 0..<vector.stepCount {
                let ratio = min(max(ratios[step], -1), 1)
                let isTaken = ratio > 0 ? place < ratio : ratio < 0 && place >= 1 + ratio
                if isTaken, !VectorColumns.isAbsent(vector.values[row * vector.stepCount + step]) {
                    selection.take(row, step)
                }
            }
        }
        return selection.result
    }
}

/// A number that `topk` or `bottomk` may take.
private struct Candidate: Comparable {
    /// The less, the earlier it is taken.
    let key: Double
    let row: Int32
    let isNaN: Bool

    static func < (left: Candidate, right: Candidate) -> Bool {
        if left.key != right.key { return left.key < right.key }
        if left.isNaN != right.isNaN { return right.isNaN }
        return left.row < right.row
    }

    /// Puts the first `count` ones in front, in any order. At least 1.
    ///
    /// - Complexity: O(n log count) at worst, O(n) when few of those behind are earlier.
    static func selectFirst(_ count: Int, _ candidates: inout [Candidate]) {
        guard count < candidates.count else { return }
        // A heap of the first ones with the latest of them at the root.
        for root in stride(from: count / 2 - 1, through: 0, by: -1) { sink(root, count, &candidates) }
        for index in count..<candidates.count where candidates[index] < candidates[0] {
            candidates.swapAt(0, index)
            sink(0, count, &candidates)
        }
    }

    private static func sink(_ start: Int, _ count: Int, _ heap: inout [Candidate]) {
        var parent = start
        while true {
            var child = 2 * parent + 1
            guard child < count else { return }
            if child + 1 < count, heap[child] < heap[child + 1] { child += 1 }
            guard heap[parent] < heap[child] else { return }
            heap.swapAt(parent, child)
            parent = child
        }
    }
}
