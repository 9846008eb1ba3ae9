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

    /// Slots of two days.
    private static let slots = (0..<60).map { Slot(20_511 * 5_760 + 190 * $0) }

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
