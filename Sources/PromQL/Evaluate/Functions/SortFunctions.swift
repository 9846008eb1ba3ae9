// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Evaluation {
    /// `sort(vector)` and `sort_desc(vector)`: at one step rows ordered by value, NaN last either way; histograms are
    /// left out. At several steps there is no order to give.
    func sorted(_ node: FunctionCall) throws(QueryError) -> VectorColumns {
        noteIfIneffective(node)
        var columns = try vector(node.arguments[0])
        columns.removeHistograms()
        guard steps.count == 1 else { return columns }
        let values = columns.values
        let isDescending = node.function == .sortDescending
        let order = values.indices.filter { !VectorColumns.isAbsent(values[$0]) }
            .sorted { a, b in
                let (left, right) = (values[a], values[b])
                if left.isNaN || right.isNaN { return !left.isNaN || right.isNaN && a < b }
                if left == right { return a < b }
                return (left < right) != isDescending
            }
        return columns.reordered(order)
    }

    /// `sort_by_label(vector, label…)` and `sort_by_label_desc`: at one step rows in natural order of the labels' values,
    /// then of all labels.
    func sortedByLabels(_ node: FunctionCall) throws(QueryError) -> VectorColumns {
        noteIfIneffective(node)
        let columns = try vector(node.arguments[0])
        var names: [String] = []
        for argument in node.arguments.dropFirst() { names.append(try string(argument)) }
        guard steps.count == 1 else { return columns }
        let keys = columns.labels.map { labels in names.map { labels[$0] ?? "" } }
        let isDescending = node.function == .sortByLabelDescending
        let order = keys.indices.sorted { a, b in
            for (left, right) in zip(keys[a], keys[b]) where !areSameBytes(left, right) {
                return NaturalOrder.precedes(left, right) != isDescending
            }
            let (left, right) = (columns.labels[a], columns.labels[b])
            if left == right { return a < b }
            return (left < right) != isDescending
        }
        return columns.reordered(order)
    }

    private func noteIfIneffective(_ node: FunctionCall) {
        guard query.isRange else { return }
        query.annotations.warn(
            "sort is ineffective for range queries since results are always ordered by labels",
            at: node.position
        )
    }
}

extension VectorColumns {
    /// Takes the samples out that are histograms.
    mutating func removeHistograms() {
        guard hasHistograms else { return }
        for index in values.indices where VectorColumns.isHistogram(values[index]) {
            values[index] = VectorColumns.absent
        }
        histograms = []
    }
}

/// The order of texts in which runs of digits count as numbers, so that `a2` comes before `a10`.
///
/// Source: the Go package facette/natsort, which Prometheus takes for `sort_by_label`.
enum NaturalOrder {
    /// Whether a text comes before another, different one.
    static func precedes(_ left: String, _ right: String) -> Bool {
        let (a, b) = (runs(left), runs(right))
        for (x, y) in zip(a, b) where !x.elementsEqual(y) {
            if let m = number(x), let n = number(y) {
                if m == n { continue }
                return m < n
            }
            return x.lexicographicallyPrecedes(y)
        }
        return a.count != b.count ? a.count < b.count : left.utf8.lexicographicallyPrecedes(right.utf8)
    }

    /// The text in runs of digits and of anything else.
    private static func runs(_ text: String) -> [Substring.UTF8View] {
        var runs: [Substring.UTF8View] = []
        var rest = text[...].utf8
        while let first = rest.first {
            let isDigits = isDigit(first)
            let end = rest.firstIndex { isDigit($0) != isDigits } ?? rest.endIndex
            runs.append(rest[..<end])
            rest = rest[end...]
        }
        return runs
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func number(_ run: Substring.UTF8View) -> Int? {
        guard let first = run.first, isDigit(first) else { return nil }
        return Int(Substring(run))
    }
}
