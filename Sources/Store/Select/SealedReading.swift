// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
import TimeSeries

/// Reads what sealed days have of a series.
extension SeriesReader {
    /// Hands over what sealed days have: first what those before the first era come to, then the days of the eras.
    ///
    /// - Parameters:
    ///   - rule: nil of a sample series, which comes to nothing.
    ///   - before: called at most once.
    /// - Complexity: O(eras) entries, however many there are before them.
    func eachSealedDay(
        of id: SeriesID,
        eras: ClosedRange<UInt16>,
        _ cursors: ReadCursors,
        _ store: SeriesStore,
        _ positions: ChunkPositions,
        _ rule: PointRule?,
        before: (SealedSums) -> Void,
        day: (SealedEra.Day) throws(StoreError) -> Void
    ) throws(StoreError) {
        guard let newest = try newestEra(of: id, cursors, store, positions, rule) else { return }
        if newest.era < eras.lowerBound {
            if let rule { before(newest.sealed.total(rule)) }
            return
        }
        var isFirst = true
        func hand(_ era: UInt16, _ sealed: SealedEra) throws(StoreError) {
            if isFirst { before(sealed.before) }
            isFirst = false
            guard era <= eras.upperBound else { return }
            for sealed in sealed.days { try day(sealed) }
        }
        let earlier = newest.sealed.earlier
        if let last = earlier.last, last >= eras.lowerBound, let cursor = cursors.moveSealed() {
            for era in earlier where era >= eras.lowerBound {
                entriesRead += 1
                try hand(era, try store.readEarlierEra(of: id, era, cursor, positions, rule))
                if era >= eras.upperBound { return }
            }
        }
        try hand(newest.era, newest.sealed)
    }

    private func newestEra(
        of id: SeriesID,
        _ cursors: ReadCursors,
        _ store: SeriesStore,
        _ positions: ChunkPositions,
        _ rule: PointRule?
    ) throws(StoreError) -> (era: UInt16, sealed: SealedEra)? {
        guard let cursor = try cursors.sealed(of: id),
            let found = try store.readNewestEra(of: id, at: cursor, positions, rule)
        else { return nil }
        entriesRead += 1
        return found
    }

    /// A day's file as a view has it.
    func open(_ sealed: SealedEra.Day, of view: SeriesView) throws(StoreError) -> OpenDay {
        guard let entry = view.days.days[sealed.day] else {
            throw Recovery.missing(view.store.database, KeySpace.sealedDay(sealed.day))
        }
        filesRead += 1
        return try view.openDays.open(entry.file(ofGeneration: sealed.generation))
    }

    func entry(
        of id: SeriesID,
        in day: OpenDay,
        _ positions: ChunkPositions
    ) throws(StoreError) -> DayEntry {
        if let entry = try lookup.entry(of: id, in: day, positions: positions), !entry.list.entries.isEmpty {
            return entry
        }
        throw day.file.corrupt("series \(id.number) is missing")
    }

    // MARK: - Points

    /// Appends the points of sealed slots `first...last` to `points`, and adds what is before them to `base`.
    func readSealedPoints(
        _ request: EventRequest,
        of view: SeriesView,
        _ cursors: ReadCursors,
        from first: Int64,
        through last: Int64,
        into points: PointColumns
    ) throws(StoreError) {
        let store = view.store
        let rule = PointRule(request.family)
        let slotsPerDay = Int64(store.spans.slotsPerDay)
        let firstEra = ChunkList.era(ofDay: UInt32(clamping: max(first, 0) / slotsPerDay))
        let lastEra = ChunkList.era(ofDay: UInt32(clamping: max(last, 0) / slotsPerDay))
        try eachSealedDay(
            of: request.id,
            eras: firstEra...max(firstEra, lastEra),
            cursors,
            store,
            .slots(store.spans),
            rule,
            before: { base.add($0, rule) },
            day: { sealed throws(StoreError) in
                guard sealed.first <= last else { return }
                if sealed.last < first || sealed.day < view.days.floor {
                    base.add(sealed.sums, rule)
                    return
                }
                let day = try open(sealed, of: view)
                let entry = try entry(of: request.id, in: day, .slots(store.spans))
                try readPoints(entry, day, request, view, from: first, through: last, into: points)
            }
        )
    }

