// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `A snapshot of totals` {
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func rows(_ snapshot: TotalsSnapshot) -> [String: Int128] {
        var rows: [String: Int128] = [:]
        for family in snapshot.families {
            for row in family.rows {
                let text = snapshot.withLabelText(row) { String(decoding: $0, as: UTF8.self) }
                rows[family.family.name + text] = snapshot.total(row).units
            }
        }
        return rows
    }

    private func add(_ store: SeriesStore, _ labels: [Labels], units: Int64 = 1) throws {
        var commit = Commit(arrival: clock.now)
        for labels in labels {
            let id =
                store.find(family: ModelStore.clicks, labels: labels)
                ?? store.create(family: ModelStore.clicks, labels: labels)
            commit.increments.append(Increment(series: id, slot: Slot(118_000_000), units: units))
        }
        commit.newSeries = store.takeNewSeries()
        try store.commit(commit)
    }

    @Test func `stays as it is while commits go on, and when the store is gone`() throws {
        var store: SeriesStore? = try SeriesStore.open(at: directory.store, clock: clock)
        try store.map { try add($0, [["a": "1"], ["a": "2"]], units: 5) }
        let snapshot = try #require(store?.snapshot(now: clock.now, idleTimeout: 60))
        for number in 0..<2_000 { try store.map { try add($0, [["a": "1"], ["b": "\(number)"]]) } }
        #expect(rows(snapshot) == ["clicks_total{a=\"1\"}": 5, "clicks_total{a=\"2\"}": 5])
        store?.close()
        store = nil
        #expect(rows(snapshot) == ["clicks_total{a=\"1\"}": 5, "clicks_total{a=\"2\"}": 5])
    }

    @Test func `shows no series that is only in the commit being filled`() throws {
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        try store.declare(ModelStore.spend)
        try add(store, [["a": "1"]])
        _ = store.create(family: ModelStore.clicks, labels: ["a": "0"])
        let snapshot = store.snapshot(now: clock.now, idleTimeout: 60)
        #expect(rows(snapshot) == ["clicks_total{a=\"1\"}": 1])
        #expect(snapshot.families.map(\.family.name) == ["clicks_total", "spend_total"])
        #expect(snapshot.families[1].rows.isEmpty)
        #expect(store.total(of: "clicks_total", ["a": "0"]) == nil)
        #expect(store.total(of: "clicks_total", ["a": "1"]) == 1)
        #expect(store.total(of: "spend_total", ["a": "1"]) == nil)
        #expect(store.total(of: "unknown_total", ["a": "1"]) == nil)
    }

    @Test func `leaves out what has not grown for the idle time, to the second, and takes it back with its count`()
        throws
    {
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        try add(store, [["a": "old"]], units: 7)
        clock.advance(seconds: 10)
        try add(store, [["a": "young"]])
        clock.advance(seconds: 50)
        #expect(store.snapshot(now: clock.now, idleTimeout: 60).count == 2)
        clock.advance(seconds: 1)
        #expect(rows(store.snapshot(now: clock.now, idleTimeout: 60)) == ["clicks_total{a=\"young\"}": 1])
        #expect(store.total(of: "clicks_total", ["a": "old"]) == 7)
        store.close()
        let reopened = try SeriesStore.open(at: directory.store, clock: clock)
        #expect(reopened.snapshot(now: clock.now, idleTimeout: 60).count == 1)
        try add(reopened, [["a": "old"]])
        #expect(rows(reopened.snapshot(now: clock.now, idleTimeout: 60))["clicks_total{a=\"old\"}"] == 8)
    }

    @Test func `tells when each series was made, across opening`() throws {
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        let first = clock.now
        try add(store, [["a": "1"]])
        clock.advance(seconds: 5, milliseconds: 1)
        try add(store, [["a": "1"], ["a": "2"]])
        try store.checkpoint()
        store.close()
        let reopened = try SeriesStore.open(at: directory.store, clock: clock)
        clock.advance(seconds: 100)
        let snapshot = reopened.snapshot(now: clock.now, idleTimeout: 86_400)
        #expect((0..<snapshot.count).map { snapshot.created($0).milliseconds - first.milliseconds } == [0, 5_001])
    }

    @Test func `goes beyond 64 bits without wrapping round`() throws {
        var store = try SeriesStore.open(at: directory.store, clock: clock)
        for _ in 0..<3 { try add(store, [["a": "1"]], units: .max) }
        for _ in 0..<2 {
            let snapshot = store.snapshot(now: clock.now, idleTimeout: 60)
            #expect(snapshot.total(0).units == Int128(Int64.max) * 3)
            try store.checkpoint()
            store.close()
            store = try SeriesStore.open(at: directory.store, clock: clock)
        }
    }
}
