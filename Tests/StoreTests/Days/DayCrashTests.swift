// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `Sealing, sealing again, folding and dropping` {
    private static let days: ClosedRange<UInt32> = 19_998...20_002
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    private static let slots: [Slot] = {
        let spans = ChunkSpans(.standard)
        return days.flatMap { day in
            [0, 1, 2, spans.slotsPerSpan - 1, spans.slotsPerSpan, spans.slotsPerDay - 1].map {
                Slot(day * spans.slotsPerDay + $0)
            }
        }
    }()

    private func commit(_ store: SeriesStore, _ model: inout ModelStore, _ random: inout SeededRandom) throws {
        try model.commit(to: store, &random, mostSeries: 30, increments: 12, slots: Self.slots, at: clock.now)
    }

    private struct Stopped: Error {}

    /// Has step number `count` fail; how often a step was taken.
    private func stop(_ store: SeriesStore, before count: Int) -> Counter {
        let counter = Counter()
        store.daySettings.before = { _ throws(StoreError) in
            if counter.next() == count { throw StoreError(code: .diskFull, message: "stopped by the test") }
        }
        return counter
    }

    final class Counter: Sendable {
        private let value = Atomic(0)
        func next() -> Int { value.wrappingAdd(1, ordering: .relaxed).oldValue }
        var count: Int { value.load(ordering: .relaxed) }
    }

    /// Runs `work` on copies of a store, broken off ahead of each of its steps in turn, and looks at everything: at once,
    /// as a crash leaves it, and after it was done again.
    private func breakOff(
        _ path: String,
        _ model: ModelStore,
        _ name: String,
        prepare: (SeriesStore) throws -> Void = { _ in },
        _ work: (SeriesStore) throws -> Void
    ) throws {
        var step = 0
        while true {
            let copy = try directory.copy(of: path)
            let store = try SeriesStore.open(at: copy, clock: clock)
            store.daySettings.batchBytes = 300
            try prepare(store)
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
    private func expectReads(_ store: SeriesStore, _ model: ModelStore, _ context: String) throws {
        try expectReads(of: try store.view(now: clock.now, idleTimeout: 3_600), model, context)
    }

    private func expectReads(of view: SeriesView, _ model: ModelStore, _ context: String) throws {
        let columns = SampleColumns()
        let spans = view.store.spans
        for series in model.series {
            let part: SeriesPart = series.family.parts[series.family.parts.count - 1]
            var matchers = [try LabelMatcher("__name__", .equal, series.family.name + part.suffix)]
            matchers += try series.labels.pairs.map { try LabelMatcher($0.name, .equal, $0.value) }
            if case .bucket(let index) = part {
                matchers.append(try LabelMatcher("le", .equal, series.family.boundText(index)))
            }
            for day in [Self.days.lowerBound, Self.days.lowerBound + 1, Self.days.upperBound] {
                let start = Int64(day) * 86_400_000 - 100_000
                let set = try view.select(
                    SeriesSelection(
                        matchers,
                        from: Timestamp(milliseconds: start),
                        through: Timestamp(milliseconds: start + 300_000)
                    )
                )
                try #require(set.count == 1)
                try set.read(0, into: columns)
                let floor = view.days.floor
                if series.family.kind == .samples {
                    let expected = (model.contents.samples[series.id.number] ?? [:])
                        .filter { $0.key >= max(start, Int64(floor) * 86_400_000) && $0.key <= start + 300_000 }
                        .map { ReadingTwin.Sample(time: $0.key, bits: $0.value) }.sorted { $0.time < $1.time }
                    #expect(columns.list == expected, "\(context)")
                } else {
                    var twin = ReadingTwin(
                        family: series.family,
                        part: part,
                        slots: model.contents.slots[series.id.number] ?? [:],
                        resolution: view.store.resolution,
                        horizon: view.horizon
                    )
                    twin.floor = Int64(floor) * Int64(spans.slotsPerDay)
                    let expected = twin.samples(from: start, through: start + 300_000)
                    #expect(columns.list == expected, "\(context), \(series.family.name) \(series.id.number)")
                }
            }
        }
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
        try breakOff(directory.store, model, "seal") { store in
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
        try breakOff(directory.store, model, "seal again") { store in
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
        try breakOff(directory.store, model, "drop") { store in
            try store.drop(before: 20_000)
            for day in try store.hotDays() where day < 20_000 { try store.fold(day: day) }
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
                        try expectReads(store, shared.model, "round \(round), step \(shared.steps)")
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
