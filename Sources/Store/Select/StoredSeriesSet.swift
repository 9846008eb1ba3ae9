// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Selected series of a view; each is read when it is asked for.
final class StoredSeriesSet: SeriesSet {
    private let view: SeriesView
    private let selected: SelectedFamilies
    private let start: Int64
    private let end: Int64
    private let window: Int64?

    init(view: SeriesView, selection: SeriesSelection, series: SelectedFamilies) {
        self.view = view
        selected = series
        start = selection.start.milliseconds
        end = selection.end.milliseconds
        window = selection.window
    }

    var count: Int { selected.series.count }

    func labels(_ index: Int) -> Labels {
        let series = selected.series[index]
        let family = selected.families[series.family]
        var pairs = view.store.index.labels(of: SeriesID(series.id)).pairs.map { (name: $0.name, value: $0.value) }
        pairs.append((name: "__name__", value: family.name + series.part.suffix))
        if case .bucket(let bucket) = series.part { pairs.append((name: "le", value: family.boundText(bucket))) }
        return Labels(pairs)
    }

    func read(_ index: Int, into columns: SampleColumns) throws {
        columns.count = 0
        let series = selected.series[index]
        let borrowed = (columns.workspace as? BorrowedReader) ?? BorrowedReader()
        columns.workspace = borrowed
        let reader = borrowed.reader
        let family = selected.families[series.family]
        guard start <= end else { return }
        if family.kind == .samples {
            try reader.readSamples(SeriesID(series.id), of: view, from: start, through: end, into: columns)
        } else {
            let request = EventRequest(
                id: SeriesID(series.id),
                family: family,
                part: series.part,
                start: start,
                end: end,
                window: family.kind == .distinct ? window : nil
            )
            try reader.readEvents(request, of: view, into: columns)
        }
    }
}
