// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `Sealing, sealing again, folding and dropping` {
    private static let days = BrokenWork.days
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    private var work: BrokenWork { BrokenWork(directory: directory, clock: clock) }

    private func commit(_ store: SeriesStore, _ model: inout ModelStore, _ random: inout SeededRandom) throws {
        try work.commit(store, &model, &random)
    }

    private func filled(_ random: inout SeededRandom, commits: Int) throws -> (SeriesStore, ModelStore) {
        var model = ModelStore()
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        for _ in 0..<commits { try commit(store, &model, &random) }
        store.state.withLock { $0.limits.leastSharedBytes = 1 }
        try store.checkpoint()
        return (store, model)
    }

    @Test func `leave everything there once, broken off ahead of any step: the first seal of a day`() throws {
        var random = SeededRandom(for: "broken seal")
        let (store, model) = try filled(&random, commits: 60)
        store.close()
        try work.breakOff(directory.store, model, "seal") { store in
            if store.state.withLock({ $0.days.registry.days[19_999] == nil }) { try store.seal(day: 19_999) }
        }
    }

    @Test func `leave everything there once, broken off ahead of any step: a day sealed again`() throws {
        var random = SeededRandom(for: "broken second seal")
        var (store, model) = try filled(&random, commits: 40)
        for day in Self.days { try store.seal(day: day) }
        for _ in 0..<25 { try commit(store, &model, &random) }
        try store.checkpoint()
        store.close()
        try work.breakOff(directory.store, model, "seal again") { store in
            for day in [UInt32(19_998), 20_000] { try store.seal(day: day) }
        }
    }

    @Test func `leave everything there once, broken off ahead of any step: days dropped, late events folded`() throws {
        var random = SeededRandom(for: "broken drop")
        var (store, model) = try filled(&random, commits: 40)
        for day in Self.days { try store.seal(day: day) }
        for _ in 0..<25 { try commit(store, &model, &random) }
        try store.checkpoint()
        store.close()
        try work.breakOff(directory.store, model, "drop") { store in
            try store.drop(before: 20_000)
            for day in try store.hotDays() where day < 20_000 { try store.fold(day: day) }
        }
    }

    @Test func `leave everything there once, broken off ahead of any step: a metric left out of old days`() throws {
        var random = SeededRandom(for: "broken thinning")
        var (store, model) = try filled(&random, commits: 40)
        for day in Self.days { try store.seal(day: day) }
        // Late events of one of the days that are thinned, and of one that is not.
        for _ in 0..<10 { try commit(store, &model, &random) }
        try store.checkpoint()
        for day in Self.days.dropFirst() { try store.seal(day: day) }
        store.close()
        let metrics = ["clicks_total": 86_400, "reach": 2 * 86_400, "others": 3 * 86_400, "delay_seconds": 86_400]
        try work.breakOff(directory.store, model, "thin") { store in
            store.retention.metrics = metrics
            // The day that ran into a fault is tried again after a minute.
            clock.advance(seconds: 61)
            while try store.maintain() {}
            if let failure = store.dayStatistics.lastFailure { throw failure }
            store.retention.metrics = [:]
        }
    }

    @Test func `leave everything there once, broken off ahead of any step: days dropped by their age`() throws {
        var random = SeededRandom(for: "broken retention")
        var (store, model) = try filled(&random, commits: 40)
        for day in Self.days { try store.seal(day: day) }
        for _ in 0..<25 { try commit(store, &model, &random) }
        try store.checkpoint()
        store.close()
        try work.breakOff(directory.store, model, "retention") { store in
            store.retention.age = 2 * 86_400
            clock.advance(seconds: 61)
            while try store.maintain() {}
            if let failure = store.dayStatistics.lastFailure { throw failure }
            let floor = store.state.withLock { $0.days.registry.floor }
            #expect(floor <= Self.days.upperBound - 1, "of younger days nothing goes")
        }
    }

    @Test func `let commits and reads go on between any two steps`() throws {
        var random = SeededRandom(for: "beside sealing")
        let (store, first) = try filled(&random, commits: 60)
        var model = first
        store.daySettings.batchBytes = 300
        for round in 0..<3 {
            let shared = Mutex((model: model, random: random, steps: 0))
            store.daySettings.before = { [self] _ throws(StoreError) in
                shared.withLock { shared in
                    shared.steps += 1
                    do {
                        try commit(store, &shared.model, &shared.random)
                        try work.expectReads(store, shared.model, "round \(round), step \(shared.steps)")
                    } catch {
                        Issue.record(error)
                    }
                }
            }
            for day in Self.days { try store.seal(day: day) }
            let steps = shared.withLock { shared in
                (model, random) = (shared.model, shared.random)
                return shared.steps
            }
            #expect(steps > 30)
            store.daySettings.before = { _ in }
            expectSame(try StoreContents(store), model.contents, "round \(round)")
            try store.checkpoint()
            expectSame(try StoreContents(store), model.contents, "round \(round), and a checkpoint")
        }
        store.close()
        expectSame(try StoreContents(try SeriesStore.open(at: directory.store, clock: clock)), model.contents)
    }

    @Test func `of days change no view that is open, and the files of dropped days go with it`() throws {
        var random = SeededRandom(for: "old views")
        var (store, model) = try filled(&random, commits: 40)
        store.daySettings.openFiles = 1
        var views: [(SeriesView, ModelStore)] = []
        func keep() throws { views.append((try store.view(now: clock.now, idleTimeout: 3_600), model)) }
        try keep()
        for day in Self.days { try store.seal(day: day) }
        try keep()
        for _ in 0..<10 { try commit(store, &model, &random) }
        try store.checkpoint()
        try keep()
        for day in Self.days { try store.seal(day: day) }
        try keep()
        try store.drop(before: 20_001)
        for (number, kept) in views.enumerated() { try expectSum(kept.0, kept.1, "view \(number)") }
        #expect(try files(in: directory.store + "/day", suffix: "").count == 10, "two of each day are read")
        views.removeLast()
        #expect(try files(in: directory.store + "/day", suffix: "").count == 7, "three of them are dropped")
        views = []
        #expect(try files(in: directory.store + "/day", suffix: "").count == 2)
        #expect(store.openDays.counts.open <= 1)
    }

    /// The clicks of all days, from the first sample to the last.
    private func expectSum(_ view: SeriesView, _ model: ModelStore, _ context: String) throws {
        let columns = SampleColumns()
        for series in model.series where series.family == ModelStore.clicks {
            let matchers = try series.labels.pairs.map { try LabelMatcher($0.name, .equal, $0.value) }
            let set = try view.select(
                SeriesSelection(
                    matchers + [try LabelMatcher("__name__", .equal, "clicks_total")],
                    from: Timestamp(milliseconds: Int64(Self.days.lowerBound) * 86_400_000),
                    through: Timestamp(milliseconds: Int64(Self.days.upperBound + 1) * 86_400_000)
                )
            )
            try set.read(0, into: columns)
            let twin = ReadingTwin(
                family: series.family,
                part: .whole,
                slots: model.contents.slots[series.id.number] ?? [:],
                resolution: view.store.resolution,
                horizon: view.horizon
            )
            let sum = (model.contents.slots[series.id.number] ?? [:]).values.reduce(Int64(0)) {
                $0 + Int64(bitPattern: $1[0] ?? 0)
            }
            _ = twin
            let values = (0..<columns.count).map { columns.values[$0] }.filter { !$0.isNaN }
            #expect(values.max() ?? 0 == Double(sum), "\(context), series \(series.id.number)")
            #expect(values.min() ?? 0 == 0, "\(context): from the first event on")
        }
    }

    @Test func `keep at most so many files open, however many days are read`() throws {
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        let id = store.create(family: ModelStore.clicks, labels: ["n": "a"])
        for day in UInt32(19_900)..<19_960 {
            var commit = Commit(arrival: clock.now)
            commit.newSeries = store.takeNewSeries()
            commit.increments = [Increment(series: id, slot: Slot(day * store.spans.slotsPerDay + 40), units: 1)]
            commit.watermark = store.resolution.start(of: Slot((day + 1) * store.spans.slotsPerDay))
            try store.commit(commit)
        }
        try store.checkpoint()
        store.daySettings.openFiles = 5
        store.daySettings.pinnedFiles = 0
        for day in UInt32(19_900)..<19_960 { try store.seal(day: day) }
        let view = try store.view(now: clock.now, idleTimeout: 60)
        let columns = SampleColumns()
        let set = try view.select(
            SeriesSelection(
                [try LabelMatcher("__name__", .equal, "clicks_total")],
                from: Timestamp(milliseconds: 0),
                through: Timestamp(milliseconds: 20_000 * 86_400_000)
            )
        )
        for _ in 0..<3 {
            try set.read(0, into: columns)
            #expect((0..<columns.count).map { columns.values[$0] }.filter { !$0.isNaN }.max() == 60)
            #expect(store.openDays.counts.open == 5)
        }
        #expect(store.dayStatistics.openFiles == 5)
        store.close()
        #expect(throws: StoreError.self) { try set.read(0, into: columns) }
    }
}
