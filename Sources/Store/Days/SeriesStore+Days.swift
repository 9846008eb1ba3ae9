// SPDX-License-Identifier: Apache-2.0

import Glibc
import LevelDB
import Synchronization
import TimeSeries

/// What a store knows of its days; guarded by the store's lock.
struct DayState {
    var settings = DaySettings()
    var registry = DayRegistry()
    var statistics = DayStatistics()
    var retention = RetentionSettings()
    /// Late events of sealed days in the hot database.
    var overlays = Overlays()
    /// Days that could not be sealed: when, and for how many milliseconds that is not tried again.
    var failed: [UInt32: (at: Timestamp, pause: Int64)] = [:]
    /// When days were looked at last; nil before anybody has asked whether they should be.
    var looked: Timestamp?
    /// The newest day of which the hot database had something then.
    var newestDay: UInt32 = 0
    /// When days were dropped last.
    var dropped: Timestamp?
    /// What is not deleted in the hot database, when that was last counted.
    var live: (bytes: Int, at: Timestamp)?
    /// A day could not be taken out of the hot database, which has a part of it: nothing may be added to its chunks
    /// before the store has been opened again.
    var isBrokenOff = false

    /// How many bytes of late events each sealed day has, as far as they were counted.
    struct Overlays {
        var bytes: [UInt32: Int] = [:]
        /// The checkpoint behind which they were, and the day that was counted last.
        var through: UInt64?
        var last: UInt32 = 0
    }
}

extension SeriesStore {
    /// When days are sealed.
    public var daySettings: DaySettings {
        get { state.withLock { $0.days.settings } }
        set {
            state.withLock { $0.days.settings = newValue }
            openDays.limit = newValue.openFiles
            openDays.pinLimit = newValue.pinnedFiles
        }
    }

    /// What has been done to days.
    public var dayStatistics: DayStatistics {
        var (statistics, registry) = state.withLock { ($0.days.statistics, $0.days.registry) }
        statistics.days = registry.days.count
        statistics.sealedBytes = registry.bytes
        statistics.openFiles = openDays.counts.open
        statistics.droppedBytes = droppedBytes.value
        if registry.floor > 0 { statistics.floor = Timestamp(milliseconds: Int64(registry.floor) * 86_400_000) }
        return statistics
    }

    /// Seals a day, or seals it again: writes its file, has the registry name it, and takes it out of the hot database.
    ///
    /// A crash between any two steps leaves the day as it was, or is gone on with when the store is opened. Commits and
    /// reads go on meanwhile; a checkpoint must not.
    ///
    /// - Parameters:
    ///   - thinned: metrics that are left out.
    ///   - isCancelled: asked at every step; the day is left as it is when it says so, or gone on with when the store is
    ///     opened again.
    /// - Throws: `interrupted`, `diskFull`, `io`, `corrupt`. When `isBrokenOff` is not set then, everything is as it was,
    ///   and it may be tried again.
    /// - Complexity: O(the day), and for a day that is sealed already O(its file).
    func seal(
        day: UInt32,
        thinned: ThinnedMetrics = ThinnedMetrics([]),
        isCancelled: @escaping () -> Bool = { false }
    ) throws(StoreError) {
        let started = ContinuousClock.now
        let (settings, known, through) = state.withLock {
            ($0.days.settings, $0.days.registry.days[day], $0.checkpoint.through)
        }
        let before = { [path] (step: DayStep) throws(StoreError) in
            if isCancelled() { throw StoreError(code: .interrupted, message: "\(path): sealing a day was stopped") }
            try settings.before(step)
        }
        try requireRoom(day: day, known, settings)
        let file = DayFile(in: path, day: day, generation: (known?.file.generation ?? 0) + 1)
        var record = DayRecord(generation: file.generation, bytes: 0)
        // What has been left out is missing for good.
        record.thinned = thinned.union(known?.record.thinned ?? ThinnedMetrics([]))
        record.isCleaning = true
        let writer = try DayFileWriter(file, before: before)
        let open: OpenDay
        do throws(StoreError) {
            let previous = try known.map { known throws(StoreError) in try openDays.open(known.file) }
            try DayWriting(self, day: day, writer: writer).write(previous: previous) { id in
                !thinned.isEmpty && thinned.contains(index.metricFamily(of: id).name)
            }
            record.bytes = try writer.finish(through: through)
            open = try openDays.open(file)
            try before(.register)
        } catch {
            openDays.forget(file)
            writer.discard()
            throw error
        }
        // From here on the file may be named on the disk.
        state.withLock { $0.days.isBrokenOff = true }
        let previous = known.map { (file: $0.file, bytes: $0.record.bytes) }
        try register([day: DayRegistry.Entry(record: record, file: file, previous: previous)])
        try clean(day: day, open, record, settings, before: before)
        let seconds = ContinuousClock.now - started
        state.withLock { state in
            if known == nil { state.days.statistics.seals += 1 } else { state.days.statistics.reseals += 1 }
            state.days.statistics.sealSeconds += seconds / .seconds(1)
        }
    }

    /// - Throws: `diskFull` when the disk has no room for the file of a day, beside all that is there, and for what it takes
    ///   to have the day leave the hot database.
    private func requireRoom(
        day: UInt32,
        _ known: DayRegistry.Entry?,
        _ settings: DaySettings
    ) throws(StoreError) {
        guard let free = settings.freeBytes(path) else { return }
        let range = KeyRange(from: KeySpace.chunks(ofDay: day), to: KeySpace.chunks(ofDay: day + 1))
        let hot = Int(clamping: database.approximateSizes(of: [range])[0])
        let needed = hot + hot / 2 + (known?.record.bytes ?? 0) + settings.leastFreeBytes
        guard free >= needed else {
            throw StoreError(
                code: .diskFull,
                message: "\(path)/\(DayFile.folder)/\(DayFile.name(ofDay: day)): "
                    + "\(free) bytes are free on the disk, and sealing the day needs \(needed)"
            )
        }
    }

