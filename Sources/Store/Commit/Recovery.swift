// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
import TimeSeries

/// Reads a store's state from its hot database, entry kind by entry kind.
struct Recovery: ~Copyable {
    let database: Database
    let index = SeriesIndex()
    private(set) var settings = StoreSettings(resolution: .standard, secret: (0, 0))
    private var state = SeriesStore.State()
    /// For series that a broken-off checkpoint wrote: through which commit.
    private var writtenThrough: [UInt32: UInt64] = [:]

    init(database: Database) {
        self.database = database
    }

    consuming func takeState() -> SeriesStore.State {
        state
    }

    /// - Parameter asked: of a new store; an existing one keeps its own, and has to have this one unless it is nil.
    mutating func loadSettings(asked: SlotResolution?) throws(StoreError) {
        if let stored = try Recovery.read(database, KeySpace.meta(StoreSettings.name), StoreSettings.decode) {
            if let asked, asked != stored.resolution {
                throw StoreError(
                    code: .incompatible,
                    message: "\(database.path) has a resolution of \(stored.resolution.seconds) s, not "
                        + "\(asked.seconds) s; it is fixed when a store is created"
                )
            }
            settings = stored
        } else {
            var random = SystemRandomNumberGenerator()
            settings = StoreSettings(resolution: asked ?? .standard, secret: (random.next(), random.next()))
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
        if let rotation = try Recovery.read(database, KeySpace.meta(RotationRecord.name), RotationRecord.decode) {
            state.rotation.last = rotation
        }
    }

    /// Loads families, labels and series.
    mutating func loadSeries() throws(StoreError) {
        var loader = IndexLoader(index)
        let database = database
        let index = index
        let kinds = try index.state.withLock { state throws(StoreError) in
            var families: [(number: UInt64, family: MetricFamily)] = []
            try Recovery.forEach(database, .family) { key, value throws(ByteReader.Malformed) in
                guard let name = String(validating: key.dropFirst(), as: UTF8.self) else {
                    throw ByteReader.Malformed(offset: 0)
                }
                families.append(try FamilyRecord.decode(value, name: name))
            }
            if let wrong = loader.addFamilies(families, &state) {
                throw Recovery.corrupt(database, KeySpace.family(wrong.name), ByteReader.Malformed(offset: 1))
            }
            try Recovery.forEachNumber(database, .label) { value throws(ByteReader.Malformed) in
                try loader.addLabel(value, &state)
            }
            do throws(IndexLoader.Fault) {
                try loader.finishLabels(&state)
            } catch {
                throw Recovery.corrupt(database, KeySpace.label(error.number), ByteReader.Malformed(offset: 1))
            }
            try Recovery.forEachNumber(database, .series) { value throws(ByteReader.Malformed) in
                try loader.addSeries(value, &state)
            }
            do throws(IndexLoader.Fault) {
                try loader.finishSeries(&state)
            } catch {
                throw Recovery.corrupt(database, KeySpace.series(SeriesID(error.number)), .init(offset: 1))
            }
            if let unused = loader.firstUnusedLabel {
                throw Recovery.corrupt(database, KeySpace.label(unused), ByteReader.Malformed(offset: 0))
            }
            let ofFamily = state.families.map(\.kind)
            return (0..<index.entries.count).map { ofFamily[Int(index.entries[$0].family)] }
        }
        state.head.grow(kinds)
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
            if record.through > through { writtenThrough[series] = record.through }
        }
    }

    /// Adds the journal to totals and head, leaving out what a broken-off checkpoint has written already.
    mutating func replayJournal() throws(StoreError) {
        let kinds = state.head.totals.kinds
        state.head = state.head.restarted(after: state.checkpoint.through)
        try Recovery.forEach(database, .journal) { key, value throws(ByteReader.Malformed) in
            guard let sequence = KeySpace.read(key, at: 1, as: UInt64.self) else {
                throw ByteReader.Malformed(offset: 1)
            }
            guard sequence > state.checkpoint.through else { return }
            guard sequence == state.sequence + 1 else { throw ByteReader.Malformed(offset: 1) }
            let record = try JournalRecord.decode(value, kinds: kinds)
            state.sequence = sequence
            state.progress = record.progress
            state.journalBytes += value.count
            let arrival = UInt32(clamping: record.progress.arrival.milliseconds / 1_000)
            for increment in record.increments where isMissing(sequence, from: increment.series) {
                state.head.replay(SeriesPoint(increment), commit: sequence, arrival: arrival)
            }
            state.head.prepare(record.points)
            for point in record.points where isMissing(sequence, from: point.series) {
                state.head.replay(point, commit: sequence, arrival: arrival)
            }
            for sample in record.samples where isMissing(sequence, from: sample.series) {
                state.head.replay(sample, commit: sequence, arrival: arrival)
            }
        }
    }

    @inline(__always)
    private func isMissing(_ sequence: UInt64, from series: SeriesID) -> Bool {
        writtenThrough.isEmpty || writtenThrough[series.number] ?? 0 < sequence
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

    /// The entries of a kind whose keys are numbers from 0 without a gap.
    private static func forEachNumber(
        _ database: Database,
        _ space: KeySpace,
        _ body: (UnsafeRawBufferPointer) throws(ByteReader.Malformed) -> Void
    ) throws(StoreError) {
        var expected: UInt32 = 0
        try forEach(database, space) { key, value throws(ByteReader.Malformed) in
            guard key.count == 5, KeySpace.read(key, at: 1, as: UInt32.self) == expected else {
                throw ByteReader.Malformed(offset: 1)
            }
            try body(value)
            expected += 1
        }
    }

    private static func forEach(
        _ database: Database,
        _ space: KeySpace,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) throws(ByteReader.Malformed) -> Void
    ) throws(StoreError) {
        var bad: (key: [UInt8], fault: ByteReader.Malformed)?
        // What LevelDB says of damage goes before what an entry behind it looks like.
        try storeErrors { () throws(LevelDBError) in
            try database.makeCursor(fillCache: false).scan(prefix: space.prefix) { key, value in
                do throws(ByteReader.Malformed) {
                    try body(key, value)
                    return true
                } catch {
                    bad = (Array(key), error)
                    return false
                }
            }
        }
        if let bad { throw Recovery.corrupt(database, bad.key, bad.fault) }
    }

    static func corrupt(_ database: Database, _ key: [UInt8], _ fault: ByteReader.Malformed) -> StoreError {
        if fault.isOfOtherVersion {
            return StoreError(
                code: .incompatible,
                message: "\(database.path): entry \(name(of: key)) was written by another version of Tidemark"
            )
        }
        return StoreError(
            code: .corrupt,
            message: "\(database.path): entry \(name(of: key)) is malformed at byte \(fault.offset)"
        )
    }

    /// What a list names and is not there.
    static func missing(_ database: Database, _ key: [UInt8]) -> StoreError {
        StoreError(code: .corrupt, message: "\(database.path): entry \(name(of: key)) is missing")
    }

    static func name(of key: [UInt8]) -> String {
        key.prefix(1).map { String(UnicodeScalar($0)) }.joined()
            + key.dropFirst().map { String($0, radix: 16) }.joined(separator: " ")
    }
}
