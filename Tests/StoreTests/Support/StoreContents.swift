// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
import Testing
import TimeSeries

@testable import Store

/// A series by its name and label text.
struct SeriesName: Hashable, Comparable, CustomStringConvertible {
    var family: String
    var labels: String

    var description: String { family + labels }

    static func < (left: SeriesName, right: SeriesName) -> Bool { left.description < right.description }
}

/// Everything a store says it holds, in the words of its dictionary twin.
struct StoreContents: Equatable {
    /// A value under the detail of its point.
    struct Point: Equatable {
        var detail: UInt32
        var payload: UInt64
    }

    /// One event series: slots, and in each the payload of each detail.
    typealias Slots = [UInt32: [UInt32: UInt64]]

    /// Totals by series.
    var totals: [SeriesName: TotalRecord] = [:]
    /// What chunks and head hold together, by number of the series.
    var slots: [UInt32: Slots] = [:]
    var samples: [UInt32: [Int64: UInt64]] = [:]
    var counts = EventCounts()
    var watermark: Timestamp?
    var commits: UInt64 = 0

    init() {}

    /// Reads a store from its database and its head, past every cache of the store itself.
    init(_ store: SeriesStore) throws {
        let (families, entries) = store.index.ordered()
        let totals = store.state.withLock { $0.head.totals }
        var kinds: [MetricFamily.Kind] = []
        for number in 0..<totals.count {
            let entry = entries[number]
            let family = families[Int(entry.family)].family
            kinds.append(family.kind)
            let name = SeriesName(
                family: family.name,
                labels: String(decoding: entry.text.bytes, as: UTF8.self)
            )
            self.totals[name] = totals.record(SeriesID(UInt32(number)), through: 0)
        }
        try readSealedDays(store, kinds)
        try readChunks(store, kinds)
        let layers = store.state.withLock { [$0.head.active] + ($0.head.frozen.map { [$0] } ?? []) }
        for layer in layers.reversed() {
            let points = PointColumns()
            for series in layer.points.touched {
                points.count = 0
                layer.points.collect(series, through: .max, into: points)
                add(points, to: series, kinds[Int(series)])
            }
            let samples = SampleColumns()
            for series in layer.samples.touched {
                samples.count = 0
                layer.samples.reading(series)?.collect(through: .max, from: .min, through: .max, into: samples)
                add(samples, to: series)
            }
        }
        counts = store.counts
        watermark = store.watermark
        commits = store.commits
    }

