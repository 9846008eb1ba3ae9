// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// Which part of a series' value is read.
enum SeriesPart: Hashable {
    /// All of it; of everything but a histogram.
    case whole
    /// Observations at or below the bound of that index; the index behind the last is +Inf.
    case bucket(Int)
    /// The sum of a histogram's observations.
    case sum
    /// Their number.
    case count

    /// What the part adds to the metric's name.
    var suffix: String {
        switch self {
        case .whole: ""
        case .bucket: "_bucket"
        case .sum: "_sum"
        case .count: "_count"
        }
    }
}

extension MetricFamily {
    /// The names under which series of the family are read.
    public var readNames: [String] {
        kind == .histogram ? [name + "_bucket", name + "_sum", name + "_count"] : [name]
    }

    /// The value of `le` for a bucket, as OpenMetrics writes numbers: `0.5`, `1.0`, `+Inf`.
    func boundText(_ index: Int) -> String {
        index < bounds.count ? "\(bounds[index])" : "+Inf"
    }

    /// The parts under which a histogram is read, in the order of `readNames`; one for every bucket.
    var parts: [SeriesPart] {
        kind == .histogram ? (0...bounds.count).map { .bucket($0) } + [.sum, .count] : [.whole]
    }
}

/// A series under one of the names it is read by.
struct SelectedSeries {
    let id: UInt32
    let part: SeriesPart
    /// Its place among `families` of the set.
    let family: Int
}

extension SeriesView {
    /// The series that match, with the families they are of.
    func targets(_ matchers: [LabelMatcher]) -> SelectedFamilies {
        let names = matchers.filter { $0.name == "__name__" }
        let bounds = matchers.filter { $0.name == "le" }
        let others = matchers.filter { $0.name != "__name__" && $0.name != "le" }
        var selected = SelectedFamilies()
        // One look at the index for all plain families, one for each histogram.
        var plain: [Int: Int] = [:]
        for (index, family) in families(names) {
            let parts = family.parts.filter { part in
                let name = family.name + part.suffix
                guard names.allSatisfy({ $0.matches(name) }) else { return false }
                guard family.kind == .histogram else { return true }
                let bound: String = if case .bucket(let bucket) = part { family.boundText(bucket) } else { "" }
                return bounds.allSatisfy { $0.matches(bound) }
            }
            guard !parts.isEmpty else { continue }
            selected.families.append(family)
            if family.kind == .histogram {
                for id in store.index.select(families: [index], matchers: others, below: seriesCount) {
                    for part in parts {
                        let place = selected.families.count - 1
                        selected.series.append(SelectedSeries(id: id, part: part, family: place))
                    }
                }
            } else {
                plain[index] = selected.families.count - 1
            }
        }
        if !plain.isEmpty {
            let matchers = others + bounds
            // Without a matcher on the name every family is asked for, and none needs to be named.
            let isEverything = names.isEmpty && selected.families.allSatisfy { $0.kind != .histogram }
            let asked = isEverything ? nil : plain.keys.sorted()
            for id in store.index.select(families: asked, matchers: matchers, below: seriesCount) {
                guard let family = plain[store.index.family(of: SeriesID(id))] else { continue }
                selected.series.append(SelectedSeries(id: id, part: .whole, family: family))
            }
        }
        return selected
    }

    /// The families of which some name matches.
    private func families(_ names: [LabelMatcher]) -> [(index: Int, family: MetricFamily)] {
        store.index.families { name in
            names.allSatisfy { matcher in
                matcher.matches(name) || matcher.matches(name + "_bucket") || matcher.matches(name + "_sum")
                    || matcher.matches(name + "_count")
            }
        }
    }

    /// The label names of the selected series.
    public func labelNames(_ selection: SeriesSelection, limit: Int) throws -> LabelList {
        if selection.matchers.isEmpty {
            var names = Set(store.index.labelNames(of: nil, limit: .max).values)
            if seriesCount > 0 { names.insert("__name__") }
            if store.index.families(where: { _ in true }).contains(where: { $0.family.kind == .histogram }) {
                names.insert("le")
            }
            return LabelList(names, limit: limit)
        }
        let selected = targets(selection.matchers)
        var names = Set(store.index.labelNames(of: selected.ids, limit: .max).values)
        if !selected.series.isEmpty { names.insert("__name__") }
        if selected.series.contains(where: { if case .bucket = $0.part { true } else { false } }) { names.insert("le") }
        return LabelList(names, limit: limit)
    }

    /// The values of a label of the selected series.
    public func labelValues(_ name: String, _ selection: SeriesSelection, limit: Int) throws -> LabelList {
        // Nothing but the index's own list, when no series has to be looked at.
        if selection.matchers.isEmpty, name != "__name__", name != "le" {
            return store.index.labelValues(name, of: nil, limit: max(limit, 0))
        }
        let selected = targets(selection.matchers)
        if name == "__name__" {
            let names = selected.series.reduce(into: Set<SelectedName>()) { names, series in
                names.insert(SelectedName(family: series.family, suffix: series.part.suffix))
            }
            return LabelList(Set(names.map { selected.families[$0.family].name + $0.suffix }), limit: limit)
        }
        var values = Set(store.index.labelValues(name, of: selected.ids, limit: .max).values)
        if name == "le" {
            for series in selected.series {
                if case .bucket(let bucket) = series.part {
                    values.insert(selected.families[series.family].boundText(bucket))
                }
            }
        }
        return LabelList(values, limit: limit)
    }
}

private struct SelectedName: Hashable {
    let family: Int
    let suffix: String
}

/// Selected series and the families they are of.
struct SelectedFamilies {
    var families: [MetricFamily] = []
    var series: [SelectedSeries] = []

    /// The numbers of the series, ascending, each once.
    var ids: [UInt32] { Set(series.map(\.id)).sorted() }
}

extension LabelList {
    /// A list of what is in a set, up to a limit.
    init(_ set: Set<String>, limit: Int) {
        let all = set.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        self.init(values: Array(all.prefix(max(limit, 0))), isTruncated: all.count > max(limit, 0))
    }
}
