// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
import TimeSeries

/// Checks the files of sealed days, every byte of them, and that the sealed eras of series say of them what they have.
struct DayCheck {
    let store: SeriesStore
    let database: Database
    let kinds: [MetricFamily.Kind]
    let registry: DayRegistry
    private let scratch = ColumnScratch()
    private var lookup = DayLookup()
    private let columns = PointColumns()
    private let sampleColumns = SampleColumns()
    /// How many series each day has by their eras, less those that were found in its file.
    var missing: [UInt32: Int] = [:]
    /// Series whose eras are all known; of another one nobody can say which days it has.
    var isKnown: [Bool]
    private(set) var chunks = 0
    private(set) var points = 0
    private(set) var samples = 0

    init(_ store: SeriesStore, _ kinds: [MetricFamily.Kind]) {
        self.store = store
        database = store.database
        self.kinds = kinds
        isKnown = Array(repeating: false, count: kinds.count)
        registry = store.state.withLock { $0.days.registry }
    }

    /// - Parameter sums: gets what all sealed days come to, those too that cannot be read any more.
    mutating func run(_ sums: inout SeriesTotals, _ found: inout StoreVerification) throws(StoreError) {
        try checkEras(&sums, &found)
        for (day, entry) in registry.days.sorted(by: { $0.key < $1.key }) {
            do throws(StoreError) {
                try check(try store.openDays.open(entry.file), entry, &sums, &found)
            } catch {
                found.add(error.message)
                missing[day] = nil
            }
        }
        for (day, count) in missing.sorted(by: { $0.key < $1.key }) where count != 0 {
            let path = registry.days[day]?.file.path ?? ""
            found.add("\(path): of \(count) series it has nothing, and their totals say it has")
        }
        found.count("day files", registry.days.count)
    }

    // MARK: - Files

    private mutating func check(
        _ open: OpenDay,
        _ entry: DayRegistry.Entry,
        _ sums: inout SeriesTotals,
        _ found: inout StoreVerification
    ) throws(StoreError) {
        let file = open.file
        if Folder(store.path).status(of: file.name)?.bytes != entry.record.bytes {
            found.add("\(file.path) does not have the \(entry.record.bytes) bytes that it was written with")
        }
        var (series, chunks) = (0, 0)
        var end = UInt64(DayFile.headerBytes)
        var last: SeriesID?
        for number in 0..<open.blockCount {
            let block = try open.readBlock(number)
            let records = try open.entries(in: block) { id in
                // Of one that is not there it does not matter; that is told below.
                Int(id.number) < kinds.count ? store.positions(of: kinds[Int(id.number)]) : .milliseconds
            }
            if !open.isInPlace(number, first: records.first?.series) {
                found.add("\(file.path): index block \(number) is not in its place")
            }
            for record in records {
                let id = record.series
                guard Int(id.number) < kinds.count, last.map({ $0.number < id.number }) ?? true else {
                    throw file.corrupt("series \(id.number) is out of place")
                }
                last = id
                guard record.offset == end else {
                    throw file.corrupt("the data of series \(id.number) is not where the one before ends")
                }
                end += UInt64(record.dataBytes)
                series += 1
                chunks += record.list.entries.count
                try check(record, open, entry, &sums)
            }
        }
        guard end == open.dataEnd, series == open.series, chunks == open.chunks else {
            throw file.corrupt("it does not have as many series, chunks and bytes as its footer says")
        }
        self.chunks += chunks
    }

    /// One series: its chunks, and what its era says of the day.
    private mutating func check(
        _ entry: DayEntry,
        _ open: OpenDay,
        _ known: DayRegistry.Entry,
        _ sums: inout SeriesTotals
    ) throws(StoreError) {
        let id = entry.series
        let data = try DayData(open, entry)
        for index in entry.shared.indices { try data.checkShared(index, Array(data.shared(index))) }
        guard !entry.list.entries.isEmpty else { return }
        func fault(_ text: String) -> StoreError { open.file.corrupt("series \(id.number) \(text)") }
        let family = store.index.metricFamily(of: id)
        var registers = HyperLogLog()
        for (index, chunk) in entry.list.entries.enumerated() {
            let ends: (first: Int64, last: Int64)?
            if family.kind == .samples {
                sampleColumns.count = 0
                try data.readSamples(index, into: sampleColumns, scratch)
                ends = try endsOfSamples(id, fault, &sums)
            } else {
                columns.count = 0
                try data.readPoints(index, kind: family.kind, store.spans, into: columns, &lookup, scratch)
                points += columns.count
                ends =
                    columns.count == 0
                    ? nil : (Int64(columns.slots[0]), Int64(columns.slots[columns.count - 1]))
                if ChunkSum.sums(of: columns, 0..<columns.count, PointRule(family)) != chunk.sums {
                    throw fault("does not sum to what its list says")
                }
                if family.kind == .distinct {
                    for index in 0..<columns.count { registers.insert(columns.details[index]) }
                }
            }
            guard let ends, ends == (chunk.first, chunk.last) else {
                throw fault("does not begin and end as its list says")
            }
        }
        guard let era = try era(id, open.file.day), let index = era.days.firstIndex(where: { $0.day == open.file.day })
        else { throw fault("is there, and its sealed days do not name the day") }
        if known.record.thinned.contains(family.name) { return }
        if isKnown[Int(id.number)] { missing[open.file.day, default: 0] -= 1 }
        let day = era.days[index]
        let (first, last) = (entry.list.entries.map(\.first).min(), entry.list.entries.map(\.last).max())
        guard day.first == first, day.last == last else { throw fault("does not begin and end as its totals say") }
        switch family.kind {
        case .samples: break
        case .distinct:
            // A day has those registers that nobody before it has.
            var left = SealedSums(registers: registers.registers, last: day.last)
            left.remove(known: era.before)
            for other in era.days[...index] { left.remove(known: other.sums) }
            guard left.sums.isEmpty else { throw fault("has other elements than its totals say") }
        case .counter, .gauge, .histogram:
            guard day.sums == SealedSums(entry.list.entries, PointRule(family)) else {
                throw fault("does not come to what its totals say")
            }
        }
    }

    private mutating func endsOfSamples(
        _ id: SeriesID,
        _ fault: (String) -> StoreError,
        _ sums: inout SeriesTotals
    ) throws(StoreError) -> (first: Int64, last: Int64)? {
        let count = sampleColumns.count
        guard count > 0 else { return nil }
        samples += count
        for index in 0..<count {
            if index > 0, sampleColumns.timestamps[index - 1] >= sampleColumns.timestamps[index] {
                throw fault("is out of order")
            }
            sums.addIfNewest(
                SeriesSample(
                    series: id,
                    milliseconds: sampleColumns.timestamps[index],
                    bits: sampleColumns.values[index].bitPattern
                )
            )
        }
        return (sampleColumns.timestamps[0], sampleColumns.timestamps[count - 1])
    }
}