    private mutating func readChunks(_ store: SeriesStore, _ kinds: [MetricFamily.Kind]) throws {
        var found: [(SeriesID, ChunkPlace, [UInt8])] = []
        var uses: [[UInt8]: Int] = [:]
        try store.database.makeCursor().forEach(prefix: KeySpace.chunk.prefix) { key, value in
            if key.count == 13 {
                uses[Array(key)] = try SharedSlots.read(value, key: CRC32C.checksum(key)).uses
                return
            }
            let place = try #require(KeySpace.chunkPlace(key))
            found.append((place.series, place, Array(value)))
        }
        let points = PointColumns()
        let samples = SampleColumns()
        let scratch = ColumnScratch()
        for (series, place, bytes) in found {
            let kind = kinds[Int(series.number)]
            if kind == .samples {
                samples.count = 0
                try bytes.withUnsafeBytes {
                    try SampleChunk.decode($0, key: place.checksum, into: samples, scratch)
                }
                add(samples, to: series.number)
            } else {
                if let shared = try store.readChunk(at: place, kind: kind, into: points, scratch) {
                    uses[try #require(shared.key(from: place)).bytes, default: 0] -= 1
                }
                add(points, to: series.number, kind)
            }
            let list = try store.readList(of: series, era: ChunkList.era(ofDay: place.day), kind: kind)
            #expect(list?.index(of: place).isThere == true, "a chunk is in its list")
        }
        #expect(uses.values.allSatisfy { $0 == 0 }, "shared slots know how many chunks have them")
    }

    /// Reads the files of days, and checks that the sealed eras say of them what they have.
    private mutating func readSealedDays(_ store: SeriesStore, _ kinds: [MetricFamily.Kind]) throws {
        let registry = store.state.withLock { $0.days.registry }
        let points = PointColumns()
        let samples = SampleColumns()
        let scratch = ColumnScratch()
        var named: [UInt32: Set<UInt32>] = [:]
        let cursor = store.database.makeCursor()
        var sealedSums: [UInt32: [UInt32: SealedEra.Day]] = [:]
        for number in kinds.indices {
            let id = SeriesID(UInt32(number))
            let kind = kinds[number]
            let rule = kind == .samples ? nil : PointRule(store.index.metricFamily(of: id))
            var total = SealedSums()
            for (_, era) in try store.readSealedEras(of: id, from: 0, store.positions(of: kind), rule, cursor) {
                #expect(era.before == total, "an era knows what is before it")
                if let rule { total = era.total(rule) }
                for day in era.days {
                    named[day.day, default: []].insert(id.number)
                    sealedSums[id.number, default: [:]][day.day] = day
                }
            }
        }
        for (day, entry) in registry.days {
            #expect(entry.previous == nil && !entry.record.isCleaning && day >= registry.floor)
            let open = try store.openDays.open(entry.file)
            var found: Set<UInt32> = []
            var lookup = DayLookup()
            for block in 0..<open.blockCount {
                let entries = try open.entries(in: try open.readBlock(block)) { id in
                    store.positions(of: kinds[Int(id.number)])
                }
                for series in entries {
                    let id = series.series
                    let kind = kinds[Int(id.number)]
                    guard !series.list.entries.isEmpty else { continue }
                    found.insert(id.number)
                    let data = try DayData(open, series)
                    points.count = 0
                    samples.count = 0
                    for index in series.list.entries.indices {
                        if kind == .samples {
                            try data.readSamples(index, into: samples, scratch)
                        } else {
                            try data.readPoints(index, kind: kind, store.spans, into: points, &lookup, scratch)
                        }
                    }
                    add(samples, to: id.number)
                    add(points, to: id.number, kind)
                    let sums = try #require(sealedSums[id.number]?[day])
                    #expect(sums.generation <= open.file.generation && sums.generation > 0)
                    if entry.record.thinned.contains(store.index.metricFamily(of: id).name) { continue }
                    if kind != .samples, kind != .distinct {
                        let rule = PointRule(store.index.metricFamily(of: id))
                        #expect(sums.sums == SealedSums(series.list.entries, rule), "sums of series \(id.number)")
                    }
                    #expect(sums.first == series.list.entries.map(\.first).min())
                    #expect(sums.last == series.list.entries.map(\.last).max())
                }
            }
            if entry.record.thinned.isEmpty { #expect(found == named[day, default: []], "day \(day)") }
        }
    }

    /// Only what is at and behind the floors of a store: that of days, and of each metric that was left out of some.
    func readable(in store: SeriesStore) -> StoreContents {
        let registry = store.state.withLock { $0.days.registry }
        guard !registry.isEmpty else { return self }
        func floor(_ series: UInt32) -> UInt32 {
            registry.floor(ofMetric: store.index.metricFamily(of: SeriesID(series)).name)
        }
        var left = self
        for (series, slots) in slots {
            let readable = slots.filter { $0.key >= floor(series) * store.spans.slotsPerDay }
            left.slots[series] = readable.isEmpty ? nil : readable
        }
        for (series, samples) in samples {
            let readable = samples.filter { $0.key >= Int64(floor(series)) * 86_400_000 }
            left.samples[series] = readable.isEmpty ? nil : readable
        }
        return left
    }

    private mutating func add(_ points: PointColumns, to series: UInt32, _ kind: MetricFamily.Kind) {
        for index in 0..<points.count {
            add(
                SeriesPoint(
                    series: SeriesID(series),
                    slot: Slot(points.slots[index]),
                    detail: points.details[index],
                    payload: points.payloads[index]
                ),
                kind
            )
        }
    }

    private mutating func add(_ columns: SampleColumns, to series: UInt32) {
        for index in 0..<columns.count {
            samples[series, default: [:]][columns.timestamps[index]] = columns.values[index].bitPattern
        }
    }

    /// The rules of `SeriesPoint`'s table, in the plainest words.
    mutating func add(_ point: SeriesPoint, _ kind: MetricFamily.Kind) {
        var slot = slots[point.series.number]?[point.slot.number] ?? [:]
        switch kind {
        case .counter where point.detail == PointDetail.inexact,
            .histogram where point.detail == PointDetail.inexactSum:
            let sum = Double(bitPattern: slot[point.detail] ?? 0) + Double(bitPattern: point.payload)
            slot[point.detail] = sum.bitPattern
        case .counter, .histogram:
            let sum = Int64(bitPattern: slot[point.detail] ?? 0) + Int64(bitPattern: point.payload)
            slot[point.detail] = UInt64(bitPattern: sum)
        case .gauge:
            if point.detail >= slot.keys.first ?? 0 { slot = [point.detail: point.payload] }
        case .distinct:
            let register = point.detail >> 6
            let known = slot.keys.first { $0 >> 6 == register }
            if let known, known < point.detail { slot[known] = nil }
            if known ?? 0 < point.detail { slot[point.detail] = 0 }
        case .samples:
            preconditionFailure("samples are not points")
        }
        slots[point.series.number, default: [:]][point.slot.number] = slot
    }
}

/// Compares what a store holds with what its twin says, and names the first thing that differs.
func expectSame(
    _ found: StoreContents,
    _ expected: StoreContents,
    _ context: @autoclosure () -> String = "",
    sourceLocation: SourceLocation = #_sourceLocation
) {
    if found == expected { return }
    var difference = "counts \(found.counts), not \(expected.counts)"
    if found.commits != expected.commits {
        difference = "\(found.commits) commits, not \(expected.commits)"
    } else if found.watermark != expected.watermark {
        difference = "watermark \(String(describing: found.watermark)), not \(String(describing: expected.watermark))"
    } else if found.totals != expected.totals {
        let names = Set(found.totals.keys).union(expected.totals.keys).sorted()
        if let name = names.first(where: { found.totals[$0] != expected.totals[$0] }) {
            difference = "\(name) is \(String(describing: found.totals[name])), "
            difference += "not \(String(describing: expected.totals[name]))"
        }
    } else if found.slots != expected.slots {
        let series = Set(found.slots.keys).union(expected.slots.keys).first { found.slots[$0] != expected.slots[$0] }
        difference = "the slots of series \(series ?? 0) differ"
    } else if found.samples != expected.samples {
        difference = "samples differ"
    }
    Issue.record("\(context()): \(difference)", sourceLocation: sourceLocation)
}
