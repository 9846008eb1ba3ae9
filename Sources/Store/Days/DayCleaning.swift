// SPDX-License-Identifier: Apache-2.0

import LevelDB
import TimeSeries

/// Takes a day out of the hot database whose points a file has, or that is below the floor: series by series its chunks
/// and its part of their lists go, and what they came to enters the sealed eras, all of one series in one batch. One
/// thread; no checkpoint meanwhile.
///
/// Done again after a crash it goes on where it was: a series that has no chunk of the day any more is done.
struct DayCleaning: ~Copyable {
    private let store: SeriesStore
    private let day: UInt32
    private let era: UInt16
    /// The file that has everything; nil below the floor.
    private let file: OpenDay?
    private let thinned: ThinnedMetrics
    private let batchBytes: Int
    private let before: (DayStep) throws(StoreError) -> Void
    private let scratch = ColumnScratch()
    private let points = PointColumns()
    private let cursor: Cursor
    private var lookup = DayLookup()

    /// - Parameter thinned: the metrics of which the file has late events alone, at most.
    init(
        _ store: SeriesStore,
        day: UInt32,
        file: OpenDay?,
        thinned: ThinnedMetrics,
        batchBytes: Int,
        before: @escaping (DayStep) throws(StoreError) -> Void
    ) {
        self.store = store
        self.day = day
        self.file = file
        self.thinned = thinned
        self.batchBytes = batchBytes
        self.before = before
        era = ChunkList.era(ofDay: day)
        cursor = store.database.makeCursor(fillCache: false)
    }

    /// Writes batches of about a megabyte, each synced, but for the last one.
    ///
    /// - Returns: what is left to be written; it may be empty.
    mutating func run() throws(StoreError) -> WriteBatch {
        var batch = WriteBatch()
        var hot = try HotDay(store, day: day)
        var shared: [[UInt8]] = []
        while let series = try hot.next(withBytes: false) {
            for slots in series.shared {
                let lead = ChunkPlace(day: day, series: series.id, span: slots.span)
                shared.append(ChunkKey(slotsAt: lead, hash: slots.hash).bytes)
            }
            guard !series.chunks.isEmpty else { continue }
            try move(series, to: batch)
            if batch.byteCount >= batchBytes { batch = try write(batch) }
        }
        // Others may have had them until now.
        if !shared.isEmpty, !batch.isEmpty { batch = try write(batch) }
        for key in shared {
            batch.delete(key)
            if batch.byteCount >= batchBytes { batch = try write(batch) }
        }
        return batch
    }

    private func write(_ batch: WriteBatch) throws(StoreError) -> WriteBatch {
        try before(.clean)
        try store.hot.write(batch)
        return WriteBatch()
    }

    // MARK: - One series

    private mutating func move(_ series: HotDay.Series, to batch: WriteBatch) throws(StoreError) {
        let family = store.index.metricFamily(of: series.id)
        let rule = family.kind == .samples ? nil : PointRule(family)
        let positions = store.positions(of: family.kind)
        let key = KeySpace.chunkList(series.id, era: era)
        guard var list = try store.readList(of: series.id, era: era, kind: family.kind) else {
            throw Recovery.missing(store.database, key)
        }
        let entries = list.entries.filter { $0.place.day == day }
        guard !entries.isEmpty else { throw Recovery.corrupt(store.database, key, ByteReader.Malformed(offset: 0)) }
        list.entries.removeAll { $0.place.day == day }
        var found: (file: OpenDay, entry: DayEntry)?
        if let file, let entry = try lookup.entry(of: series.id, in: file, positions: positions),
            !entry.list.entries.isEmpty
        {
            found = (file, entry)
        }
        if let found, rule == nil || !thinned.contains(family.name) {
            let sealed = try sealedDay(found.entry, found.file, family)
            try putEras(series.id, positions, rule, to: batch) { $0.update(sealed, rule) }
        } else if let rule {
            // Nothing has all the points any more; what these come to is added to what is known of the others.
            let generation = found?.file.file.generation
            let sums = try sums(of: entries, family, rule)
            try putEras(series.id, positions, rule, to: batch) { eras in
                var sealed =
                    eras.days.first { $0.day == day }
                    ?? SealedEra.Day(day: day, generation: 0, first: .max, last: .min)
                if let generation { sealed.generation = generation }
                sealed.first = min(sealed.first, entries.map(\.first).min() ?? sealed.first)
                sealed.last = max(sealed.last, entries.map(\.last).max() ?? sealed.last)
                sealed.sums.add(sums, rule)
                eras.update(sealed, rule)
            }
        }
        if list.entries.isEmpty {
            batch.delete(key)
        } else {
            batch.put(key, list.encode(era: era, positions: positions, key: key))
        }
        for chunk in series.chunks {
            batch.delete(KeySpace.chunk(ChunkPlace(day: day, series: series.id, span: chunk.span)))
        }
    }

