// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension SeriesIndex {
    /// The series of some families, or of all when nil, for which all matchers hold: ascending numbers below `limit`.
    ///
    /// An absent label has the empty value, as in Prometheus. The metric name is not a label here: the caller chooses
    /// the families. A series that is added meanwhile is in the answer if it is below `limit` and was there when the
    /// call began.
    ///
    /// - Complexity: about that of the smallest of what the matchers name by values; see `Selection`.
    func select(families: [Int]?, matchers: [LabelMatcher], below limit: UInt32) -> [UInt32] {
        var selection = Selection(self, below: limit)
        return selection.run(families: families, matchers: matchers)
    }
}

/// How a selection is found, in the spirit of Prometheus's `PostingsForMatchers`:
///
/// 1. What is named by value (`x="a"`, `x=~"a|b"`) is looked up, and the families with it. The smallest of these is the
///    beginning, the others are intersected with it, the smallest first.
/// 2. What is excluded by value (`x!="a"`, `x!~"a|b"`) is looked up and taken away.
/// 3. For other matchers the values of a label have to be looked at. When these are fewer than the series so far, all
///    are, once, and what they name is intersected or taken away, if it is not too much.
/// 4. What then remains to be asked is asked of the series that remain, one by one (`LabelFilter`).
///
/// Without 1, the beginning is what the matchers of 3 that do not hold for the empty value name; without these too, all
/// series.
private struct Selection: ~Copyable {
    private let index: SeriesIndex
    private let limit: UInt32
    private let labelCount: Int
    /// What is left of the series; nil: all.
    private var ids: [UInt32]?
    /// What step 4 has to ask.
    private var remaining: [(name: Int, matcher: LabelMatcher)] = []

    init(_ index: SeriesIndex, below limit: UInt32) {
        self.index = index
        let bounds = index.bounds()
        self.limit = min(limit, UInt32(bounds.series))
        labelCount = bounds.labels
    }

    mutating func run(families: [Int]?, matchers: [LabelMatcher]) -> [UInt32] {
        guard limit > 0 else { return [] }
        var named: [[IDList]] = []
        var excluded: [[IDList]] = []
        var asked: [(name: SeriesIndex.Name, matcher: LabelMatcher)] = []
        if let families { named.append(index.series(ofFamilies: families)) }
        for matcher in matchers where !matcher.matchesEverything {
            guard let name = index.name(matcher.name) else {
                // All series have the empty value.
                if matcher.matchesEmpty { continue }
                return []
            }
            if let values = matcher.literals, !values.contains(where: \.isEmpty) {
                let lists = index.series(matcher.name, ofValues: values)
                if matcher.operation.isNegative { excluded.append(lists) } else { named.append(lists) }
            } else {
                asked.append((name, matcher))
            }
        }
        intersect(named)
        if ids == nil { begin(&asked) }
        for lists in excluded { keep(false, lists) }
        for (name, matcher) in asked { ask(name, matcher) }
        filter()
        return ids ?? Array(0..<limit)
    }

    private mutating func intersect(_ named: [[IDList]]) {
        let ordered = named.map { (lists: $0, total: $0.total) }.sorted { $0.total < $1.total }
        for (lists, _) in ordered {
            if ids == nil { ids = lists.union(below: limit) } else { keep(true, lists) }
        }
    }

    /// Takes the matcher whose label the fewest series have for the beginning.
    private mutating func begin(_ asked: inout [(name: SeriesIndex.Name, matcher: LabelMatcher)]) {
        let requiring = asked.indices.filter { !asked[$0].matcher.matchesEmpty }
        guard let first = requiring.min(by: { asked[$0].name.series < asked[$1].name.series }) else { return }
        let (name, matcher) = asked.remove(at: first)
        ids = index.series(ofLabels: labels(of: name) { matcher.matches(utf8: $0) }).union(below: limit)
    }

    private mutating func keep(_ inside: Bool, _ lists: [IDList]) {
        let ids = self.ids ?? Array(0..<limit)
        self.ids = ids.isEmpty ? ids : ids.keeping(inside, lists, below: limit)
    }

    private mutating func ask(_ name: SeriesIndex.Name, _ matcher: LabelMatcher) {
        let left = ids?.count ?? Int(limit)
        if Int(name.labels.count) <= left {
            // Values that hold are named, or those that do not are excluded.
            let inside = !matcher.matchesEmpty
            let lists = index.series(ofLabels: labels(of: name) { matcher.matches(utf8: $0) == inside })
            if lists.total <= 2 * left { return keep(inside, lists) }
        }
        remaining.append((name.number, matcher))
    }

    private func labels(of name: SeriesIndex.Name, where holds: (UnsafeBufferPointer<UInt8>) -> Bool) -> [UInt32] {
        var labels: [UInt32] = []
        name.labels.forEachSpan(below: UInt32(labelCount)) { span in
            for label in span where holds(index.labels[Int(label)].value) { labels.append(label) }
        }
        return labels
    }

    private mutating func filter() {
        guard !remaining.isEmpty else { return }
        let ids = self.ids ?? Array(0..<limit)
        let filter = LabelFilter(index, remaining, labelCount: labelCount)
        self.ids = ids.keeping { filter.passes(ids[$0]) }
    }
}
