// SPDX-License-Identifier: Apache-2.0

import LevelDB
import TimeSeries

/// What the hot database has of one day, series by series, as it was when this was made. One thread.
struct HotDay: ~Copyable {
    private let store: SeriesStore
    private let prefix: [UInt8]
    private let cursor: Cursor

    /// One series. It may have nothing but slots that it leads for others.
    struct Series {
        var id: SeriesID
        var chunks: [(span: UInt16, bytes: [UInt8])] = []
        var shared: [(span: UInt16, hash: UInt16, bytes: [UInt8])] = []
    }

    init(_ store: SeriesStore, day: UInt32) throws(StoreError) {
        self.store = store
        prefix = KeySpace.chunks(ofDay: day)
        let cursor = store.database.makeCursor(fillCache: false)
        let start = prefix
        try storeErrors { () throws(LevelDBError) in try cursor.seek(to: start) }
        self.cursor = cursor
    }

    /// The next series, by number, its chunks by span.
    ///
    /// - Parameter withBytes: whether the bytes are wanted; they are empty otherwise.
    /// - Throws: `corrupt` when an entry is not what was written.
    mutating func next(withBytes: Bool) throws(StoreError) -> Series? {
        var series: Series?
        while cursor.isValid, cursor.key.starts(with: prefix) {
            let key = cursor.key
            guard key.count == 11 || key.count == 13, let number = KeySpace.read(key, at: 5, as: UInt32.self),
                let span = KeySpace.read(key, at: 9, as: UInt16.self)
            else { throw Recovery.corrupt(store.database, Array(key), .init(offset: 0)) }
            if let series, series.id.number != number { break }
            var found = series ?? Series(id: SeriesID(number))
            var bytes: [UInt8] = []
            if withBytes {
                do throws(ByteReader.Malformed) {
                    _ = try CRC32C.body(of: cursor.value, key: CRC32C.checksum(key))
                } catch {
                    throw Recovery.corrupt(store.database, Array(key), error)
                }
                bytes = Array(cursor.value)
            }
            if let hash = KeySpace.read(key, at: 11, as: UInt16.self) {
                found.shared.append((span, hash, bytes))
            } else {
                found.chunks.append((span, bytes))
            }
            series = found
            try storeErrors { () throws(LevelDBError) in try cursor.next() }
        }
        return series
    }
}

extension SeriesStore {
    /// The days of which the hot database has something, ascending.
    ///
    /// - Complexity: O(days), and a step for each entry deleted lately.
    func hotDays() throws(StoreError) -> [UInt32] {
        let cursor = database.makeCursor(fillCache: false)
        var days: [UInt32] = []
        var start = KeySpace.chunk.prefix
        while true {
            let from = start
            try storeErrors { () throws(LevelDBError) in try cursor.seek(to: from) }
            guard cursor.isValid, cursor.key.first == KeySpace.chunk.rawValue else { return days }
            guard let day = KeySpace.read(cursor.key, at: 1, as: UInt32.self) else {
                throw Recovery.corrupt(database, Array(cursor.key), .init(offset: 0))
            }
            days.append(day)
            guard day < UInt32.max else { return days }
            start = KeySpace.chunks(ofDay: day + 1)
        }
    }

    /// About how many bytes the hot database has of a day; counting stops behind `limit`.
    func hotBytes(ofDay day: UInt32, limit: Int) throws(StoreError) -> Int {
        var bytes = 0
        let prefix = KeySpace.chunks(ofDay: day)
        try storeErrors { () throws(LevelDBError) in
            try database.makeCursor(fillCache: false).scan(prefix: prefix) { key, value in
                bytes += key.count + value.count
                return bytes <= limit
            }
        }
        return bytes
    }
}
