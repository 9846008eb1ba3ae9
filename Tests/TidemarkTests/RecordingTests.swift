// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Tidemark

struct `Recording events` {
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test func `made in code counts them once, and keeps them`() throws {
        let store = try MetricsStore.open(directory, clock: clock)
        let events = [
            Event("click", id: "1", ["campaign": "spring", "cost": 0.1]),
            Event("click", id: "2", ["campaign": "spring", "cost": "0.2"]),
            Event("spend", id: "3", ["campaign": "spring", "cost": 1]),
            Event("visit", id: "4"),
        ]
        let report = try store.record(events)
        #expect(report.accepted == 3 && report.unmatched == 1 && report.rejected == 0)
        #expect(try store.record(events).duplicates == 3)
        for store in [store, try reopened(store)] {
            #expect(store.total(of: "clicks_total", ["campaign": "spring"]) == 2)
            #expect(store.total(of: "spend_total", ["campaign": "spring"]) == 1.3)
            #expect(store.totals["spend_total{campaign=\"spring\"}"] == 1_300_000)
            #expect(store.total(of: "clicks_total", ["campaign": "autumn"]) == nil)
        }
        #expect(try MetricsStore.open(directory, clock: clock).record(events).duplicates == 3)
    }

    private func reopened(_ store: MetricsStore) throws -> MetricsStore {
        try store.close()
        let reopened = try MetricsStore.open(directory, clock: clock)
        try reopened.close()
        return reopened
    }

    @Test func `tells what was wrong with each reject, and takes the others`() throws {
        let store = try MetricsStore.open(directory, clock: clock)
        let report = try store.record([
            Event("click", time: Timestamp(milliseconds: clock.now.milliseconds + 600_001)),
            Event("click", ["campaign": "a"]),
            Event("spend", ["campaign": "a"]),
            Event("spend", ["campaign": "a", "cost": -1]),
            Event("spend", ["campaign": "a", "cost": .number(.infinity)]),
            Event("click", time: Timestamp(milliseconds: -1)),
            Event("click", ["campaign": .text(String(repeating: "x", count: 1_025))]),
        ])
        #expect(report.accepted == 1 && report.rejected == 6)
        #expect(report.errors.map(\.line) == [1, 3, 4, 5, 6, 7])
        #expect(report.errors.map(\.reason) == [.future, .missingField, .badNumber, .badNumber, .badTime, .tooLarge])
        #expect(report.rejectedByReason[.badNumber] == 2)
        #expect(store.totals == ["clicks_total{campaign=\"a\"}": 1])
        try store.close()
    }

    @Test func `from text, JSON, CloudEvents or CSV, gives one answer`() async throws {
        let store = try MetricsStore.open(directory, clock: clock)
        let mapping = try EventMapping(
            "columns: {campaign: name, id: key, cost: price}\nemit: [{type: click}]",
            file: "m.yml"
        )
        let texts: [(String, EventFormat, EventMapping?)] = [
            (#"{"type":"click","id":1,"campaign":"a","cost":0.5}"#, .auto, nil),
            (#"[{"type":"click","id":"2","campaign":"a","cost":"0.5"}]"#, .auto, nil),
            (
                #"{"specversion":"1.0","type":"click","source":"s","id":"3","data":{"campaign":"a","cost":5e-1}}"#,
                .json,
                nil
            ),
            ("name,price,key\na,.50,4\n", .csv, mapping),
        ]
        for (text, format, mapping) in texts {
            for expected in [1, 0] {
                let report = try await store.submit(text, format: format, mapping: mapping).committed()
                #expect(report.accepted == expected && report.duplicates == 1 - expected, "\(text): \(report)")
            }
        }
        #expect(store.totals == ["clicks_total{campaign=\"a\"}": 4, "spend_total{campaign=\"a\"}": 2_000_000])
        let error = #expect(throws: MetricsStoreError.self) { try store.submit("a,b\n", format: .csv) }
        #expect(error?.code == .invalidMapping)
        try store.close()
    }

    @Test func `nothing at all is answered at once, and commits nothing`() throws {
        let store = try MetricsStore.open(directory, clock: clock)
        #expect(try store.record([]).accepted == 0)
        #expect(try store.submit("").wait().accepted == 0)
        #expect(try store.submit("\n\n{}\n").wait().rejected == 1)
        #expect(store.statistics().commits == 0)
        try store.close()
    }

    @Test func `beyond a metric's bound goes to its overflow series, and no total is lost`() throws {
        var definitions = [MetricDefinition].campaigns
        definitions[0].maxSeries = 3
        let store = try MetricsStore.open(at: directory.store, definitions: definitions)
        let report = try store.submit(clicks(0..<700)).wait()
        #expect(report.accepted == 700 && report.overflow == 400)
        #expect(store.total(of: "clicks_total", ["overflow": "true"]) == 400)
        #expect((0..<3).allSatisfy { store.total(of: "clicks_total", ["campaign": "c\($0)"]) == 100 })
        #expect(store.total(of: "clicks_total", ["campaign": "c3"]) == nil)
        #expect(store.total(of: "spend_total", ["campaign": "c3"]) != nil, "the other metric has its own bound")
        #expect(store.statistics().counts.overflow == 400)
        try store.close()
    }

    @Test func `of one identity with other contents is a conflict, and the first one counts`() throws {
        let store = try MetricsStore.open(directory, clock: clock)
        try store.record([Event("click", id: "1", source: "s", ["campaign": "a"])])
        let report = try store.record([
            Event("click", id: "1", source: "s", ["campaign": "b"]),
            Event("click", id: "1", source: "t", ["campaign": "a"]),
            Event("click", id: "1", ["campaign": "a"]),
            Event("click", id: "1", source: "s", ["campaign": "a"]),
            Event("click", ["campaign": "a"]),
            Event("click", ["campaign": "a"]),
        ])
        #expect(report.conflicts == 1 && report.duplicates == 1 && report.accepted == 4)
        #expect(store.totals == ["clicks_total{campaign=\"a\"}": 5])
        try store.close()
    }
}
