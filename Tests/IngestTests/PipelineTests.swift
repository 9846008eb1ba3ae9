// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Ingest

@Suite struct `The ingest pipeline` {
    @Test func `an event adds to every definition that takes it, in the slot of its time`() throws {
        let ingestion = Ingestion()
        try ingestion.add(
            """
            {"type":"click","campaign":"a","device":"m","cost":0.25,"currency":"USD","time":1749945614.999}
            {"type":"click","campaign":"a","device":"m","cost":0.25,"currency":"USD","time":1749945615}
            {"type":"click","campaign":"a","device":"m","time":1749945615}
            {"type":"spend","campaign":"a","amount":"7","time":1749945600}
            """
        )
        let slot = 1_749_945_600 / 15
        #expect(
            ingestion.increments == [
                "clicks_total{campaign=\"a\",device=\"m\"} \(slot)": 1,
                "clicks_total{campaign=\"a\",device=\"m\"} \(slot + 1)": 2,
                "spend_total{campaign=\"a\",currency=\"USD\"} \(slot)": 250_000,
                "spend_total{campaign=\"a\",currency=\"USD\"} \(slot + 1)": 250_000,
                "spend_total{campaign=\"a\"} \(slot)": 7_000_000,
            ]
        )
        #expect(ingestion.commit.increments.count == 5)
        #expect(ingestion.commit.watermark == Timestamp(seconds: 1_749_945_615))
        #expect(ingestion.commit.counts.accepted == 4)
    }

    @Test func `the watermark is the newest accepted time and never goes back`() throws {
        let ingestion = Ingestion()
        ingestion.commit.watermark = Timestamp(seconds: 500)
        try ingestion.add(
            "{\"type\":\"click\",\"time\":400}\n{\"type\":\"spend\",\"time\":900}\n{\"type\":\"sunset\",\"time\":900}"
        )
        #expect(ingestion.commit.watermark == Timestamp(seconds: 500))
        try ingestion.add(
            "{\"type\":\"click\",\"id\":\"1\",\"time\":600}\n{\"type\":\"click\",\"time\":550}\n{\"type\":\"click\",\"id\":\"1\",\"time\":700}"
        )
        #expect(ingestion.commit.watermark == Timestamp(seconds: 600))
    }

    @Test func `events in checkpointed slots are late and count`() throws {
        let ingestion = Ingestion()
        ingestion.checkpointed = Slot(100)
        let report = try ingestion.add(
            "{\"type\":\"click\",\"time\":1499.999}\n{\"type\":\"click\",\"time\":1500}\n{\"type\":\"click\",\"time\":0}"
        )
        #expect((report.accepted, report.late) == (3, 2))
        #expect(ingestion.commit.counts.late == 2)
        #expect(ingestion.totals == ["clicks_total": 3])
    }

    @Test func `an event whose conditions hold nowhere is unmatched and makes no series`() throws {
        let ingestion = Ingestion([
            MetricDefinition(
                name: "usd_total",
                help: "A.",
                events: ["spend"],
                where: ["currency": "USD"],
                value: ["cost"],
                labels: ["campaign"]
            ),
            MetricDefinition(
                name: "paid_total",
                help: "A.",
                events: ["spend"],
                where: ["currency": "USD", "paid": "true"]
            ),
            MetricDefinition(name: "free_total", help: "A.", events: ["spend"], where: ["cost": ""]),
        ])
        let report = try ingestion.add(
            """
            {"type":"spend","currency":"USD","cost":1,"campaign":"a","paid":true}
            {"type":"spend","currency":"USD","cost":2,"campaign":"a","paid":"no"}
            {"type":"spend","currency":"usd","cost":4,"campaign":"b"}
            {"type":"spend","currency":"USD ","cost":4}
            {"type":"spend"}
            """
        )
        #expect((report.accepted, report.unmatched) == (3, 2))
        #expect(ingestion.totals == ["usd_total{campaign=\"a\"}": 3_000_000, "paid_total": 1, "free_total": 1])
        #expect(ingestion.directory.names.count == 3)
    }

    @Test func `a condition asks for exactly those bytes`() throws {
        let ingestion = Ingestion([
            MetricDefinition(name: "a_total", help: "A.", events: ["a"], where: ["region": "hot\u{E9}is"])
        ])
        let report = try ingestion.add(
            "{\"type\":\"a\",\"region\":\"hot\u{E9}is\"}\n{\"type\":\"a\",\"region\":\"hote\u{301}is\"}"
        )
        #expect((report.accepted, report.unmatched) == (1, 1))
    }

    @Test func `a duplicate, and an event without the measure, make no series`() throws {
        let ingestion = Ingestion()
        try ingestion.add("{\"type\":\"click\",\"id\":\"1\",\"campaign\":\"a\"}")
        #expect(ingestion.directory.names.map(\.family.name) == ["clicks_total"])
        try ingestion.add(
            "{\"type\":\"click\",\"id\":\"1\",\"campaign\":\"new\",\"cost\":1}\n{\"type\":\"click\",\"id\":\"1\",\"campaign\":\"a\"}"
        )
        #expect(ingestion.directory.names.count == 1)
        #expect((ingestion.report.duplicates, ingestion.report.conflicts) == (1, 1))
    }

    @Test func `a missing label is absent, as an empty one is`() throws {
        let ingestion = Ingestion()
        try ingestion.add(
            "{\"type\":\"click\"}\n{\"type\":\"click\",\"campaign\":\"\"}\n{\"type\":\"click\",\"campaign\":null,\"device\":\"m\"}"
        )
        #expect(ingestion.totals == ["clicks_total": 2, "clicks_total{device=\"m\"}": 1])
    }

    @Test func `beyond max_series events count in the overflow series and totals stay right`() throws {
        let ingestion = Ingestion([
            MetricDefinition(name: "a_total", help: "A.", events: ["a"], labels: ["campaign"], maxSeries: 3)
        ])
        for round in 0..<2 {
            try ingestion.add((0..<10).map { "{\"type\":\"a\",\"campaign\":\"\($0)\"}" }.joined(separator: "\n"))
            #expect(ingestion.report.overflow == 7 * (round + 1))
        }
        #expect(
            ingestion.totals == [
                "a_total{campaign=\"0\"}": 2, "a_total{campaign=\"1\"}": 2, "a_total{campaign=\"2\"}": 2,
                "a_total{overflow=\"true\"}": 14,
            ]
        )
        #expect(ingestion.commit.counts.overflow == 14)
    }

    @Test func `an event that overflows in two metrics is one overflowing event`() throws {
        let ingestion = Ingestion(
            ["a_total", "b_total"].map {
                MetricDefinition(name: $0, help: "A.", events: ["a"], labels: ["campaign"], maxSeries: 1)
            }
        )
        #expect(
            try ingestion.add("{\"type\":\"a\",\"campaign\":\"1\"}\n{\"type\":\"a\",\"campaign\":\"2\"}").overflow == 1
        )
    }

    @Test func `a value that is no whole millionth is added as Float64, apart`() throws {
        let ingestion = Ingestion()
        try ingestion.add(
            """
            {"type":"spend","cost":1e-7,"time":30}
            {"type":"spend","cost":1e30,"time":45}
            {"type":"spend","cost":1}
            {"type":"spend","cost":2e-7,"time":30}
            """
        )
        #expect(ingestion.points == ["spend_total 2 ~\(1e-7 + 2e-7)", "spend_total 3 ~1e+30"])
        #expect(ingestion.commit.counts.inexact == 3)
        #expect(ingestion.totals == ["spend_total": 1_000_000])
    }

    @Test func `a sum beyond 64 bits is kept in two increments`() throws {
        let ingestion = Ingestion()
        try ingestion.add(String(repeating: "{\"type\":\"spend\",\"cost\":9223372036854.775807}\n", count: 3))
        #expect(ingestion.commit.increments.map(\.units) == [.max, .max, .max])
    }

    @Test func `a new commit gets increments of its own`() throws {
        let ingestion = Ingestion()
        try ingestion.add("{\"type\":\"click\"}\n{\"type\":\"click\"}")
        #expect(ingestion.commit.increments.map(\.units) == [2])
        ingestion.commit = Commit(arrival: arrival)
        ingestion.number += 1
        try ingestion.add("{\"type\":\"click\"}")
        #expect(ingestion.commit.increments.map(\.units) == [1])
    }

    @Test func `the report names the first twenty rejects and counts all`() throws {
        let ingestion = Ingestion()
        let report = try ingestion.add(String(repeating: "x\n{\"type\":\"spend\"}\n", count: 15))
        #expect(report.rejected == 30)
        #expect(report.errors.count == 20)
        #expect(report.errors.map(\.line) == Array(1...20))
        #expect(report.rejectedByReason == [.malformed: 15, .missingField: 15])
        #expect(ingestion.commit.counts.rejected == [15, 15])
        var sum = report
        sum.add(report)
        #expect((sum.rejected, sum.errors.count, sum.rejectedByReason[.malformed]) == (60, 20, 30))
    }

    @Test func `keys beyond what is remembered are forgotten and found again in the directory`() throws {
        let schema = EventSchema([MetricDefinition(name: "a_total", help: "A.", events: ["a"], labels: ["campaign"])])
        let directory = MemoryDirectory()
        var resolver = SeriesResolver(schema: schema, directory: directory)
        // A key of one field of four bytes, as the batch writes it.
        func withKey<Result>(_ number: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 6) { key in
                for (index, byte) in [4, 0, number >> 18 & 63, number >> 12 & 63, number >> 6 & 63, number & 63]
                    .enumerated()
                {
                    key[index] = UInt8(index < 2 ? byte : byte + 0x30)
                }
                return body(UnsafeBufferPointer(key))
            }
        }
        func row(_ number: Int) -> Int {
            withKey(number) { resolver.row(route: 0, key: $0, hash: UInt64(number) &* 0x9E37_79B9_7F4A_7C15) }
        }
        func series(_ number: Int) -> SeriesID {
            let row = row(number)
            return withKey(number) { resolver.resolve(row, target: 0, route: 0, key: $0).series }
        }
        let first = series(7)
        for number in 0...1 << 20 {
            check(row(number) == (number < 7 ? number + 1 : number == 7 ? 0 : number), "key \(number)")
        }
        resolver.forgetIfLarge()
        #expect(resolver.cells.count == 0)
        #expect(series(8) != first)
        #expect(series(7) == first)
        #expect(directory.names.count == 2)
        resolver.forgetIfLarge()
        #expect(resolver.cells.count == 2)
    }
}
