// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `Reading sealed days` {
    private let directory: TemporaryDirectory
    private let clock = ManualClock()
    private let filled: FilledDays

    init() throws {
        directory = try TemporaryDirectory()
        filled = FilledDays(path: directory.store, clock: clock)
    }

    @Test(arguments: [UInt32(60), 70, 100]) func `opens each file once for a view, however many series there are`(
        days: UInt32
    ) throws {
        let store = try filled.open(days: 102, series: 50)
        while try store.maintain() {}
        let before = store.openDays.counts
        var view: SeriesView? = try store.view(now: clock.now, idleTimeout: 60)
        try read(try #require(view), days: days)
        #expect(store.openDays.counts.openings - before.openings <= Int(days))
        #expect(store.openDays.counts.open <= 64 + Int(days))
        view = nil
        #expect(store.openDays.counts.open <= 64, "a view that has gone keeps nothing open")
        // Beyond the bound some are opened again and again, others stay.
        store.daySettings.pinnedFiles = 20
        store.daySettings.openFiles = 1
        view = try store.view(now: clock.now, idleTimeout: 60)
        try read(try #require(view), days: days)
        #expect(store.openDays.counts.open <= 21)
        view = nil
        #expect(store.openDays.counts.open <= 1)
    }

    private func read(_ view: SeriesView, days: UInt32) throws {
        let set = try view.select(
            SeriesSelection(
                [try LabelMatcher("__name__", .equal, "clicks_total")],
                from: Timestamp(milliseconds: FilledDays.start(ofDay: 0)),
                through: Timestamp(milliseconds: FilledDays.start(ofDay: days) - 1)
            )
        )
        try #require(set.count == 50)
        let columns = SampleColumns()
        for index in 0..<set.count {
            try set.read(index, into: columns)
            #expect(columns.values[columns.count - 1] == Double(days * 10) || columns.values[columns.count - 1].isNaN)
        }
    }

    @Test func `gives the same with postings and without, around the floor and everywhere else`() throws {
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        let first = FilledDays.first
        var random = SeededRandom(for: "postings")
        let ids = (0..<40).map { store.create(family: ModelStore.clicks, labels: ["n": "\($0)"]) }
        let slotsPerDay = store.spans.slotsPerDay
        for day in UInt32(0)..<8 {
            var commit = Commit(arrival: clock.now)
            commit.newSeries = store.takeNewSeries()
            for id in ids where random.chance(30) {
                // Mostly close to midnight.
                let slot = random.chance(50) ? slotsPerDay - 1 - UInt32(random.below(40)) : UInt32(random.below(40))
                let place = Slot((first + day) * slotsPerDay + slot)
                commit.increments.append(Increment(series: id, slot: place, units: 1))
            }
            commit.watermark = store.resolution.start(of: Slot((first + day + 1) * slotsPerDay - 1))
            try store.commit(commit)
        }
        try store.checkpoint()
        while try store.maintain() {}
        for floor in [UInt32(0), 2, 4] {
            try store.drop(before: first + floor)
            for idle in [60, 3_600, 86_400] {
                var found: [[[ReadingTwin.Sample]]] = []
                for postingsFrom in [1, 2_000] {
                    store.daySettings.postingsFrom = postingsFrom
                    let view = try store.view(now: clock.now, idleTimeout: idle)
                    var all: [[ReadingTwin.Sample]] = []
                    for day in UInt32(0)..<7 {
                        for offset in [Int64(-3_600_000), -15_000, 0, 15_000, 300_000, 3_615_000, 43_200_000] {
                            let start = FilledDays.start(ofDay: day) + offset
                            let set = try view.select(
                                SeriesSelection(
                                    [try LabelMatcher("__name__", .equal, "clicks_total")],
                                    from: Timestamp(milliseconds: start),
                                    through: Timestamp(milliseconds: start + 600_000)
                                )
                            )
                            let columns = SampleColumns()
                            for index in 0..<set.count {
                                try set.read(index, into: columns)
                                all.append(columns.list)
                            }
                        }
                    }
                    found.append(all)
                }
                #expect(found[0] == found[1], "floor \(floor), idle \(idle)")
                #expect(found[0].contains { !$0.isEmpty })
            }
        }
    }

    @Test func `that have late events are sealed again a day after the first of them, over a restart`() throws {
        var store = try filled.open(days: 4)
        while try store.maintain() {}
        try filled.click(store, day: 1)
        try store.checkpoint()
        while try store.maintain() {}
        let reseals = store.dayStatistics.reseals
        #expect(reseals == 0 && store.dayStatistics.overlayBytes > 0)
        let watermark = try #require(store.watermark)
        store.close()
        store = try SeriesStore.open(at: directory.store, clock: clock)
        #expect(try store.maintain() == false)
        let later = Timestamp(milliseconds: watermark.milliseconds + 86_400_000)
        try filled.click(store, day: 4, watermark: later)
        try store.checkpoint()
        while try store.maintain() {}
        #expect(store.dayStatistics.reseals == 1)
        #expect(store.dayStatistics.overlayBytes == 0)
    }

    @Test func `that are sealed when it is told to stop stay as they were, or are gone on with by an opening`() throws {
        var step = 0
        while try stop(at: step) { step += 1 }
        #expect(step > 6)
    }

    /// Whether sealing was stopped when it asked for the step.
    private func stop(at step: Int) throws -> Bool {
        let path = directory.path + "/stop\(step)"
        let noon = FilledDays.start(ofDay: 2) + 12 * 3_600_000
        let store = try FilledDays(path: path, clock: clock).open(days: 3, series: 4)
        store.daySettings.batchBytes = 100
        let asked = Counter()
        var stopped: StoreError?
        do throws(StoreError) {
            try store.seal(day: FilledDays.first, isCancelled: { asked.next() >= step })
        } catch {
            stopped = error
        }
        #expect(stopped == nil || stopped?.code == .interrupted)
        #expect(try filled.value(store, at: noon) == 30)
        if stopped != nil, !store.state.withLock({ $0.days.isBrokenOff }) {
            #expect(try files(in: path + "/day", suffix: "") == [])
        }
        store.close()
        let reopened = try SeriesStore.open(at: path, clock: clock)
        #expect(try filled.value(reopened, at: noon) == 30)
        try reopened.checkpoint()
        while try reopened.maintain() {}
        #expect(reopened.dayStatistics.days == 2)
        #expect(try filled.value(reopened, at: noon) == 30)
        reopened.close()
        return stopped != nil
    }

    private final class Counter: Sendable {
        private let value = Atomic(0)
        func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
    }
}
