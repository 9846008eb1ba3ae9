// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store

/// Work on sealed days that is broken off ahead of each of its steps in turn.
struct BrokenWork {
    static let days: ClosedRange<UInt32> = 19_998...20_002
    let directory: TemporaryDirectory
    let clock: ManualClock

    private static let slots: [Slot] = {
        let spans = ChunkSpans(.standard)
        return days.flatMap { day in
            [0, 1, 2, spans.slotsPerSpan - 1, spans.slotsPerSpan, spans.slotsPerDay - 1].map {
                Slot(day * spans.slotsPerDay + $0)
            }
        }
    }()

    func commit(_ store: SeriesStore, _ model: inout ModelStore, _ random: inout SeededRandom) throws {
        try model.commit(to: store, &random, mostSeries: 30, increments: 12, slots: Self.slots, at: clock.now)
    }

    /// Has step number `count` fail; how often a step was taken.
    private func stop(_ store: SeriesStore, before count: Int) -> Counter {
        let counter = Counter()
        store.daySettings.before = { _ throws(StoreError) in
            if counter.next() == count { throw StoreError(code: .diskFull, message: "stopped by the test") }
        }
        return counter
    }

    private final class Counter: Sendable {
        private let value = Atomic(0)
        func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
        var count: Int { value.load(ordering: .relaxed) }
    }

    /// Runs `work` on copies of a store, broken off ahead of each of its steps in turn, and looks at everything: at once,
    /// as a crash leaves it, and after it was done again.
    func breakOff(_ path: String, _ model: ModelStore, _ name: String, _ work: (SeriesStore) throws -> Void) throws {
        var step = 0
        while true {
            let copy = try directory.copy(of: path)
            let store = try SeriesStore.open(at: copy, clock: clock)
            store.daySettings.batchBytes = 300
            let view = try store.view(now: clock.now, idleTimeout: 3_600)
            let counter = stop(store, before: step)
            var isStopped = false
            do {
                try work(store)
            } catch let error as StoreError {
                #expect(error.message == "stopped by the test")
                isStopped = true
            }
            let context = "\(name), stopped before step \(step)"
            // What a reader sees that was there before, and one of this moment: all of it, once.
            try expectReads(of: view, model, "\(context), an older view")
            try expectReads(store, model, context)
            let crashed = try directory.copy(of: copy)
            if store.state.withLock({ $0.days.isBrokenOff }) {
                #expect(throws: StoreError.self, "nothing may be added to chunks half taken out") {
                    try store.checkpoint()
                }
                #expect(throws: StoreError.self) { try store.maintain() }
            } else {
                store.daySettings.before = { _ in }
                store.state.withLock { $0.days.statistics.lastFailure = nil }
                try store.checkpoint()
                try work(store)
                try expectReads(store, model, "\(context), done again")
            }
            store.close()
            try directory.remove(copy)
            var more = model
            var random = SeededRandom(seed: UInt64(step))
            let reopened = try SeriesStore.open(at: crashed, clock: clock)
            check(try StoreContents(reopened), model, reopened, "\(context), opened again")
            try expectReads(reopened, model, "\(context), opened again")
            try work(reopened)
            try commit(reopened, &more, &random)
            try reopened.checkpoint()
            check(try StoreContents(reopened), more, reopened, "\(context), done after opening")
            try expectReads(reopened, more, "\(context), done after opening")
            let named = reopened.state.withLock { Set($0.days.registry.days.values.map(\.file.path)) }
            #expect(Set(try files(in: crashed + "/day", suffix: "")) == named, "\(context): no file is left over")
            reopened.close()
            try directory.remove(crashed)
            if !isStopped {
                print("\(name): \(counter.count) steps")
                #expect(counter.count > 0)
                return
            }
            step += 1
        }
    }

    private func check(_ found: StoreContents, _ model: ModelStore, _ store: SeriesStore, _ context: String) {
        var (found, expected) = (found.readable(in: store), model.contents.readable(in: store))
        expected.counts = model.contents.counts
        found.counts = store.counts
        expectSame(found, expected, context)
    }

    /// The last value of every series, and its samples over the days.
    func expectReads(_ store: SeriesStore, _ model: ModelStore, _ context: String) throws {
        try expectReads(of: try store.view(now: clock.now, idleTimeout: 3_600), model, context)
    }

    private func expectReads(of view: SeriesView, _ model: ModelStore, _ context: String) throws {
        let columns = SampleColumns()
        for series in model.series {
            let part: SeriesPart = series.family.parts[series.family.parts.count - 1]
            let matchers = try series.matchers(part)
            for day in [Self.days.lowerBound, Self.days.lowerBound + 1, Self.days.upperBound] {
                let start = Int64(day) * 86_400_000 - 100_000
                let end = start + 300_000
                let set = try view.select(
                    SeriesSelection(
                        matchers,
                        from: Timestamp(milliseconds: start),
                        through: Timestamp(milliseconds: end)
                    )
                )
                try #require(set.count == 1)
                try set.read(0, into: columns)
                let expected = model.samples(of: series, part, start...end, in: view)
                #expect(columns.list == expected, "\(context), \(series.family.name) \(series.id.number)")
            }
        }
    }
}
