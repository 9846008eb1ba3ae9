// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store
@testable import Tidemark

struct `Checkpoints under load` {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test func `come by themselves while many threads submit, and change nothing`() throws {
        var store = try MetricsStore.open(directory)
        var expected: [Int] = []
        for round in 0..<2 {
            store.seriesStore.state.withLock { state in
                state.limits.increments = 50
                state.limits.batchBytes = 200
            }
            let first = round * 100_000
            let senders = (0..<6).map { number in
                Background { [store] in
                    for step in 0..<60 {
                        let start = first + number * 10_000 + step * 20
                        _ = try store.submit(clicks(start..<start + 20, campaign: { $0 % 101 })).wait()
                    }
                }
            }
            for sender in senders { try sender.value() }
            for number in 0..<6 {
                for step in 0..<60 { expected += (0..<20).map { first + number * 10_000 + step * 20 + $0 } }
            }
            #expect(store.totals == clickTotals(expected, campaign: { $0 % 101 }))
            try store.close()
            let checkpoint = store.seriesStore.state.withLock { $0.checkpoint }
            #expect(checkpoint.through > 0, "there was a checkpoint")
            store = try MetricsStore.open(directory)
            #expect(store.totals == clickTotals(expected, campaign: { $0 % 101 }))
        }
        try store.close()
    }

    @Test func `make events before them late, and count them all the same`() throws {
        let clock = ManualClock()
        let store = try MetricsStore.open(directory, clock: clock)
        #expect(try store.record([Event("click", id: "1", ["campaign": "a"])]).late == 0)
        try store.seriesStore.checkpoint()
        let late = Event(
            "click",
            id: "2",
            time: Timestamp(milliseconds: clock.now.milliseconds - 15_000),
            ["campaign": "a"]
        )
        let present = Event("click", id: "3", ["campaign": "a"])
        let report = try store.record([late, present])
        #expect(report.accepted == 2 && report.late == 1)
        #expect(store.total(of: "clicks_total", ["campaign": "a"]) == 3)
        #expect(store.statistics().counts.late == 1)
        try store.close()
        let reopened = try MetricsStore.open(directory, clock: clock)
        #expect(reopened.total(of: "clicks_total", ["campaign": "a"]) == 3)
        #expect(reopened.statistics().counts.late == 1)
        try reopened.close()
    }

    @Test func `that fail poison the store, and totals stay readable`() throws {
        let store = try MetricsStore.open(directory)
        _ = try store.submit(clicks(0..<500)).wait()
        // A chunk that cannot be read makes the next checkpoint fail.
        try store.seriesStore.checkpoint()
        let database = store.seriesStore.database
        let key = KeySpace.chunk(store.seriesStore.spans.place(of: Slot(1_772_366_400 / 15), series: SeriesID(0)))
        try #require(try database.get(key) != nil)
        try database.put(key, [1, 2, 3, 4, 5], sync: true)
        store.seriesStore.state.withLock { $0.limits.increments = 1 }
        _ = try store.submit(clicks(1_000..<1_100)).wait()
        let reason = store.monitor.wait(atMostMilliseconds: 20_000) { state -> String? in
            if case .poisoned(let reason) = state.health { reason } else { nil }
        }
        #expect(reason?.contains("corrupt") == true, "\(reason ?? "not poisoned")")
        #expect(store.totals == clickTotals(Array(0..<500) + Array(1_000..<1_100)))
        _ = try? store.close()
    }
}
