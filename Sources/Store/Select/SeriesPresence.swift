// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
import TimeSeries

/// Which series may have a sample in some time that is wholly of sealed days: the postings of the days.
///
/// Reading a series that has none costs two look-ups in the hot database. A store whose series come and go has far more
/// of these than of others, and the indices of a few days are read faster.
struct SeriesPresence {
    private var words: [UInt64]

    /// Over more days it is not worth it.
    static let mostDays: UInt32 = 40

    private init(below count: UInt32) {
        words = Array(repeating: 0, count: (Int(count) + 63) / 64)
    }

    func contains(_ id: UInt32) -> Bool { words[Int(id >> 6)] >> UInt64(id & 63) & 1 != 0 }

    private mutating func insert(_ id: UInt32) {
        guard Int(id >> 6) < words.count else { return }
        words[Int(id >> 6)] |= 1 << UInt64(id & 63)
    }

    private mutating func insert(_ postings: [UInt64]) {
        for index in 0..<min(postings.count, words.count) { words[index] |= postings[index] }
    }

    /// Late chunks are looked through up to so many; beyond it everybody is asked.
    private static let mostChunks = 100_000

    /// - Parameters:
    ///   - start: milliseconds; both are inclusive.
    ///   - end: milliseconds.
    /// - Returns: nil when that time goes beyond the sealed days, or is too long: then nobody knows but the series.
    /// - Complexity: O(days * series / 64), and O(late chunks of the days), up to a bound; the first time for each file
    ///   O(series of the day).
    static func make(
        _ view: SeriesView,
        from start: Int64,
        through end: Int64
    ) throws(StoreError) -> SeriesPresence? {
        guard !view.days.isEmpty, end >= 0 else { return nil }
        // A series is live for the idle time after its last event, and then has a staleness marker.
        let idle = (view.horizon.idleSlots + 3) * view.store.resolution.milliseconds
        let first = UInt32(clamping: max(start - idle, 0) / 86_400_000)
        let last = UInt32(clamping: end / 86_400_000)
        // Of days below the floor nobody knows any more which series they had.
        guard first <= last, last - first < mostDays, first >= view.days.floor else { return nil }
        guard let newest = view.days.days.keys.max(), last <= newest else { return nil }
        var presence = SeriesPresence(below: view.seriesCount)
        for day in first...last {
            // A day that is not sealed has nothing, or has it in the hot database.
            guard let entry = view.days.days[day] else { continue }
            // Nor of those that were left out of a file.
            guard entry.previous == nil, !entry.record.isCleaning, entry.record.thinned.isEmpty else { return nil }
            presence.insert(try view.openDays.open(entry.file).postings())
        }
        var chunks = 0
        try view.cursors.with { cursors throws(StoreError) in
            guard let cursor = cursors.moveSealed() else { return }
            let key = KeySpace.chunks(ofDay: first)
            try storeErrors { () throws(LevelDBError) in try cursor.seek(to: key) }
            while cursor.isValid, cursor.key.first == KeySpace.chunk.rawValue,
                let day = KeySpace.read(cursor.key, at: 1, as: UInt32.self), day <= last, chunks <= mostChunks
            {
                chunks += 1
                if let id = KeySpace.read(cursor.key, at: 5, as: UInt32.self) { presence.insert(id) }
                try storeErrors { () throws(LevelDBError) in try cursor.next() }
            }
        }
        guard chunks <= mostChunks else { return nil }
        for id in view.frozen.map({ $0.points.touched + $0.samples.touched }) ?? [] { presence.insert(id) }
        let active = view.store.state.withLock { _ in view.active.points.touched + view.active.samples.touched }
        for id in active { presence.insert(id) }
        return presence
    }
}
