// SPDX-License-Identifier: Apache-2.0

import TimeSeries

@testable import Store

extension NewSeries {
    /// What selects a part of it, and nothing else.
    func matchers(_ part: SeriesPart) throws -> [LabelMatcher] {
        var matchers = [try LabelMatcher("__name__", .equal, family.name + part.suffix)]
        matchers += try labels.pairs.map { try LabelMatcher($0.name, .equal, $0.value) }
        if case .bucket(let index) = part { matchers.append(try LabelMatcher("le", .equal, family.boundText(index))) }
        return matchers
    }
}

extension ModelStore {
    /// What a part of a series reads as in a view of this moment: milliseconds, both inclusive.
    func samples(
        of series: NewSeries,
        _ part: SeriesPart,
        _ time: ClosedRange<Int64>,
        window: Int64? = nil,
        in view: SeriesView
    ) -> [ReadingTwin.Sample] {
        let floor = view.floor(of: series.family)
        if series.family.kind == .samples {
            return (contents.samples[series.id.number] ?? [:])
                .filter { $0.key >= max(time.lowerBound, floor) && $0.key <= time.upperBound }
                .map { ReadingTwin.Sample(time: $0.key, bits: $0.value) }.sorted { $0.time < $1.time }
        }
        let resolution = view.store.resolution
        var twin = ReadingTwin(
            family: series.family,
            part: part,
            slots: contents.slots[series.id.number] ?? [:],
            resolution: resolution,
            horizon: view.horizon
        )
        twin.floor = floor
        if series.family.kind == .distinct { twin.window = window.map { $0 / resolution.milliseconds } }
        return twin.samples(from: time.lowerBound, through: time.upperBound)
    }
}
