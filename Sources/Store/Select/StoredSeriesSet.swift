// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TimeSeries

/// Selected series of a view; each is read when it is asked for.
final class StoredSeriesSet: SeriesSet {
    private let view: SeriesView
    private let selected: SelectedFamilies
    private let start: Int64
    private let end: Int64
    private let window: Int64?
    /// Around which slot boundaries samples are wanted; nil when all are.
    private let edges: KeptBoundaries?
    /// Which series may have a sample in that time, once somebody has asked.
    private let presence = Mutex(Presence.unknown)

    private enum Presence {
        case unknown
        /// Each series has to be looked at.
        case all
        case some(SeriesPresence)
    }

    init(view: SeriesView, selection: SeriesSelection, series: SelectedFamilies) {
        self.view = view
        selected = series
        start = selection.start.milliseconds
        end = selection.end.milliseconds
        window = selection.window
        edges = selection.windows.flatMap {
            KeptBoundaries(
                $0,
                from: selection.start.milliseconds,
                through: selection.end.milliseconds,
                length: view.store.resolution.milliseconds,
                slotsPerSpan: view.store.spans.slotsPerSpan
            )
        }
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

    private func isPresent(_ id: UInt32) throws(StoreError) -> Bool {
        guard count >= view.postingsFrom else { return true }
        return try presence.withLock { presence throws(StoreError) in
            if case .unknown = presence {
                let found = try SeriesPresence.make(view, from: start, through: end)
                presence = found.map { .some($0) } ?? .all
            }
            guard case .some(let some) = presence else { return true }
            return some.contains(id)
        }
    }

    func read(_ index: Int, into columns: SampleColumns) throws {
        columns.removeAll()
        let series = selected.series[index]
        let borrowed = (columns.workspace as? BorrowedReader) ?? BorrowedReader()
        columns.workspace = borrowed
        let reader = borrowed.reader
        let family = selected.families[series.family]
        guard start <= end, try isPresent(series.id) else { return }
        if family.kind == .samples {
            let start = max(start, view.floor(of: family))
            try reader.readSamples(SeriesID(series.id), of: view, from: start, through: end, into: columns)
        } else {
            let request = EventRequest(
                id: SeriesID(series.id),
                family: family,
                part: series.part,
                start: start,
                end: end,
                window: family.kind == .distinct ? window : nil,
                edges: edges
            )
            try reader.readEvents(request, of: view, into: columns)
        }
    }
}
