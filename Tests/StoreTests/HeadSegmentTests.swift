// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `A head segment` {
    private let segment = HeadSegment(after: 100)

    private func points(of series: UInt32, through commit: UInt64 = .max) -> [SeriesPoint] {
        let columns = PointColumns()
        segment.collect(series, through: commit, into: columns)
        return (0..<columns.count).map {
            SeriesPoint(
                series: SeriesID(series),
                slot: Slot(columns.slots[$0]),
                detail: columns.details[$0],
                payload: columns.payloads[$0]
            )
        }
    }

    private func point(_ series: UInt32, _ slot: UInt32, _ detail: UInt32 = 0, _ payload: UInt64 = 1) -> SeriesPoint {
        SeriesPoint(series: SeriesID(series), slot: Slot(slot), detail: detail, payload: payload)
    }

    @Test func `gives back every point in order of arrival, and of any commit those up to it`() {
        var random = SeededRandom(for: "head segments")
        var twin: [UInt32: [(point: SeriesPoint, commit: UInt64)]] = [:]
        var order: [UInt32] = []
        var commit: UInt64 = 101
        for _ in 0..<60_000 {
            let series = UInt32(random.chance(50) ? random.below(5) : random.below(3_000))
            let added = point(series, UInt32(random.below(200)), UInt32(random.below(3)), random.anyMagnitude())
            if random.chance(2) { commit += 1 }
            segment.add(added, commit: commit, addsUp: false)
            if twin[series] == nil { order.append(series) }
            twin[series, default: []].append((added, commit))
        }
        #expect(segment.touched == order)
        #expect(segment.count == 60_000 && segment.bytes > 128 * 3_000)
        for series in UInt32(0)..<3_001 {
            #expect(points(of: series) == (twin[series] ?? []).map(\.point))
            let some = 100 + UInt64(random.below(Int(commit) - 99))
            #expect(points(of: series, through: some) == (twin[series] ?? []).filter { $0.commit <= some }.map(\.point))
        }
    }

    @Test func `adds up a run of one slot, detail and commit in place`() {
        for _ in 0..<1_000 { segment.add(point(3, 9, 0, 2), commit: 101, addsUp: true) }
        #expect(segment.count == 1 && points(of: 3) == [point(3, 9, 0, 2_000)])
        segment.add(point(3, 9, 0, 2), commit: 102, addsUp: true)
        #expect(points(of: 3, through: 101) == [point(3, 9, 0, 2_000)], "a later commit is not seen")
        segment.add(point(3, 9, 1, 2), commit: 102, addsUp: true)
        segment.add(point(3, 10, 1, 2), commit: 102, addsUp: true)
        #expect(segment.count == 4)
        #expect(points(of: 2).isEmpty && points(of: 4).isEmpty && segment.touched == [3])
    }

    @Test(arguments: [1, 5, 6, 7, 12, 13]) func `keeps every slot at the edges of its blocks`(count: Int) {
        for slot in 0..<count { segment.add(point(0, UInt32(slot)), commit: 101, addsUp: true) }
        #expect(points(of: 0) == (0..<count).map { point(0, UInt32($0)) })
    }

    @Test func `loses nothing when a slot's sum leaves 64 bits`() {
        for units in [Int64.max, 1, .max, 5] {
            segment.add(point(0, 7, 0, UInt64(bitPattern: units)), commit: 101, addsUp: true)
        }
        let found = points(of: 0)
        #expect(found.allSatisfy { $0.slot == Slot(7) })
        #expect(found.reduce(Int128(0)) { $0 + Int128($1.payload) } == Int128(Int64.max) * 2 + 6)
        let columns = PointColumns()
        segment.collect(0, through: .max, into: columns)
        columns.settle(.add(inexact: PointDetail.inexact, unitsPerWhole: 1))
        #expect(columns.count == 2 && columns.details[1] == PointDetail.inexact)
        let whole = Double(Int64(bitPattern: columns.payloads[0])) + Double(bitPattern: columns.payloads[1])
        #expect(whole == Double(Int64.max) * 2 + 6)
    }
}
