// SPDX-License-Identifier: Apache-2.0

import LevelDB
public import TimeSeries

extension SeriesStore {
    /// Opens the store in a directory, or makes one.
    ///
    /// Reads the series, their totals at the last checkpoint, and the journal since then: what was acknowledged is
    /// there, once.
    ///
    /// - Parameters:
    ///   - resolution: of a new store; an existing one must have the same.
    ///   - clock: gives new series their time of creation.
    /// - Throws: `inUse`, `corrupt` with what is wrong, `incompatible`, `diskFull`, `io`.
    /// - Complexity: O(series + journal); about a second for a million series.
    public static func open(
        at path: String,
        resolution: SlotResolution = .standard,
        clock: any WallClock = SystemClock()
    ) throws(StoreError) -> SeriesStore {
        let directory = try StoreDirectory(path)
        var options = Options()
        options.createIfMissing = true
        let database = try storeErrors { () throws(LevelDBError) in
            try Database.open(at: directory.hot(epoch: 1), options: options)
        }
        do throws(StoreError) {
            var recovery = Recovery(database: database)
            try recovery.loadSettings(asked: resolution)
            try recovery.loadFamilies()
            try recovery.loadSeries()
            try recovery.loadTotals()
            try recovery.replayJournal()
            let archive = try IdentityPages(database: database)
            let settings = recovery.settings
            let index = recovery.index
            return SeriesStore(
                directory: directory,
                database: database,
                index: index,
                settings: settings,
                clock: clock,
                state: recovery.takeState(),
                archive: archive
            )
        } catch {
            database.close()
            throw error
        }
    }
}

/// Reads a store's state from its hot database, entry kind by entry kind.
struct Recovery: ~Copyable {
    let database: Database
    let index = SeriesIndex()
    private(set) var settings = StoreSettings(resolution: .standard, secret: (0, 0))
    private var state = SeriesStore.State()
    /// For totals that a broken-off checkpoint wrote: through which commit.
    private var totalThrough: [UInt32: UInt64] = [:]
    private var chunkThrough: [ChunkPlace: UInt64] = [:]

    init(database: Database) {
        self.database = database
    }

    consuming func takeState() -> SeriesStore.State {
        state
    }

    mutating func loadSettings(asked: SlotResolution) throws(StoreError) {
        if let stored = try Recovery.read(database, KeySpace.meta(StoreSettings.name), StoreSettings.decode) {
            guard stored.resolution == asked else {
                throw StoreError(
                    code: .incompatible,
                    message: "\(database.path) has a resolution of \(stored.resolution.seconds) s, not "
                        + "\(asked.seconds) s; it is fixed when a store is created"
                )
            }
            settings = stored
        } else {
            var random = SystemRandomNumberGenerator()
            settings = StoreSettings(resolution: asked, secret: (random.next(), random.next()))
            let bytes = settings.encode()
            try storeErrors { () throws(LevelDBError) in
                try database.put(KeySpace.meta(StoreSettings.name), bytes, sync: true)
            }
        }
        if let checkpoint = try Recovery.read(database, KeySpace.meta(CheckpointRecord.name), CheckpointRecord.decode) {
            state.checkpoint = checkpoint
            state.progress = checkpoint.progress
            state.sequence = checkpoint.through
        }
    }

    func loadFamilies() throws(StoreError) {
        try Recovery.forEach(database, .family) { key, value throws(ByteReader.Malformed) in
            let name = String(decoding: key.dropFirst(), as: UTF8.self)
            index.add(try FamilyRecord.decode(value, name: name), isStored: true)
        }
    }

    mutating func loadSeries() throws(StoreError) {
        var expected: UInt32 = 0
        try Recovery.forEach(database, .series) { key, value throws(ByteReader.Malformed) in
            guard KeySpace.read(key, at: 1, as: UInt32.self) == expected else { throw ByteReader.Malformed(offset: 1) }
            let record = try SeriesRecord.decode(value)
            guard let family = index.family(named: record.family),
                index.find(family: record.family, labels: record.labels) == nil
            else { throw ByteReader.Malformed(offset: 0) }
            _ = index.add(family: family, labels: record.labels, created: record.created, isStored: true)
            expected += 1
        }
        state.head.grow(to: Int(expected))
    }

    mutating func loadTotals() throws(StoreError) {
        let count = state.head.totals.count
        let through = state.checkpoint.through
        try Recovery.forEach(database, .total) { key, value throws(ByteReader.Malformed) in
            guard let series = KeySpace.read(key, at: 1, as: UInt32.self), Int(series) < count else {
                throw ByteReader.Malformed(offset: 1)
            }
            let record = try TotalRecord.decode(value)
            state.head.restore(SeriesID(series), record)
            if record.through > through { totalThrough[series] = record.through }
        }
    }