    /// Writes what is to be known of some sealed days, durably, and has the registry follow.
    func register(_ entries: [UInt32: DayRegistry.Entry]) throws(StoreError) {
        let batch = WriteBatch()
        for (day, entry) in entries {
            let key = KeySpace.sealedDay(day)
            batch.put(key, entry.record.encode(key: key))
        }
        try registryLock.withLock { _ throws(StoreError) in
            try hot.write(batch)
            state.withLock { state in
                for (day, entry) in entries { state.days.registry.set(entry, day: day) }
            }
        }
    }

    /// Takes a day that has a file out of the hot database.
    private func clean(
        day: UInt32,
        _ open: OpenDay,
        _ record: DayRecord,
        _ settings: DaySettings,
        before: @escaping (DayStep) throws(StoreError) -> Void
    ) throws(StoreError) {
        var record = record
        record.isCleaning = false
        var cleaning = DayCleaning(
            self,
            day: day,
            file: open,
            thinned: record.thinned,
            batchBytes: settings.batchBytes,
            before: before
        )
        let rest = try cleaning.run()
        let key = KeySpace.sealedDay(day)
        rest.put(key, record.encode(key: key))
        try before(.finish)
        // What goes is let go of outside the lock: it may be a file of gigabytes.
        let previous = try registryLock.withLock { _ throws(StoreError) in
            try hot.write(rest)
            return state.withLock { state -> (file: DayFile, bytes: Int)? in
                let previous = state.days.registry.days[day]?.previous
                state.days.registry.set(DayRegistry.Entry(record: record, file: open.file), day: day)
                state.days.overlays.bytes[day] = nil
                state.days.live = nil
                state.days.isBrokenOff = false
                return previous
            }
        }
        if let previous {
            previous.file.drop(bytes: previous.bytes, countedIn: droppedBytes)
            openDays.forget(previous.file)
        }
    }

    /// Takes the late events of a day below the floor out of the hot database; they go on to count in totals.
    ///
    /// - Throws: as `seal`.
    func fold(day: UInt32, isCancelled: @escaping () -> Bool = { false }) throws(StoreError) {
        let settings = state.withLock { state in
            state.days.isBrokenOff = true
            return state.days.settings
        }
        let before = { [path] (step: DayStep) throws(StoreError) in
            if isCancelled() { throw StoreError(code: .interrupted, message: "\(path): folding a day was stopped") }
            try settings.before(step)
        }
        var cleaning = DayCleaning(
            self,
            day: day,
            file: nil,
            thinned: ThinnedMetrics([]),
            batchBytes: settings.batchBytes,
            before: before
        )
        let rest = try cleaning.run()
        if !rest.isEmpty {
            try before(.finish)
            try hot.write(rest)
        }
        state.withLock { $0.days.isBrokenOff = false }
    }

    /// - Throws: `io` when a day is partly taken out of the hot database.
    func requireWholeDays() throws(StoreError) {
        if state.withLock({ $0.days.isBrokenOff }) {
            throw StoreError(code: .io, message: "\(path): sealing a day was broken off; open the store again")
        }
    }

    // MARK: - Opening

    /// Reads which days are sealed, goes on where sealing was broken off, and deletes files that nothing names.
    func loadDays() throws(StoreError) {
        try requireNewestEras()
        var registry = DayRegistry()
        var cleaning: [UInt32] = []
        var bad: (key: [UInt8], fault: ByteReader.Malformed)?
        let floorKey = KeySpace.meta(FloorRecord.name)
        if let bytes = try storeErrors({ () throws(LevelDBError) in try database.get(floorKey) }) {
            do throws(ByteReader.Malformed) {
                registry.floor = try bytes.withBytes(FloorRecord.decode)
            } catch {
                throw Recovery.corrupt(database, floorKey, error)
            }
        }
        try storeErrors { () throws(LevelDBError) in
            try database.makeCursor(fillCache: false).scan(prefix: KeySpace.sealedDay.prefix) { key, value in
                do throws(ByteReader.Malformed) {
                    guard key.count == 5, let day = KeySpace.read(key, at: 1, as: UInt32.self) else {
                        throw ByteReader.Malformed(offset: 0)
                    }
                    let record = try DayRecord.decode(value, key: key)
                    let file = DayFile(in: path, day: day, generation: record.generation)
                    registry.set(DayRegistry.Entry(record: record, file: file), day: day)
                    if record.isCleaning { cleaning.append(day) }
                    return true
                } catch {
                    bad = (Array(key), error)
                    return false
                }
            }
        }
        if let bad { throw Recovery.corrupt(database, bad.key, bad.fault) }
        let found = registry
        let settings = state.withLock { state in
            state.days.registry = found
            return state.days.settings
        }
        for day in cleaning {
            guard let entry = registry.days[day] else { continue }
            try clean(day: day, try openDays.open(entry.file), entry.record, settings, before: settings.before)
        }
        let hot = try hotDays()
        for day in hot where day < registry.floor { try fold(day: day) }
        if let newest = hot.last { state.withLock { $0.days.newestDay = newest } }
        deleteStrayFiles(keeping: Set(registry.days.values.map(\.file.path)))
    }

    /// Deletes what a crash left in the folder of days. What cannot be deleted does no harm.
    private func deleteStrayFiles(keeping named: Set<String>) {
        let folder = Folder("\(path)/\(DayFile.folder)")
        for name in (try? folder.names()) ?? [] where name.first?.isNumber == true {
            let file = "\(folder.path)/\(name)"
            if !named.contains(file) { unlink(file) }
        }
    }
}
