// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `Series read from a store` {
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// Slots at the edges of spans, days and eras (day 20,512 begins one), with long gaps between.
    private static let slots: [Slot] = {
        let spans = ChunkSpans(.standard)
        var slots: [Slot] = []
        for day: UInt32 in [20_509, 20_511, 20_512, 20_513] {
            let start = day * spans.slotsPerDay
            for edge in stride(from: UInt32(0), to: spans.slotsPerDay, by: Int(spans.slotsPerSpan)) {
                slots += [0, 1, 2, 3, 5, spans.slotsPerSpan - 2, spans.slotsPerSpan - 1].map { Slot(start + edge + $0) }
            }
        }
        return slots
    }()

    /// Reads every series over random times, and compares with the definition.
    private func compare(
        _ store: SeriesStore,
        _ model: ModelStore,
        _ contents: StoreContents,
        _ view: SeriesView,
        _ random: inout SeededRandom,
        reads: Int,
        _ context: String
    ) throws -> Int {
        let columns = SampleColumns()
        var read = 0
        for _ in 0..<reads where !model.series.isEmpty {
            let series = model.series[random.below(model.series.count)]
            guard series.id.number < view.seriesCount else { continue }
            let middle = store.resolution.start(of: Self.slots[random.below(Self.slots.count)]).milliseconds
            let length = Int64(random.anyMagnitude() >> 34) % 600_000
            let start = middle + Int64(random.below(60_000)) - 30_000
            let window = random.chance(50) ? Int64(random.below(5_000_000)) : nil
            let matchers = try series.labels.pairs.map { try LabelMatcher($0.name, .equal, $0.value) }
            let part = series.family.parts[random.below(series.family.parts.count)]
            let name = try LabelMatcher("__name__", .equal, series.family.name + part.suffix)
            var bound: [LabelMatcher] = []
            if case .bucket(let index) = part {
                bound = [try LabelMatcher("le", .equal, series.family.boundText(index))]
            }
            let selection = SeriesSelection(
                [name] + matchers + bound,
                from: Timestamp(milliseconds: start),
                through: Timestamp(milliseconds: start + length),
                window: window
            )
            if random.chance(2), !(try expectEdges(view, selection, &random, context)) { return read }
            let set = try view.select(selection)
            #expect(set.count == 1, "\(context): \(series)")
            try set.read(0, into: columns)
            let expected: [ReadingTwin.Sample]
            if series.family.kind == .samples {
                expected = (contents.samples[series.id.number] ?? [:])
                    .filter { $0.key >= max(start, Int64(view.days.floor) * 86_400_000) && $0.key <= start + length }
                    .map { ReadingTwin.Sample(time: $0.key, bits: $0.value) }.sorted { $0.time < $1.time }
            } else {
                var twin = ReadingTwin(
                    family: series.family,
                    part: part,
                    slots: contents.slots[series.id.number] ?? [:],
                    resolution: store.resolution,
                    horizon: view.horizon
                )
                twin.floor = Int64(view.days.floor) * Int64(store.spans.slotsPerDay)
                if series.family.kind == .distinct {
                    twin.window = window.map { $0 / store.resolution.milliseconds }
                }
                expected = twin.samples(from: start, through: start + length)
            }
            read += expected.count
            if columns.list != expected {
                Issue.record(
                    """
                    \(context): \(series.family.name)\(part) of series \(series.id.number), \(start)...\(start + length), \
                    window \(window ?? -1), reads \(columns.list.prefix(4))… (\(columns.count)), not \
                    \(expected.prefix(4))… (\(expected.count))
                    """
                )
                return read
            }
        }
        return read
    }

    /// Reads some days of a series in full and around the edges of windows.
    ///
    /// - Returns: whether one fits the other.
    private func expectEdges(
        _ view: SeriesView,
        _ selection: SeriesSelection,
        _ random: inout SeededRandom,
        _ context: String
    ) throws -> Bool {
        var selection = selection
        let start = Int64(20_508 + random.below(4)) * 86_400_000 + Int64(random.below(86_400_000))
        let end = start + Int64(random.below(6 * 86_400_000)) + 2
        selection.start = Timestamp(milliseconds: start)
        selection.end = Timestamp(milliseconds: end)
        selection.window = nil
        let (whole, edges) = (SampleColumns(), SampleColumns())
        try view.select(selection).read(0, into: whole)
        let windows = EdgesTwin.random(&random, from: start, through: end)
        selection.windows = windows
        try view.select(selection).read(0, into: edges)
        guard let fault = EdgesTwin(windows: windows).fault(edges, of: whole) else { return true }
        Issue.record("\(context): \(selection.matchers), \(start)...\(end), \(windows): \(fault)")
        return false
    }

    @Test(.timeLimit(.minutes(15)))
    func `are those of the dictionary twin through 100,000 operations, checkpoints, crashes and reopenings`() throws {
        var random = SeededRandom(for: "reading twin")
        var path = directory.store
        var store = try SeriesStore.open(at: path, clock: clock)
        var model = ModelStore()
        model.keepsTotals = false
        var operations = 0
        var samples = 0
        var (broken, seals, reseals) = (0, 0, 0)
        var kept: (view: SeriesView, contents: StoreContents, model: ModelStore)?
        while operations < 100_000 {
            let choice = random.below(1_000)
            switch choice {
            case 0..<5:
                store.state.withLock { $0.limits.batchBytes = 1 << random.below(21) }
                store.state.withLock { $0.limits.leastSharedBytes = 1 << random.below(6) }
                try store.checkpoint()
            case 5..<6:
                kept = nil
                store.close()
                store = try SeriesStore.open(at: path, clock: clock)
            case 6..<7:
                kept = nil
                let copy = try directory.copy(of: path)
                store.close()
                try directory.remove(path)
                path = copy
                store = try SeriesStore.open(at: path, clock: clock)
            case 7..<9:
                try store.rotate()
            case 9..<17:
                try Self.maintain(store, &random)
            case 17..<18:
                // Sealing stops ahead of some step, and the process with it.
                kept = nil
                try store.checkpoint()
                if try Self.breakOff(store, &random) { broken += 1 }
                let copy = try directory.copy(of: path)
                store.close()
                try directory.remove(path)
                path = copy
                store = try SeriesStore.open(at: path, clock: clock)
            case 18..<60:
                clock.advance(seconds: Int64(random.below(400)), milliseconds: Int64(random.below(1_000)))
            case 60..<160:
                let idle = random.chance(50) ? 86_400 : 60 * random.below(90)
                let view = try store.view(now: clock.now, idleTimeout: idle)
                samples += try compare(
                    store,
                    model,
                    model.contents,
                    view,
                    &random,
                    reads: 3,
                    "operation \(operations)"
                )
                if kept == nil, random.chance(4) { kept = (view, model.contents, model) }
            case 160..<200:
                // A view is what it was, whatever has been committed and checkpointed since.
                if let old = kept {
                    samples += try compare(
                        store,
                        old.model,
                        old.contents,
                        old.view,
                        &random,
                        reads: 3,
                        "operation \(operations), kept"
                    )
                    if random.chance(30) { kept = nil }
                }
            default:
                try model.commit(
                    to: store,
                    &random,
                    mostSeries: 60,
                    increments: 8,
                    slots: Self.slots,
                    at: clock.now
                )
            }
            operations += 1
            if let floor = [60_000: UInt32(20_511), 85_000: 20_512][operations] { try store.drop(before: floor) }
            let statistics = store.dayStatistics
            seals = max(seals, statistics.seals)
            reseals = max(reseals, statistics.reseals)
        }
        let view = try store.view(now: clock.now, idleTimeout: 3_600)
        samples += try compare(store, model, model.contents, view, &random, reads: 600, "at the end")
        let contents = try StoreContents(store)
        let expected = model.contents.readable(in: store)
        let found = contents.readable(in: store)
        #expect(found.slots == expected.slots && found.samples == expected.samples, "at the end")
        print(
            "reading twin: \(operations) operations, \(samples) samples compared; \(broken) seals broken off, of one "
                + "opening up to \(seals) seals and \(reseals) again"
        )
        #expect(broken > 5 && reseals > 5)
        store.close()
        #expect(try SeriesStore.verify(path).faults == [])
        #expect(samples > 10_000)
    }

    /// Does what is due of sealing, folding and sealing again, for days that are drawn.
    private static func maintain(_ store: SeriesStore, _ random: inout SeededRandom) throws {
        try store.checkpoint()
        draw(store, &random)
        var rounds = 0
        while try store.maintain(), rounds < 20 { rounds += 1 }
        #expect(store.dayStatistics.lastFailure == nil)
    }

    private static func draw(_ store: SeriesStore, _ random: inout SeededRandom) {
        var settings = DaySettings()
        settings.lateness = random.below(4 * 86_400) - 3 * 86_400
        settings.overlayBytes = 1 << random.below(20)
        settings.postingsFrom = random.chance(50) ? 1 : 2_000
        settings.openFiles = 1 + random.below(3)
        settings.batchBytes = 1 << random.below(14)
        store.daySettings = settings
    }

    /// Whether a step was not taken.
    private static func breakOff(_ store: SeriesStore, _ random: inout SeededRandom) throws -> Bool {
        draw(store, &random)
        store.daySettings.overlayBytes = 1
        let left = Mutex(random.below(12))
        let stopped = Flag()
        store.daySettings.before = { _ throws(StoreError) in
            let isNow = left.withLock { left in
                left -= 1
                return left < 0
            }
            if isNow {
                stopped.set()
                throw StoreError(code: .io, message: "stopped by the test")
            }
        }
        do {
            var rounds = 0
            while try store.maintain(), rounds < 20 { rounds += 1 }
        } catch let error as StoreError {
            #expect(error.message == "stopped by the test")
        }
        return stopped.isSet
    }

    /// Both series grow by the same in every commit, so that a commit seen in part shows.
    @Test func `from several threads beside commits and checkpoints show whole commits`() async throws {
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        let names = ["a", "b"]
        let ids = names.map { store.create(family: ModelStore.clicks, labels: ["n": $0]) }
        store.state.withLock { $0.limits.batchBytes = 1 }
        let isDone = Flag()
        let now = store.resolution.start(of: Slot(Self.slots[Self.slots.count - 1].number + 1))
        let selection = SeriesSelection(
            [try LabelMatcher("__name__", .equal, "clicks_total")],
            from: now,
            through: now
        )
        var random = SeededRandom(for: "whole commits")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { while !isDone.isSet { try store.checkpoint() } }
            for _ in 0..<3 {
                group.addTask {
                    let columns = SampleColumns()
                    var before = 0.0
                    while !isDone.isSet {
                        let set = try store.view(now: now, idleTimeout: 864_000).select(selection)
                        let totals = try (0..<set.count).map { index in
                            try set.read(index, into: columns)
                            return columns.count > 0 ? columns.values[columns.count - 1] : 0
                        }
                        #expect(totals.isEmpty || totals.count == 2 && totals[0] == totals[1], "\(totals)")
                        #expect(totals.first ?? 0 >= before, "what was seen is not unseen")
                        before = totals.first ?? 0
                    }
                }
            }
            defer { isDone.set() }
            var sum: Int64 = 0
            for number in 0..<600 {
                var commit = Commit(arrival: clock.now)
                if number == 0 { commit.newSeries = store.takeNewSeries() }
                for _ in 0...random.below(4) {
                    let slot = Self.slots[random.below(Self.slots.count)]
                    let units = Int64(random.below(1_000))
                    sum += units
                    for id in ids { commit.increments.append(Increment(series: id, slot: slot, units: units)) }
                }
                try store.commit(commit)
            }
            #expect(store.total(of: "clicks_total", ["n": "a"]) == Double(sum))
        }
        store.close()
    }

    /// Every order of up to six events over three slots, with a checkpoint at every place: 6! orders of every choice.
    @Test func `do not depend on the order in which up to six events over three slots came`() throws {
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        let first = Slot(118_000_000)
        var number = 0
        var orders = 0
        for count in 1...6 {
            for slots in ReadingOrders.arrangements(of: count, over: 3) {
                // Increments of distinct powers tell which events a sum holds.
                let labels: Labels = ["n": "\(number)"]
                number += 1
                let id = store.create(family: ModelStore.clicks, labels: labels)
                var commit = Commit(arrival: clock.now)
                commit.newSeries = store.takeNewSeries()
                for (event, slot) in slots.enumerated() {
                    commit.increments.append(
                        Increment(series: id, slot: Slot(first.number + UInt32(slot)), units: Int64(1) << event)
                    )
                    commit.watermark = store.resolution.start(of: Slot(first.number + 3))
                    if (number + event) % 3 == 0 {
                        try store.commit(commit)
                        commit = Commit(arrival: clock.now)
                    }
                }
                commit.watermark = store.resolution.start(of: Slot(first.number + 3))
                try store.commit(commit)
                if number % 97 == 0 { try store.checkpoint() }
                orders += 1
            }
        }
        let view = try store.view(now: store.resolution.start(of: Slot(first.number + 4)), idleTimeout: 60)
        let set = try view.select(
            SeriesSelection(
                [try LabelMatcher("__name__", .equal, "clicks_total")],
                from: Timestamp(milliseconds: 0),
                through: store.resolution.start(of: Slot(first.number + 4))
            )
        )
        #expect(set.count == number)
        let columns = SampleColumns()
        var checked: Set<String> = []
        for index in 0..<set.count {
            let labels = set.labels(index)
            let slots = ReadingOrders.all[Int(labels["n"]!)!]
            try set.read(index, into: columns)
            var expected: [ReadingTwin.Sample] = []
            let begin = slots.min()!
            for boundary in begin...4 {
                let sum = slots.enumerated().filter { $0.element < boundary }.reduce(0) { $0 + (1 << $1.offset) }
                let time = store.resolution.start(of: Slot(first.number + UInt32(boundary))).milliseconds
                expected.append(ReadingTwin.Sample(time: time, bits: Double(sum).bitPattern))
            }
            #expect(columns.list == expected, "slots \(slots) in order of arrival")
            checked.insert(labels["n"]!)
        }
        #expect(checked.count == orders)
        print("orders: \(orders) of up to six events over three slots")
    }
}

/// Which slot each of some events falls into, in order of arrival: every order of every choice.
enum ReadingOrders {
    static func arrangements(of count: Int, over slots: Int) -> [[Int]] {
        count == 0 ? [[]] : arrangements(of: count - 1, over: slots).flatMap { rest in (0..<slots).map { rest + [$0] } }
    }

    static let all: [[Int]] = (1...6).flatMap { arrangements(of: $0, over: 3) }
}
