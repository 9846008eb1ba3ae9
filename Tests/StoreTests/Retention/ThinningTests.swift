// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `A metric with a retention of its own` {
    private let directory: TemporaryDirectory
    private let clock = ManualClock()
    private let filled: FilledDays

    init() throws {
        directory = try TemporaryDirectory()
        filled = FilledDays(path: directory.store, clock: clock)
    }

    private func thinned() throws -> SeriesStore {
        let store = try filled.open(days: 10)
        while try store.maintain() {}
        store.retention.metrics = ["clicks_total": 4 * 86_400]
        while try store.maintain() {}
        #expect(store.dayStatistics.failures == 0 && store.dayStatistics.reseals == 5)
        return store
    }

    @Test func `whose days were thinned never falls when that ends and late events come`() throws {
        let store = try thinned()
        store.retention.metrics = [:]
        while try store.maintain() {}
        let noon = FilledDays.start(ofDay: 9) + 12 * 3_600_000
        #expect(try filled.value(store, at: noon) == 100)
        for late in UInt32(1)...4 {
            try filled.click(store, day: 2, slot: 70 * late)
            try store.checkpoint()
            #expect(try filled.value(store, at: noon) == Double(100 + late))
            if late % 2 == 0 { try store.seal(day: FilledDays.first + 2) }
            #expect(try filled.value(store, at: noon) == Double(100 + late), "sealed again")
            #expect(store.total(of: "clicks_total", ["n": "0"]) == Double(100 + late))
        }
        store.close()
        #expect(try SeriesStore.verify(directory.store).faults == [])
        let reopened = try SeriesStore.open(at: directory.store, clock: clock)
        #expect(try filled.value(reopened, at: noon) == 104)
        let samples = try filled.values(reopened, 0, noon)
        let numbers = samples.map { Double(bitPattern: $0.bits) }.filter { !$0.isNaN }
        #expect(numbers == numbers.sorted() && !numbers.isEmpty, "a counter goes up")
    }

    @Test func `has no samples in a day that was thinned, not those of events that had not happened yet`() throws {
        let store = try thinned()
        store.retention.metrics = [:]
        while try store.maintain() {}
        let middle = FilledDays.start(ofDay: 2) + 5 * 3_600_000 + 60_000
        #expect(try filled.values(store, middle, middle + 15_000) == [])
        // Five days were thinned; the sixth one has all of its samples.
        let end = FilledDays.start(ofDay: 5)
        #expect(try filled.value(store, at: end) == 50)
        #expect(try filled.value(store, at: end - 15_000) == nil)
        #expect(try filled.value(store, at: end + 5 * 3_600_000 + 60_000) == 56)
    }

    @Test func `has no day written again that has nothing of it`() throws {
        let store = try filled.open(days: 10)
        while try store.maintain() {}
        let files = store.state.withLock { $0.days.registry.days.mapValues(\.file.generation) }
        store.retention.metrics = ["of_nobody_total": 86_400]
        while try store.maintain() {}
        #expect(store.dayStatistics.reseals == 0)
        #expect(store.state.withLock { $0.days.registry.days.mapValues(\.file.generation) } == files)
        let known = { (store: SeriesStore) in
            store.state.withLock { $0.days.registry.days.values.count { !$0.record.thinned.isEmpty } }
        }
        #expect(known(store) == 8)
        store.close()
        let reopened = try SeriesStore.open(at: directory.store, clock: clock)
        #expect(known(reopened) == 8, "it is not looked for again")
        // Another one is looked for by itself.
        reopened.retention.metrics = ["of_nobody_total": 86_400, "clicks_total": 8 * 86_400]
        while try reopened.maintain() {}
        #expect(reopened.dayStatistics.reseals == 1)
    }

    @Test func `of samples, the newest of a series among them, leaves a store whole`() throws {
        let store = try filled.open(days: 8)
        let others = store.create(family: ModelStore.others, labels: ["n": "a"])
        var commit = Commit(arrival: clock.now)
        commit.newSeries = store.takeNewSeries()
        commit.watermark = store.watermark
        for second in Int64(0)..<10 {
            let time = FilledDays.start(ofDay: 1) + 1_000 * second
            commit.samples.append(SeriesSample(series: others, milliseconds: time, bits: 0))
        }
        try store.commit(commit)
        try store.checkpoint()
        while try store.maintain() {}
        store.retention.metrics = ["others": 2 * 86_400]
        while try store.maintain() {}
        #expect(store.dayStatistics.reseals == 1)
        let report = try store.backup(to: directory.path + "/backup")
        store.close()
        for path in [directory.store, report.path] {
            let faults = try SeriesStore.verify(path).faults
            #expect(faults == [])
        }
        #expect(try SeriesStore.restore(report.path, to: directory.path + "/restored").commits == report.commits)
    }

    @Test func `ends for a reader where it does for the files, as event time goes`() throws {
        let store = try filled.open(days: 4)
        let others = store.create(family: ModelStore.others, labels: ["n": "a"])
        var commit = Commit(arrival: clock.now)
        commit.newSeries = store.takeNewSeries()
        commit.watermark = store.watermark
        let late = FilledDays.start(ofDay: 9) + 1_000
        commit.samples = [SeriesSample(series: others, milliseconds: late, bits: 0)]
        try store.commit(commit)
        try store.checkpoint()
        store.retention.metrics = ["clicks_total": 3 * 86_400]
        while try store.maintain() {}
        let view = try store.view(now: clock.now, idleTimeout: 60)
        #expect(view.eventTime == FilledDays.start(ofDay: 9))
        #expect(view.floor(of: ModelStore.clicks) == FilledDays.start(ofDay: 6))
        #expect(store.state.withLock { $0.days.registry.floor(ofMetric: "clicks_total") } == FilledDays.first + 4)
    }
}
