// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Store

struct `The sums of a chunk` {
    private func sums(_ points: [(detail: UInt32, units: Int64)], _ family: MetricFamily) -> [ChunkSum] {
        let columns = PointColumns()
        for (slot, point) in points.enumerated() {
            columns.append(UInt32(slot), point.detail, UInt64(bitPattern: point.units))
        }
        return Array(ChunkSum.sums(of: columns, 0..<columns.count, PointRule(family)))
    }

    private func sum(_ detail: UInt32, _ units: Int64) -> ChunkSum {
        ChunkSum(detail: detail, payload: UInt64(bitPattern: units))
    }

    @Test func `say of a counter how many points take away, and nothing when none does`() {
        #expect(sums([(0, 5), (0, 0), (0, 7)], ModelStore.clicks) == [sum(0, 12)])
        #expect(sums([(0, 5), (0, -1), (0, 7), (0, -4)], ModelStore.clicks) == [sum(0, 7), sum(ChunkSum.falls, 2)])
    }

    @Test func `count of a histogram those of bins and those of the sum apart`() {
        let exactSum = PointDetail.exactSum
        #expect(
            sums([(0, 1), (4, -2), (exactSum, -3), (exactSum, 9), (exactSum, -1)], ModelStore.delay)
                == [sum(0, 1), sum(4, -2), sum(exactSum, 5), sum(ChunkSum.falls, 1), sum(ChunkSum.fallsOfSum, 2)]
        )
    }

    @Test func `do not take a floating point number below zero for an integer`() {
        let payload = Int64(bitPattern: (-2.5).bitPattern)
        #expect(sums([(PointDetail.inexact, payload)], ModelStore.spend) == [sum(PointDetail.inexact, payload)])
        #expect(sums([(0, payload)], ModelStore.load) == [sum(0, payload)])
    }

    @Test func `stay out of the totals that are made of sealed days`() {
        var sealed = SealedSums(last: 9, sums: [])
        sealed.add(
            SealedSums(
                last: 9,
                sums: [
                    SealedSums.Sum(detail: 0, number: 7), SealedSums.Sum(detail: ChunkSum.falls, number: 2),
                ]
            ),
            PointRule(ModelStore.clicks)
        )
        var totals = SeriesTotals()
        totals.grow([.counter])
        totals.add(sealed, to: SeriesID(0))
        #expect(totals.numbers == [7] && totals.inexact.isEmpty)
        // A register may have that number.
        totals.grow([.distinct])
        totals.add(SealedSums(registers: [ChunkSum.falls], last: 9), to: SeriesID(1))
        #expect(totals.value(SeriesID(1)).rounded() == 1)
    }
}
