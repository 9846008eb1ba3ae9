// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
import TimeSeries

/// Checks that the chunks of a store fit their lists, the slots that chunks share their uses, sealed days what is known of
/// them (`DayCheck`), and all of it the totals.
struct ChunkCheck {
    private let store: SeriesStore
    private let database: Database
    private let kinds: [MetricFamily.Kind]
    private let scratch = ColumnScratch()
    private let points = PointColumns()
    private let samples = SampleColumns()
    /// How many chunks name each entry of shared slots.
    private var uses: [ChunkKey: Int] = [:]
    private var chunks = 0
    private var pointCount = 0
    private var sampleCount = 0

    init(_ store: SeriesStore) {
        self.store = store
        database = store.database
        kinds = store.state.withLock { $0.head.totals.kinds }
    }

    mutating func run(_ found: inout StoreVerification) throws(StoreError) {
        var sums = SeriesTotals()
        sums.grow(kinds)
        // First, as they came: of gauge values of one moment the late one stays.
        var days = DayCheck(store, kinds)
        try days.run(&sums, &found)
        var orphans: [String] = []
        try eachEntry(.chunkList) { key, value in
            guard let number = KeySpace.read(key, at: 1, as: UInt32.self),
                let era = KeySpace.read(key, at: 5, as: UInt16.self), Int(number) < kinds.count
            else {
                orphans.append(
                    "\(database.path): entry \(Recovery.name(of: Array(key))) is of a series that is not there"
                )
                return
            }
            let id = SeriesID(number)
            do throws(ByteReader.Malformed) {
                let list = try ChunkList.decode(
                    value,
                    key: key,
                    series: id,
                    era: era,
                    positions: store.positions(of: kinds[Int(number)])
                )
                for entry in list.entries { check(entry, of: id, &sums, &found) }
            } catch {
                found.add(Recovery.corrupt(database, Array(key), error).message)
            }
        }
        for orphan in orphans { found.add(orphan) }
        try checkOthers(&found)
        try compareTotals(sums, &found)
        found.count("chunks", chunks + days.chunks)
        found.count("points", pointCount + days.points)
        found.count("samples", sampleCount + days.samples)
    }

    /// One chunk that a list names.
    private mutating func check(
        _ entry: ChunkList.Entry,
        of id: SeriesID,
        _ sums: inout SeriesTotals,
        _ found: inout StoreVerification
    ) {
        let kind = kinds[Int(id.number)]
        chunks += 1
        func fault(_ text: String) {
            found.add("\(database.path): entry \(Recovery.name(of: KeySpace.chunk(entry.place))) \(text)")
        }
        do throws(StoreError) {
            if kind == .samples {
                try store.readChunk(at: entry.place, into: samples, scratch)
                sampleCount += samples.count
                guard samples.count > 0, samples.timestamps[0] == entry.first,
                    samples.timestamps[samples.count - 1] == entry.last
                else { return fault("does not begin and end as its list says") }
                for index in 0..<samples.count {
                    let sample = SeriesSample(
                        series: id,
                        milliseconds: samples.timestamps[index],
                        bits: samples.values[index].bitPattern
                    )
                    if index > 0, samples.timestamps[index - 1] >= sample.milliseconds { fault("is out of order") }
                    sums.addIfNewest(sample)
                }
                return
            }
            if let shared = try store.readChunk(at: entry.place, kind: kind, into: points, scratch) {
                if let key = shared.key(from: entry.place) { uses[key, default: 0] += 1 }
            }
            pointCount += points.count
            guard points.count > 0, Int64(points.slots[0]) == entry.first,
                Int64(points.slots[points.count - 1]) == entry.last
            else { return fault("does not begin and end as its list says") }
            let family = store.index.metricFamily(of: id)
            if ChunkSum.sums(of: points, 0..<points.count, PointRule(family)) != entry.sums {
                fault("does not sum to what its list says")
            }
            for index in 0..<points.count {
                sums.add(
                    SeriesPoint(
                        series: id,
                        slot: Slot(points.slots[index]),
                        detail: points.details[index],
                        payload: points.payloads[index]
                    ),
                    arrival: 0
                )
            }
        } catch {
            found.add(error.message)
        }
    }

