// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
import TimeSeries

/// Reads one series after the other, with memory that stays. One thread at a time.
final class SeriesReader {
    let scratch = ColumnScratch()
    /// The points of the series at hand that lie in the time asked.
    var points = PointColumns()
    var stored = PointColumns()
    let added = PointColumns()
    let steps = StepColumns()
    /// What is before the points.
    var base = PointBase()
    /// What `points` and `base` are of: a histogram is read once for all its parts.
    var present: PresentPoints?
    /// Slots that chunks share.
    lazy var sharedSlots = SlotsCache()
    /// Where series are in day files.
    var lookup = DayLookup()
    /// Late points of sealed days, beside those of the files.
    let overlay = PointColumns()
    /// What is not decoded of the series at hand.
    let skipped = SkippedPoints()
    /// Chunks of the hot database, of the series at hand.
    var hotChunks: [HotChunk] = []
    /// How many lists and sealed eras were read, and how many times a day's file; for tests of what reading costs.
    var entriesRead = 0
    var filesRead = 0
    /// How many chunks of event series were decoded; for the same.
    var chunksDecoded = 0
    /// The chunk list at hand.
    private var list = ChunkList()

    /// Hands over the chunk lists of a series in some eras, in order.
    func eachList(
        of id: SeriesID,
        eras: ClosedRange<UInt16>,
        _ cursors: ReadCursors,
        _ store: SeriesStore,
        _ positions: ChunkPositions,
        _ body: (ChunkList) throws(StoreError) -> Void
    ) throws(StoreError) {
        let cursor = cursors.lists
        // Read one series after the other, the cursor stands here already.
        let isHere =
            cursors.lastList == id.number &- 1 && cursor.isValid
            && KeySpace.chunkList.seriesAndEra(cursor.key)?.series == id.number
        cursors.lastList = id.number
        if !isHere || eras.lowerBound > 0 {
            let start = KeySpace.chunkList(id, era: eras.lowerBound)
            try storeErrors { () throws(LevelDBError) in try cursor.seek(to: start) }
        }
        var list = ChunkList()
        swap(&list, &self.list)
        defer { swap(&list, &self.list) }
        while cursor.isValid {
            let key = cursor.key
            guard let (series, era) = KeySpace.chunkList.seriesAndEra(key), series == id.number, era <= eras.upperBound
            else { break }
            do throws(ByteReader.Malformed) {
                try list.read(cursor.value, key: key, series: id, era: era, positions: positions)
            } catch {
                throw Recovery.corrupt(store.database, Array(key), error)
            }
            entriesRead += 1
            try body(list)
            try storeErrors { () throws(LevelDBError) in try cursor.next() }
        }
    }

    /// Moves the cursor to a chunk, or to slots that chunks share, and hands its bytes over, and the checksum of its key.
    ///
    /// - Parameter isNext: whether it may be the next entry.
    func withEntry(
        _ key: ChunkKey,
        isNext: Bool,
        _ cursor: Cursor,
        _ store: SeriesStore,
        _ body: (UnsafeRawBufferPointer, _ key: UInt32) throws(ByteReader.Malformed) -> Void
    ) throws(StoreError) {
        if isNext, cursor.isValid { try storeErrors { () throws(LevelDBError) in try cursor.next() } }
        if !isNext || !cursor.isValid || !key.isEqual(cursor.key) {
            try storeErrors { () throws(LevelDBError) in
                try key.withBytes { key throws(LevelDBError) in try cursor.seek(to: key) }
            }
        }
        guard cursor.isValid, key.isEqual(cursor.key) else { throw Recovery.missing(store.database, key.bytes) }
        do throws(ByteReader.Malformed) {
            try body(cursor.value, key.checksum)
        } catch {
            throw Recovery.corrupt(store.database, key.bytes, error)
        }
    }

    /// Appends the points of a chunk.
    func readPoints(
        _ place: ChunkPlace,
        kind: MetricFamily.Kind,
        of view: SeriesView,
        _ cursors: ReadCursors,
        into points: PointColumns
    ) throws(StoreError) {
        let store = view.store
        let cursor = cursors.chunks
        let first = store.spans.firstSlot(of: place)
        let span = store.spans.slotsPerSpan
        let start = points.count
        chunksDecoded += 1
        var shared: SharedSlots.Reference?
        try withEntry(ChunkKey(place), isNext: cursors.follows(place), cursor, store) {
            bytes,
            key throws(ByteReader.Malformed) in
            shared = try EventChunk.decode(
                bytes,
                key: key,
                from: first,
                span: span,
                kind: kind,
                into: points,
                scratch
            )
        }
        guard let shared else { return }
        guard let key = shared.key(from: place) else { throw Recovery.missing(store.database, ChunkKey(place).bytes) }
        let count = points.count - start
        let slots = points.slots + start
        sharedSlots.enter(view: view.serial)
        if sharedSlots.read(key, into: slots, count: count, from: first.number) { return }
        try withEntry(key, isNext: shared.distance == 0, cursor, store) {
            bytes,
            checksum throws(ByteReader.Malformed) in
            try SharedSlots.decode(
                bytes,
                key: checksum,
                into: slots,
                count: count,
                from: first.number,
                span: span,
                scratch
            )
        }
        sharedSlots.add(key, slots, count: count, from: first.number)
    }

    // MARK: - Samples

    /// Appends the samples of a series in `start...end`, milliseconds, both inclusive; the start is not before the floor.
    func readSamples(
        _ id: SeriesID,
        of view: SeriesView,
        from start: Int64,
        through end: Int64,
        into columns: SampleColumns
    ) throws(StoreError) {
        let store = view.store
        var through: UInt64 = 0
        try view.cursors.with { cursors throws(StoreError) in
            // Of earlier eras nothing is asked for, and what the head has of them is passed over below.
            let firstEra = ChunkList.era(ofDay: ChunkWriter.day(of: max(start, 0)))
            let lastEra = ChunkList.era(ofDay: ChunkWriter.day(of: max(end, 0)))
            let eras = firstEra...max(firstEra, lastEra)
            try readSealedSamples(id, of: view, cursors, eras: eras, from: start, through: end, into: columns)
            let late = columns.count
            try eachList(of: id, eras: eras, cursors, store, .milliseconds) { list throws(StoreError) in
                through = max(through, list.through)
                for entry in list.entries where entry.last >= start && entry.first <= end {
                    let before = columns.count
                    let isNext = cursors.follows(entry.place)
                    try withEntry(ChunkKey(entry.place), isNext: isNext, cursors.chunks, store) {
                        bytes,
                        key throws(ByteReader.Malformed) in
                        try SampleChunk.decode(bytes, key: key, into: columns, scratch)
                    }
                    if entry.first < start || entry.last > end { columns.trim(from: before, start, end) }
                }
            }
            columns.settle(from: late)
        }
        if let frozen = view.frozen, through < view.activeBase {
            frozen.samples.reading(id.number)?
                .collect(through: view.commit, from: start, through: end, into: columns)
        }
        let active = store.state.withLock { _ in view.active.samples.reading(id.number) }
        active?.collect(through: view.commit, from: start, through: end, into: columns)
    }
}

extension SampleColumns {
    /// Of the samples from index `first` on keeps those in `start...end`.
    func trim(from first: Int, _ start: Int64, _ end: Int64) {
        var low = first
        while low < count, timestamps[low] < start { low += 1 }
        var high = count
        while high > low, timestamps[high - 1] > end { high -= 1 }
        if low > first {
            (timestamps + first).update(from: timestamps + low, count: high - low)
            (values + first).update(from: values + low, count: high - low)
        }
        count = first + high - low
    }
}
