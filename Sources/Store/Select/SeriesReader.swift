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

    /// The chunk lists of a series in some eras, in order.
    func lists(
        of id: SeriesID,
        eras: ClosedRange<UInt16>,
        _ cursors: ReadCursors,
        _ store: SeriesStore,
        _ positions: ChunkPositions
    ) throws(StoreError) -> [ChunkList] {
        let cursor = cursors.lists
        var lists: [ChunkList] = []
        let start = KeySpace.chunkList(id, era: eras.lowerBound)
        // Read one series after the other, the cursor stands here already.
        let isHere = cursor.isValid && KeySpace.isChunkList(cursor.key, of: id) && cursors.lastList == id.number &- 1
        cursors.lastList = id.number
        if !isHere || eras.lowerBound > 0 { try storeErrors { () throws(LevelDBError) in try cursor.seek(to: start) } }
        while cursor.isValid {
            let key = cursor.key
            guard KeySpace.isChunkList(key, of: id), let era = KeySpace.read(key, at: 5, as: UInt16.self),
                era <= eras.upperBound
            else { break }
            do throws(ByteReader.Malformed) {
                lists.append(
                    try ChunkList.decode(cursor.value, key: key, series: id, era: era, positions: positions)
                )
            } catch {
                throw Recovery.corrupt(store.database, Array(key), error)
            }
            try storeErrors { () throws(LevelDBError) in try cursor.next() }
        }
        return lists
    }

    /// Moves the cursor to a chunk and hands its bytes over.
    func withChunk(
        _ place: ChunkPlace,
        _ cursor: Cursor,
        _ store: SeriesStore,
        _ body: (UnsafeRawBufferPointer) throws(ByteReader.Malformed) -> Void
    ) throws(StoreError) {
        let key = KeySpace.chunk(place)
        // The next series' chunk of the same span is often the next entry.
        if cursor.isValid { try storeErrors { () throws(LevelDBError) in try cursor.next() } }
        if !cursor.isValid || !KeySpace.isEqual(cursor.key, key) {
            try storeErrors { () throws(LevelDBError) in try cursor.seek(to: key) }
        }
        guard cursor.isValid, KeySpace.isEqual(cursor.key, key) else { throw Recovery.missing(store.database, key) }
        do throws(ByteReader.Malformed) {
            try body(cursor.value)
        } catch {
            throw Recovery.corrupt(store.database, key, error)
        }
    }

    // MARK: - Samples

    /// Appends the samples of a series in `start...end`, milliseconds, both inclusive.
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
            for list in try lists(of: id, eras: firstEra...max(firstEra, lastEra), cursors, store, .milliseconds) {
                through = max(through, list.through)
                for entry in list.entries where entry.last >= start && entry.first <= end {
                    let before = columns.count
                    try withChunk(entry.place, cursors.chunks, store) { bytes throws(ByteReader.Malformed) in
                        try SampleChunk.decode(bytes, at: entry.place, into: columns, scratch)
                    }
                    if entry.first < start || entry.last > end { columns.trim(from: before, start, end) }
                }
            }
        }
        if let frozen = view.frozen, through < view.activeBase {
            frozen.samples.collect(id.number, through: view.commit, from: start, through: end, into: columns)
        }
        store.state.withLock { _ in
            view.active.samples.collect(id.number, through: view.commit, from: start, through: end, into: columns)
        }
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
