// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Store

struct `A head segment` {
    private let segment = HeadSegment()

    private func sums(of series: UInt32) -> [UInt32: Int64] {
        Dictionary(segment.points(of: series).map { ($0.slot.number, $0.units) }, uniquingKeysWith: +)
    }

    @Test func `holds what its dictionary twin holds, by series and slot, whatever the order`() {
        var random = SeededRandom(for: "head segments")
        var twin: [UInt32: [UInt32: Int64]] = [:]
        var order: [UInt32] = []
        for _ in 0..<60_000 {
            let series = UInt32(random.chance(50) ? random.below(5) : random.below(3_000))
            let slot = UInt32(random.chance(60) ? 100 : random.below(200))
            let units = Int64(random.below(1_000))
            segment.add(Increment(series: SeriesID(series), slot: Slot(slot), units: units))
            if twin[series] == nil { order.append(series) }
            twin[series, default: [:]][slot, default: 0] += units
        }
        #expect(segment.touched == order)
        for series in UInt32(0)..<3_001 {
            let points = segment.points(of: series)
            #expect(points.map(\.slot) == points.map(\.slot).sorted())
            #expect(sums(of: series) == twin[series] ?? [:])
        }
        #expect(segment.count <= 60_000)
        #expect(segment.bytes > 104 * 3_000)
    }

    @Test func `adds up a run of one slot in place`() {
        for _ in 0..<1_000 { segment.add(Increment(series: SeriesID(3), slot: Slot(9), units: 2)) }
        #expect(segment.count == 1)
        #expect(segment.points(of: 3) == [CounterChunk.Point(slot: Slot(9), units: 2_000)])
        #expect(segment.points(of: 2).isEmpty && segment.points(of: 4).isEmpty)
        #expect(segment.touched == [3] && !segment.isEmpty)
    }

    @Test(arguments: [1, 7, 8, 9, 16, 17]) func `keeps every slot at the edges of its blocks`(count: Int) {
        for slot in (0..<count).reversed() {
            segment.add(Increment(series: SeriesID(0), slot: Slot(UInt32(slot)), units: Int64(slot) + 1))
        }
        #expect(
            segment.points(of: 0)
                == (0..<count).map { CounterChunk.Point(slot: Slot(UInt32($0)), units: Int64($0) + 1) }
        )
    }

    @Test func `loses nothing when a slot's sum leaves 64 bits`() {
        for units in [Int64.max, 1, .max, 5] {
            segment.add(Increment(series: SeriesID(0), slot: Slot(7), units: units))
        }
        let points = segment.points(of: 0)
        #expect(points.allSatisfy { $0.slot == Slot(7) })
        #expect(points.reduce(Int128(0)) { $0 + Int128($1.units) } == Int128(Int64.max) * 2 + 6)
    }

    @Test func `keeps inexact increments beside the exact ones`() {
        #expect(segment.isEmpty)
        segment.add(InexactIncrement(series: SeriesID(2), slot: Slot(1), value: 0.25))
        #expect(!segment.isEmpty && segment.count == 0 && segment.touched.isEmpty)
        #expect(segment.inexact == [InexactIncrement(series: SeriesID(2), slot: Slot(1), value: 0.25)])
    }
}
