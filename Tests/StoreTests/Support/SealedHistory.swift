// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store

/// A store with everything there is on the disk: days that are sealed, sealed again and dropped, late events of sealed
/// days, tables and a log, and a rotation behind it. And what every series of it reads as.
struct SealedHistory {
    static let days: ClosedRange<UInt32> = 19_998...20_003
    let path: String
    let clock: ManualClock
    private(set) var model = ModelStore()

    private static let slots: [Slot] = {
        let spans = ChunkSpans(.standard)
        return days.flatMap { day in
            [0, 1, 3, spans.slotsPerSpan - 1, spans.slotsPerSpan, spans.slotsPerDay - 1].map {
                Slot(day * spans.slotsPerDay + $0)
            }
        }
    }()

    /// Makes the store, and closes it.
    init(at path: String, clock: ManualClock, _ random: inout SeededRandom) throws {
        self.path = path
        self.clock = clock
        let store = try SeriesStore.open(at: path, clock: clock)
        store.state.withLock { $0.limits.leastSharedBytes = 1 }
        try commit(store, &random, count: 25)
        try store.checkpoint()
        for day in Self.days.dropLast(2) { try store.seal(day: day) }
        try commit(store, &random, count: 10)
        try store.checkpoint()
        for day in [UInt32(20_000), 20_001] { try store.seal(day: day) }
        try store.drop(before: Self.days.lowerBound + 1)
        for day in try store.hotDays() where day <= Self.days.lowerBound { try store.fold(day: day) }
        try store.rotate()
        // Late events of sealed days, in chunks and in the log.
        try commit(store, &random, count: 8)
        try store.checkpoint()
        try commit(store, &random, count: 8)
        store.close()
    }

    mutating func commit(_ store: SeriesStore, _ random: inout SeededRandom, count: Int) throws {
        for _ in 0..<count {
            try model.commit(to: store, &random, mostSeries: 14, increments: 8, slots: Self.slots, at: clock.now)
        }
    }

    /// Of every part of every series everything that can be read.
    func expected(_ store: SeriesStore) throws -> [[ReadingTwin.Sample]] {
        let view = try view(store)
        return model.series.flatMap { series in
            series.family.parts.map { model.samples(of: series, $0, Self.time, in: view) }
        }
    }

    func reads(_ store: SeriesStore) throws -> [[ReadingTwin.Sample]] {
        let view = try view(store)
        let columns = SampleColumns()
        return try model.series.flatMap { series in
            try series.family.parts.map { part in
                let selection = SeriesSelection(
                    try series.matchers(part),
                    from: Timestamp(milliseconds: Self.time.lowerBound),
                    through: Timestamp(milliseconds: Self.time.upperBound)
                )
                let set = try view.select(selection)
                guard set.count == 1 else { return [] }
                try set.read(0, into: columns)
                return columns.list
            }
        }
    }

    private static let time =
        Int64(days.lowerBound) * 86_400_000...(Int64(days.upperBound) + 1) * 86_400_000

    private func view(_ store: SeriesStore) throws -> SeriesView {
        try store.view(now: Timestamp(milliseconds: Self.time.upperBound), idleTimeout: 30)
    }
}