    private func readPoints(
        _ entry: DayEntry,
        _ day: OpenDay,
        _ request: EventRequest,
        _ view: SeriesView,
        from first: Int64,
        through last: Int64,
        into points: PointColumns
    ) throws(StoreError) {
        let rule = PointRule(request.family)
        // A distinct series has no sums: what it has seen is in its chunks.
        let needsAll = request.family.kind == .distinct && request.window == nil
        let chunks = entry.list.entries
        var low = 0
        while low < chunks.count, chunks[low].last < first, !needsAll {
            base.add(chunks[low], rule)
            low += 1
        }
        var high = low
        while high < chunks.count, chunks[high].first <= last { high += 1 }
        guard low < high else { return }
        let data = try DayData(day, entry, chunks: low..<high, withShared: false)
        for index in low..<high {
            let before = points.count
            try readPoints(index, data, request.family.kind, view, into: points)
            if chunks[index].first < first || chunks[index].last > last {
                cut(points, from: before, first, last, rule)
            }
        }
    }

    func readPoints(
        _ index: Int,
        _ data: DayData,
        _ kind: MetricFamily.Kind,
        _ view: SeriesView,
        into points: PointColumns
    ) throws(StoreError) {
        let spans = view.store.spans
        let place = data.entry.list.entries[index].place
        let start = points.count
        chunksDecoded += 1
        guard let reference = try data.decodePoints(index, kind: kind, spans, into: points, scratch) else { return }
        let first = spans.firstSlot(of: place).number
        let count = points.count - start
        let slots = points.slots + start
        sharedSlots.enter(view: view.serial)
        let key = reference.key(from: place)?.inFile(ofGeneration: data.day.file.generation)
        if let key, sharedSlots.read(key, into: slots, count: count, from: first) { return }
        let lead = try data.lead(of: reference, place, spans, &lookup)
        try data.readShared(reference, of: place, lead: lead, spans, into: slots, count: count, scratch)
        if let key { sharedSlots.add(key, slots, count: count, from: first) }
    }

    // MARK: - Samples

    /// Appends the sealed samples of a series in `start...end`, milliseconds, both inclusive.
    func readSealedSamples(
        _ id: SeriesID,
        of view: SeriesView,
        _ cursors: ReadCursors,
        eras: ClosedRange<UInt16>,
        from start: Int64,
        through end: Int64,
        into columns: SampleColumns
    ) throws(StoreError) {
        try eachSealedDay(
            of: id,
            eras: eras,
            cursors,
            view.store,
            .milliseconds,
            nil,
            before: { _ in },
            day: { sealed throws(StoreError) in
                guard sealed.first <= end, sealed.last >= start, sealed.day >= view.days.floor else { return }
                let day = try open(sealed, of: view)
                let entry = try entry(of: id, in: day, .milliseconds)
                let chunks = entry.list.entries
                let low = chunks.firstIndex { $0.last >= start } ?? chunks.count
                let high = chunks.firstIndex { $0.first > end } ?? chunks.count
                guard low < high else { return }
                let data = try DayData(day, entry, chunks: low..<high, withShared: false)
                for index in low..<high {
                    let before = columns.count
                    try data.readSamples(index, into: columns, scratch)
                    if chunks[index].first < start || chunks[index].last > end {
                        columns.trim(from: before, start, end)
                    }
                }
            }
        )
    }
}

extension SampleColumns {
    /// Puts the samples from index `first` on among those before, both in order of time, where they are not behind them
    /// already.
    func settle(from first: Int) {
        guard first > 0, first < count, timestamps[first] < timestamps[first - 1] else { return }
        let order = (0..<count).sorted { timestamps[$0] < timestamps[$1] }
        let old = SampleColumns(capacity: count)
        old.append(timestamps, values, count: count)
        for (index, from) in order.enumerated() {
            timestamps[index] = old.timestamps[from]
            values[index] = old.values[from]
        }
    }
}
