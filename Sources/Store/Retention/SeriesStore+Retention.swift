// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
import TimeSeries

extension SeriesStore {
    /// How long sealed days are kept.
    public var retention: RetentionSettings {
        get { state.withLock { $0.days.retention } }
        set { state.withLock { $0.days.retention = newValue } }
    }

    /// Days are dropped for room on the disk once in so many milliseconds: what a drop gave may not be there at once.
    private static let dropMilliseconds: Int64 = 60_000
    /// What is not deleted in the hot database is counted again after so many milliseconds.
    private static let countMilliseconds: Int64 = 600_000

    /// Below which day nothing is to be kept any more: the oldest sealed days go until age, size and free disk hold.
    ///
    /// - Parameters:
    ///   - now: how far event time has come.
    ///   - clock: what the clock says.
    func wantedFloor(now: Timestamp, clock: Timestamp) throws(StoreError) -> UInt32 {
        let days = state.withLock { $0.days }
        let (settings, registry) = (days.retention, days.registry)
        var floor = registry.floor
        let sealed = registry.days.keys.sorted()
        if let age = settings.age {
            for day in sealed where now.milliseconds - (Int64(day) + 1) * 86_400_000 >= Int64(age) * 1_000 {
                floor = max(floor, day + 1)
            }
        }
        var bytes = try settings.bytes.map { limit throws(StoreError) in try keptBytes(limit: limit, clock) } ?? 0
        var free = Int.max
        let hasDropped = days.dropped.map {
            (0..<SeriesStore.dropMilliseconds).contains(clock.milliseconds - $0.milliseconds)
        }
        if settings.leastFreeBytes != nil, hasDropped != true, let found = days.settings.freeBytes(path) {
            // Files that a view still reads are deleted with it.
            free = found + droppedBytes.value
        }
        for day in sealed {
            if day >= floor {
                guard bytes > settings.bytes ?? .max || free < settings.leastFreeBytes ?? 0 else { break }
                floor = day + 1
            }
            let size = registry.days[day]?.record.bytes ?? 0
            bytes -= size
            free = free.addingReportingOverflow(size).overflow ? .max : free + size
        }
        return floor
    }

    /// Bytes that are kept: of sealed days, and of the hot database without what only waits to be compacted away. That is
    /// not counted while the limit holds anyway.
    ///
    /// - Complexity: O(1); O(hot database) once in ten minutes, and behind each seal, while its files are too large.
    func keptBytes(limit: Int, _ clock: Timestamp) throws(StoreError) -> Int {
        let (sealed, known) = state.withLock { ($0.days.registry.bytes, $0.days.live) }
        let files = hotBytes()
        guard sealed + files > limit else { return sealed + files }
        if let known, (0..<SeriesStore.countMilliseconds).contains(clock.milliseconds - known.at.milliseconds) {
            return sealed + min(files, known.bytes)
        }
        var live = 0
        let cursor = database.makeCursor(fillCache: false)
        defer { cursor.close() }
        try storeErrors { () throws(LevelDBError) in
            try cursor.seekToFirst()
            while cursor.isValid {
                live += cursor.key.count + cursor.value.count
                try cursor.next()
            }
        }
        let counted = live
        state.withLock { $0.days.live = (counted, clock) }
        return sealed + min(files, live)
    }

    /// Drops the sealed days below a floor: one synced write, then their files, each with the last view that may read it.
    /// What they came to stays in totals.
    ///
    /// - Throws: `diskFull`, `io`: the store has to be closed and opened again.
    /// - Complexity: O(days), whatever they hold.
    func drop(before floor: UInt32) throws(StoreError) {
        let (registry, settings) = state.withLock { ($0.days.registry, $0.days.settings) }
        guard floor > registry.floor else { return }
        let dropped = registry.days.filter { $0.key < floor }
        let batch = WriteBatch()
        batch.put(KeySpace.meta(FloorRecord.name), FloorRecord.encode(floor))
        for day in dropped.keys { batch.delete(KeySpace.sealedDay(day)) }
        try settings.before(.floor)
        try registryLock.withLock { _ throws(StoreError) in
            try hot.write(batch)
            state.withLock { state in
                state.days.registry.floor = floor
                state.days.statistics.drops += dropped.count
                for day in dropped.keys {
                    state.days.overlays.bytes[day] = nil
                    state.days.registry.set(nil, day: day)
                }
            }
        }
        for entry in dropped.values {
            entry.file.drop(bytes: entry.record.bytes, countedIn: droppedBytes)
            openDays.forget(entry.file)
        }
    }
}
