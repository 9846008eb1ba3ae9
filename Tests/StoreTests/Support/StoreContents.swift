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