    /// Chunks that no list names, and entries of shared slots that are used by more or fewer than they say.
    private mutating func checkOthers(_ found: inout StoreVerification) throws(StoreError) {
        var left = uses
        var present = 0
        var faults: [String] = []
        try eachEntry(.chunk) { key, value in
            guard key.count == 13 else {
                present += 1
                return
            }
            let name = "\(database.path): entry \(Recovery.name(of: Array(key)))"
            do throws(ByteReader.Malformed) {
                let entry = try SharedSlots.read(value, key: CRC32C.checksum(key))
                let used = ChunkKey(slots: key).flatMap { left.removeValue(forKey: $0) } ?? 0
                if used != entry.uses { faults.append("\(name) says \(entry.uses) uses, and has \(used)") }
            } catch {
                faults.append(Recovery.corrupt(database, Array(key), error).message)
            }
        }
        if present != chunks || !found.faults.isEmpty {
            // Rare: now each is looked for.
            try eachEntry(.chunk) { key, _ in
                guard let place = KeySpace.chunkPlace(key) else { return }
                do throws(StoreError) {
                    let isKnown = Int(place.series.number) < kinds.count
                    let era = ChunkList.era(ofDay: place.day)
                    let list =
                        isKnown
                        ? try store.readList(of: place.series, era: era, kind: kinds[Int(place.series.number)]) : nil
                    if list?.index(of: place).isThere != true {
                        faults.append("\(database.path): entry \(Recovery.name(of: Array(key))) is in no list")
                    }
                } catch {
                    faults.append(error.message)
                }
            }
        }
        for fault in faults { found.add(fault) }
    }

    /// The totals that checkpoints wrote, against the chunks.
    private func compareTotals(_ sums: SeriesTotals, _ found: inout StoreVerification) throws(StoreError) {
        var faults: [String] = []
        var seen = Set<UInt32>()
        try eachEntry(.total) { key, value in
            guard let number = KeySpace.read(key, at: 1, as: UInt32.self), Int(number) < kinds.count else { return }
            seen.insert(number)
            do throws(ByteReader.Malformed) {
                let total = try TotalRecord.decode(value)
                let id = SeriesID(number)
                if !isSame(total, sums.record(id, through: 0), store.index.metricFamily(of: id)) {
                    faults.append(
                        "\(database.path): entry \(Recovery.name(of: Array(key))) is not the sum of its chunks"
                    )
                }
            } catch {
                faults.append(Recovery.corrupt(database, Array(key), error).message)
            }
        }
        for number in kinds.indices where !seen.contains(UInt32(number)) && sums.value(SeriesID(UInt32(number))) != 0 {
            let isNewest = kinds[number] == .gauge || kinds[number] == .samples
            if isNewest, sums.numbers[number] == SeriesTotals.Newest.none { continue }
            faults.append("\(database.path): series \(number) has chunks and no total")
        }
        for fault in faults { found.add(fault) }
    }

    private func isSame(_ total: TotalRecord, _ sums: TotalRecord, _ family: MetricFamily) -> Bool {
        switch family.kind {
        case .gauge: return total.number == sums.number
        case .samples:
            // The newest sample may be gone with its day, or left out of the day's file.
            let floor = Int64(store.state.withLock { $0.days.registry.floor(ofMetric: family.name) }) * 86_400_000
            return total.number == sums.number || SeriesTotals.Newest.milliseconds(total.number) < floor
        case .distinct: return total.registers == sums.registers
        case .counter, .histogram:
            guard ChunkCheck.trimmed(total.bins) == ChunkCheck.trimmed(sums.bins) else { return false }
            if total.inexact == 0, sums.inexact == 0 { return total.number == sums.number }
            // What is in Float64 depends on the order in which it was added, and a slot beyond 64 bits goes on as such.
            guard case .add(_, let unitsPerWhole) = PointRule(family) else { return false }
            let (here, there) = (total.inexact * unitsPerWhole, sums.inexact * unitsPerWhole)
            let (left, right) = (Double(total.number) + here, Double(sums.number) + there)
            let scale = max(abs(left), abs(right), abs(here), abs(there))
            return abs(left - right) <= 1e-9 * scale || !left.isFinite && !right.isFinite
        }
    }

    private static func trimmed(_ bins: [Int64]) -> ArraySlice<Int64> {
        bins[..<((bins.lastIndex { $0 != 0 } ?? -1) + 1)]
    }

    private func eachEntry(
        _ space: KeySpace,
        _ body: (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Void
    ) throws(StoreError) {
        try storeErrors { () throws(LevelDBError) in
            let cursor = database.makeCursor(fillCache: false)
            defer { cursor.close() }
            try cursor.scan(prefix: space.prefix) { key, value in
                body(key, value)
                return true
            }
        }
    }
}