    /// Adds the journal to totals and head, leaving out what a broken-off checkpoint has written already.
    mutating func replayJournal() throws(StoreError) {
        let count = state.head.totals.count
        if state.checkpoint.writing > state.checkpoint.through { try findWrittenChunks() }
        let spans = ChunkSpans(settings.resolution)
        try Recovery.forEach(database, .journal) { key, value throws(ByteReader.Malformed) in
            guard let sequence = KeySpace.read(key, at: 1, as: UInt64.self) else {
                throw ByteReader.Malformed(offset: 1)
            }
            guard sequence > state.checkpoint.through else { return }
            guard sequence == state.sequence + 1 else { throw ByteReader.Malformed(offset: 1) }
            let record = try JournalRecord.decode(value, seriesCount: count)
            state.sequence = sequence
            state.progress = record.progress
            state.journalBytes += value.count
            let arrival = UInt32(clamping: record.progress.arrival.milliseconds / 1_000)
            for increment in record.increments {
                let place = spans.place(of: increment.slot, series: increment.series)
                state.head.replay(
                    increment,
                    arrival: arrival,
                    toTotal: isMissing(sequence, fromTotalOf: increment.series),
                    toSegment: isMissing(sequence, fromChunkAt: place)
                )
            }
            for increment in record.inexactIncrements {
                let place = spans.place(of: increment.slot, series: increment.series)
                state.head.replay(
                    increment,
                    arrival: arrival,
                    toTotal: isMissing(sequence, fromTotalOf: increment.series),
                    toSegment: isMissing(sequence, fromChunkAt: place)
                )
            }
        }
    }

    @inline(__always)
    private func isMissing(_ sequence: UInt64, fromTotalOf series: SeriesID) -> Bool {
        totalThrough.isEmpty || totalThrough[series.number] ?? 0 < sequence
    }

    @inline(__always)
    private func isMissing(_ sequence: UInt64, fromChunkAt place: ChunkPlace) -> Bool {
        chunkThrough.isEmpty || chunkThrough[place] ?? 0 < sequence
    }

    /// Which chunks a broken-off checkpoint has written. Rare, and bounded by the hot database.
    private mutating func findWrittenChunks() throws(StoreError) {
        let spans = ChunkSpans(settings.resolution)
        let through = state.checkpoint.through
        try Recovery.forEach(database, .chunk) { key, value throws(ByteReader.Malformed) in
            guard let place = KeySpace.chunkPlace(key) else { throw ByteReader.Malformed(offset: 1) }
            let written = try CounterChunk.decode(
                value,
                from: spans.firstSlot(of: place),
                span: spans.slotsPerSpan
            ).through
            if written > through { chunkThrough[place] = written }
        }
    }

    // MARK: - Entries

    private static func read<Record>(
        _ database: Database,
        _ key: [UInt8],
        _ decode: (UnsafeRawBufferPointer) throws(ByteReader.Malformed) -> Record
    ) throws(StoreError) -> Record? {
        guard let bytes = try storeErrors({ () throws(LevelDBError) in try database.get(key) }) else { return nil }
        var record: Record?
        var malformed: ByteReader.Malformed?
        bytes.withUnsafeBytes { bytes in
            do throws(ByteReader.Malformed) {
                record = try decode(bytes)
            } catch {
                malformed = error
            }
        }
        if let malformed { throw Recovery.corrupt(database, key, malformed) }
        return record
    }

    private static func forEach(
        _ database: Database,
        _ space: KeySpace,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(ByteReader.Malformed) -> Void
    ) throws(StoreError) {
        var bad: (key: [UInt8], fault: ByteReader.Malformed)?
        do throws(LevelDBError) {
            let cursor = database.makeCursor(fillCache: false)
            try cursor.seek(to: space.prefix)
            while cursor.isValid, cursor.key.first == space.rawValue {
                do throws(ByteReader.Malformed) {
                    try body(cursor.key, cursor.value)
                } catch {
                    bad = (Array(cursor.key), error)
                    break
                }
                try cursor.next()
            }
            try cursor.checkError()
        } catch {
            throw StoreError(error)
        }
        if let bad { throw Recovery.corrupt(database, bad.key, bad.fault) }
    }

    static func corrupt(_ database: Database, _ key: [UInt8], _ fault: ByteReader.Malformed) -> StoreError {
        let name =
            key.prefix(1).map { String(UnicodeScalar($0)) }.joined()
            + key.dropFirst().map { String($0, radix: 16) }.joined(separator: " ")
        return StoreError(
            code: .corrupt,
            message: "\(database.path): entry \(name) is malformed at byte \(fault.offset)"
        )
    }
}