    private mutating func sealedDay(
        _ entry: DayEntry,
        _ file: OpenDay,
        _ family: MetricFamily
    ) throws(StoreError) -> SealedEra.Day {
        let entries = entry.list.entries
        var sealed = SealedEra.Day(
            day: day,
            generation: file.file.generation,
            first: entries.map(\.first).min() ?? 0,
            last: entries.map(\.last).max() ?? 0
        )
        switch family.kind {
        case .samples: break
        case .distinct:
            let data = try DayData(file, entry)
            points.count = 0
            for index in entries.indices {
                try data.readPoints(index, kind: .distinct, store.spans, into: points, &lookup, scratch)
            }
            sealed.sums = SealedSums(registers: registers(), last: sealed.last)
        case .counter, .gauge, .histogram:
            sealed.sums = SealedSums(entries, PointRule(family))
        }
        return sealed
    }

    /// What chunks of the hot database come to.
    private func sums(
        of entries: [ChunkList.Entry],
        _ family: MetricFamily,
        _ rule: PointRule
    ) throws(StoreError) -> SealedSums {
        guard family.kind == .distinct else { return SealedSums(entries, rule) }
        var sums = SealedSums()
        for entry in entries {
            try store.readChunk(at: entry.place, kind: .distinct, into: points, scratch)
            sums.add(SealedSums(registers: registers(), last: entry.last), rule)
        }
        return sums
    }

    private func registers() -> [UInt32] {
        var sketch = HyperLogLog()
        for index in 0..<points.count { sketch.insert(points.details[index]) }
        return sketch.registers
    }

    // MARK: - Eras

    /// Puts the era of the day into the batch as `change` makes it, and those behind it that have other sums before them
    /// now.
    private func putEras(
        _ id: SeriesID,
        _ positions: ChunkPositions,
        _ rule: PointRule?,
        to batch: WriteBatch,
        _ change: (inout SealedEra) -> Void
    ) throws(StoreError) {
        var eras = try store.readSealedEras(of: id, from: era, positions, rule, cursor)
        // The newest one knows the others.
        var hasOther = false
        if let newest = eras.last, newest.era < era {
            var begun = SealedEra()
            if let rule { begun.before = newest.sealed.total(rule) }
            begun.earlier = newest.sealed.earlier + [newest.era]
            eras[0].sealed.earlier = []
            batch.delete(KeySpace.newestEra(id, era: newest.era))
            put(eras[0], isNewest: false, id, positions, rule, to: batch)
            eras = [(era, begun)]
        } else if let next = eras.first, next.era > era {
            var inserted = SealedEra()
            // Nothing was between what is before the one behind and that one.
            inserted.before = next.sealed.before
            let last = eras.count - 1
            let index = eras[last].sealed.earlier.firstIndex { $0 > era } ?? eras[last].sealed.earlier.count
            eras[last].sealed.earlier.insert(era, at: index)
            hasOther = true
            eras.insert((era, inserted), at: 0)
        } else if eras.isEmpty {
            eras = [(era, SealedEra())]
        }
        change(&eras[0].sealed)
        var isChanged = true
        for index in eras.indices {
            let isNewest = index == eras.count - 1
            if isChanged || isNewest && hasOther {
                put(eras[index], isNewest: isNewest, id, positions, rule, to: batch)
            }
            guard isChanged, let rule, !isNewest else {
                isChanged = false
                continue
            }
            let total = eras[index].sealed.total(rule)
            isChanged = eras[index + 1].sealed.before != total
            eras[index + 1].sealed.before = total
        }
    }

    private func put(
        _ era: (era: UInt16, sealed: SealedEra),
        isNewest: Bool,
        _ id: SeriesID,
        _ positions: ChunkPositions,
        _ rule: PointRule?,
        to batch: WriteBatch
    ) {
        let key = isNewest ? KeySpace.newestEra(id, era: era.era) : KeySpace.earlierEra(id, era: era.era)
        batch.put(key, era.sealed.encode(era: era.era, positions: positions, rule: rule, key: key))
    }
}
