// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store
@testable import Tidemark

struct `Sealed days of a metrics store` {
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func options() -> StoreOptions {
        var options = StoreOptions()
        options.clock = clock
        return options
    }

    /// One click an hour for some days up to now.
    private func events(days: Int) -> [Event] {
        (0..<(days * 24)).reversed().map { hour in
            Event(
                "click",
                id: "\(clock.now.milliseconds / 3_600_000 - Int64(hour))",
                time: Timestamp(milliseconds: clock.now.milliseconds - Int64(hour) * 3_600_000),
                ["campaign": "a"]
            )
        }
    }

    /// A day has its file before it counts as sealed.
    private func waitForDays(_ count: Int, seals: Int = 0, _ store: MetricsStore) -> Bool {
        for _ in 0..<30_000 {
            let days = store.statistics().days
            if days.days == count, days.seals >= seals { return true }
            _ = store.monitor.wait(atMostMilliseconds: 10) { _ in nil as Void? }
        }
        return false
    }

    /// What the clicks came to at the end of each day, as a query sees it.
    private func counts(_ store: MetricsStore, days: Int) throws -> [Double] {
        let view = try store.seriesStore.view(now: clock.now, idleTimeout: 86_400)
        let columns = SampleColumns()
        let today = clock.now.milliseconds / 86_400_000
        return try (0..<days).map { day in
            let end = Timestamp(milliseconds: (today - Int64(day)) * 86_400_000)
            let set = try view.select(
                SeriesSelection([try LabelMatcher("__name__", .equal, "clicks_total")], from: end, through: end)
            )
            try set.read(0, into: columns)
            return columns.count == 1 ? columns.values[0] : .nan
        }
    }

    @Test func `come by themselves once an hour, and drop by retention, with every answer as before`() throws {
        var options = options()
        let store = try MetricsStore.open(directory, options)
        try store.record(events(days: 6))
        let before = try counts(store, days: 5)
        #expect(before.allSatisfy { !$0.isNaN } && Set(before).count == 5)
        #expect(store.statistics().days.days == 0)
        // The hour begins when the thread of commits has looked, behind the answer.
        while store.seriesStore.state.withLock({ $0.days.looked }) == nil {
            _ = store.monitor.wait(atMostMilliseconds: 10) { _ in nil as Void? }
        }
        clock.advance(seconds: 3_700)
        try store.record([Event("click", id: "more", ["campaign": "a"])])
        #expect(waitForDays(6, seals: 6, store), "\(store.statistics().days)")
        #expect(try counts(store, days: 5) == before)
        let statistics = store.statistics().days
        #expect(statistics.seals == 6 && statistics.failures == 0 && statistics.sealedBytes > 0)
        #expect(store.statistics().storeBytes > statistics.sealedBytes)
        try store.close()

        options.retention.age = 2 * 86_400
        let reopened = try MetricsStore.open(directory, options)
        #expect(try counts(reopened, days: 5) == before)
        try reopened.record([Event("click", id: "first", ["campaign": "a"])])
        clock.advance(seconds: 3_700)
        try reopened.record([Event("click", id: "and more", ["campaign": "a"])])
        #expect(waitForDays(2, reopened), "\(reopened.statistics().days)")
        let left = try counts(reopened, days: 5)
        #expect(left.prefix(3) == before.prefix(3) && left[3].isNaN && left[4].isNaN)
        #expect(reopened.total(of: "clicks_total", ["campaign": "a"]) == 147)
        try reopened.close()
    }

    @Test func `do not keep a store from being closed, and are gone on with when it is opened`() throws {
        var options = options()
        let closing = Mutex<MetricsStore?>(nil)
        options.days.before = { step throws(StoreError) in
            guard step == .clean || step == .finish, let store = closing.withLock({ $0 }) else { return }
            // Somebody closes the store while a day is sealed.
            store.monitor.withLock { $0.isClosing = true }
            store.monitor.wake()
        }
        options.days.batchBytes = 1
        let store = try MetricsStore.open(directory, options)
        try store.record(events(days: 6))
        let before = try counts(store, days: 5)
        closing.withLock { $0 = store }
        let stopped = #expect(throws: MetricsStoreError.self) { try store.compact() }
        #expect(stopped?.code == .interrupted)
        closing.withLock { $0 = nil }
        try store.close()
        let reopened = try MetricsStore.open(directory, self.options())
        #expect(try counts(reopened, days: 5) == before)
        #expect(reopened.statistics().days.days == 1, "the one that was begun")
        try reopened.compact()
        #expect(reopened.statistics().days.days == 6)
        #expect(try counts(reopened, days: 5) == before)
        try reopened.close()
    }

    @Test func `of a metric with a retention of its own end where it says`() throws {
        var definitions: [MetricDefinition] = .campaigns
        definitions[0].retention = .seconds(2 * 86_400)
        let store = try MetricsStore.open(at: directory.store, definitions: definitions, options: options())
        try store.record(events(days: 6))
        let left = try counts(store, days: 5)
        #expect(left.map(\.isNaN) == [false, false, true, true, true])
        try store.compact()
        #expect(try counts(store, days: 5).map(\.isNaN) == left.map(\.isNaN))
        #expect(store.total(of: "clicks_total", ["campaign": "a"]) == 144)
        try store.reload(definitions: .campaigns)
        #expect(try counts(store, days: 3).allSatisfy { !$0.isNaN })
        try store.close()
    }
}

/// On a small file system of its own, which takes root to mount.
@Suite(.enabled("needs the right to mount a tmpfs") { SmallDisk.isPermitted })
struct `A disk that is full while a day is sealed` {
    @Test func `leaves the day in the hot database, and the store at work`() throws {
        let disk = try SmallDisk(megabytes: 8)
        let clock = ManualClock()
        let store = try SeriesStore.open(at: disk.path + "/store", clock: clock)
        let family = MetricFamily(name: "clicks_total", help: "Clicks.", kind: .counter, unit: .one)
        let day: UInt32 = 20_000
        var commit = Commit(arrival: clock.now)
        for number in 0..<2_000 {
            let id = store.create(family: family, labels: ["n": "\(number)"])
            for step in UInt32(0)..<5 {
                let slot = Slot(day * 5_760 + step * 997 + UInt32(number % 90))
                commit.increments.append(Increment(series: id, slot: slot, units: 1))
            }
        }
        commit.newSeries = store.takeNewSeries()
        commit.watermark = Timestamp(milliseconds: Int64(day + 2) * 86_400_000)
        try store.commit(commit)
        try store.checkpoint()
        store.daySettings.leastFreeBytes = 0
        for left in [0, 20_000, 60_000] {
            try disk.fill(leaving: left)
            #expect(try store.maintain() == true)
            #expect(store.dayStatistics.failures > 0 && store.dayStatistics.seals == 0)
            #expect(store.dayStatistics.lastFailure?.code == .diskFull)
            #expect(try files(in: disk.path + "/store/day", suffix: "") == [], "what was written is taken away")
            try disk.makeRoom()
            clock.advance(seconds: 61)
        }
        var more = Commit(arrival: clock.now)
        more.increments = [Increment(series: SeriesID(0), slot: Slot(day * 5_760), units: 1)]
        more.watermark = commit.watermark
        try store.commit(more)
        #expect(try store.maintain())
        #expect(store.dayStatistics.seals == 1)
        #expect(store.total(of: "clicks_total", ["n": "0"]) == 6)
        store.close()
        let reopened = try SeriesStore.open(at: disk.path + "/store", clock: clock)
        #expect(reopened.total(of: "clicks_total", ["n": "0"]) == 6)
        reopened.close()
    }
}
