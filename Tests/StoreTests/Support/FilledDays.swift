// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Store

/// Stores of counters that grow by 1 in each of the first ten hours of each day.
struct FilledDays {
    static let first: UInt32 = 19_990
    let path: String
    let clock: ManualClock

    /// One series or some; checkpointed, nothing sealed.
    func open(days: UInt32, series: Int = 1) throws -> SeriesStore {
        let store = try SeriesStore.open(at: path, clock: clock)
        let ids = (0..<series).map { store.create(family: ModelStore.clicks, labels: ["n": "\($0)"]) }
        for day in 0..<days {
            var commit = Commit(arrival: clock.now)
            commit.newSeries = store.takeNewSeries()
            let start = (Self.first + day) * store.spans.slotsPerDay
            for id in ids {
                for hour in UInt32(0)..<10 {
                    commit.increments.append(Increment(series: id, slot: Slot(start + hour * 240), units: 1))
                }
            }
            commit.watermark = store.resolution.start(of: Slot(start + store.spans.slotsPerDay - 1))
            try store.commit(commit)
        }
        try store.checkpoint()
        return store
    }

    /// One more click of series 0, in some slot of a day.
    func click(_ store: SeriesStore, day: UInt32, slot: UInt32 = 77, watermark: Timestamp? = nil) throws {
        var commit = Commit(arrival: clock.now)
        commit.watermark = watermark ?? store.watermark
        let slot = Slot((Self.first + day) * store.spans.slotsPerDay + slot)
        commit.increments = [Increment(series: SeriesID(0), slot: slot, units: 1)]
        try store.commit(commit)
    }

    /// Milliseconds.
    static func start(ofDay day: UInt32) -> Int64 { Int64(first + day) * 86_400_000 }

    /// The samples of series 0 in a time, both ends inclusive.
    func values(_ store: SeriesStore, _ start: Int64, _ end: Int64, idle: Int = 86_400) throws -> [ReadingTwin.Sample] {
        let view = try store.view(now: clock.now, idleTimeout: idle)
        let set = try view.select(
            SeriesSelection(
                [try LabelMatcher("__name__", .equal, "clicks_total"), try LabelMatcher("n", .equal, "0")],
                from: Timestamp(milliseconds: start),
                through: Timestamp(milliseconds: end)
            )
        )
        let columns = SampleColumns()
        try set.read(0, into: columns)
        return columns.list
    }

    /// What the clicks have come to at a time.
    func value(_ store: SeriesStore, at time: Int64) throws -> Double? {
        try values(store, time, time).last.map { Double(bitPattern: $0.bits) }
    }
}
