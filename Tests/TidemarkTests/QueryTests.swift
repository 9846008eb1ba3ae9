// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Tidemark

struct `Querying a store` {
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test func `sees what was recorded, now and over a range`() throws {
        let store = try MetricsStore.open(directory, clock: clock)
        try store.record([
            Event("click", id: "1", ["campaign": "spring", "cost": 0.1]),
            Event("click", id: "2", ["campaign": "autumn", "cost": 0.2]),
        ])
        // At the boundary itself the clicks of its slot have not happened yet.
        clock.advance(seconds: 1)
        guard case .vector(let time, let now) = try store.query("clicks_total").value else {
            Issue.record("not a vector")
            return
        }
        #expect(time == clock.now)
        #expect(now.labels.map { $0["campaign"] }.sorted { ($0 ?? "") < ($1 ?? "") } == ["autumn", "spring"])
        #expect(now.values == [1, 1])

        let start = Timestamp(milliseconds: clock.now.milliseconds - 60_000)
        let range = try store.query("sum(clicks_total)", from: start, through: clock.now, step: 15_000)
        guard case .matrix(let columns) = range.value else {
            Issue.record("not a matrix")
            return
        }
        #expect(columns.count == 1)
        #expect(columns.values.last == 2)
    }

    @Test func `a closed store is an error of the query, not of the program`() throws {
        let store = try MetricsStore.open(directory, clock: clock)
        try store.close()
        do {
            _ = try store.query("1")
            Issue.record("answered")
        } catch {
            #expect(error.kind == .internal)
        }
    }
}
