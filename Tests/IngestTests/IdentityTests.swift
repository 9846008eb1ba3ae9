// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Ingest

@Suite struct `Duplicates and conflicts` {
    /// What became of a second event after a first.
    private func second(_ first: String, _ second: String) throws -> String {
        let ingestion = Ingestion()
        #expect(try ingestion.add(first).accepted == 1)
        let before = ingestion.totals
        let report = try ingestion.add(second)
        if report.accepted == 0 { #expect(ingestion.totals == before) }
        return report.accepted == 1
            ? "new" : report.duplicates == 1 ? "duplicate" : report.conflicts == 1 ? "conflict" : "?"
    }

    private static let first = #"{"type":"click","id":"1","source":"s","campaign":"a","cost":1.5,"time":1749945600}"#

    @Test(arguments: [
        (first, "duplicate"),
        (#"{"time":1749945600,"cost":1.5,"campaign":"a","source":"s","id":"1","type":"click"}"#, "duplicate"),
        (
            #" { "type" : "click" , "id":"1","source":"s","campaign":"\u0061","cost":"1.50","time":"2025-06-15T00:00:00Z" }"#,
            "duplicate"
        ),
        (
            #"{"type":"click","id":1,"source":"s","campaign":"a","cost":15e-1,"time":1749945600000,"unheard":"of","device":""}"#,
            "duplicate"
        ),
        (#"{"type":"click","id":"1","source":"s","campaign":"b","cost":1.5,"time":1749945600}"#, "conflict"),
        (#"{"type":"click","id":"1","source":"s","campaign":"a","cost":1.6,"time":1749945600}"#, "conflict"),
        (#"{"type":"click","id":"1","source":"s","campaign":"a","time":1749945600}"#, "conflict"),
        (#"{"type":"click","id":"1","source":"s","campaign":"a","cost":1.5,"time":1749945601}"#, "conflict"),
        (#"{"type":"click","id":"1","source":"s","campaign":"a","cost":1.5}"#, "conflict"),
        (
            #"{"type":"click","id":"1","source":"s","campaign":"a","device":"m","cost":1.5,"time":1749945600}"#,
            "conflict"
        ),
        (#"{"type":"spend","id":"1","source":"s","campaign":"a","cost":1.5,"time":1749945600}"#, "conflict"),
        (#"{"type":"click","id":"2","source":"s","campaign":"a","cost":1.5,"time":1749945600}"#, "new"),
        (#"{"type":"click","id":"1","source":"t","campaign":"a","cost":1.5,"time":1749945600}"#, "new"),
        (#"{"type":"click","id":"1","campaign":"a","cost":1.5,"time":1749945600}"#, "new"),
        (#"{"type":"click","source":"s","campaign":"a","cost":1.5,"time":1749945600}"#, "new"),
        (
            #"{"specversion":"1.0","type":"click","id":"1","source":"s","time":"2025-06-15T00:00:00Z","data":{"campaign":"a","cost":1.5}}"#,
            "duplicate"
        ),
    ])
    func `the same identity with the same content is a duplicate, with another a conflict`(
        line: String,
        outcome: String
    ) throws {
        #expect(try second(Self.first, line) == outcome)
    }

    @Test func `an event without a time is a duplicate whenever it arrives`() throws {
        let ingestion = Ingestion()
        let decoder = EventDecoder(schema: ingestion.schema, key: testKey)
        for minute in Int64(0)..<3 {
            let line = bytes(#"{"type":"click","id":"1"}"#)
            try ingestion.add(
                line.withUnsafeBytes {
                    decoder.decode($0, format: .ndjson, arrival: Timestamp(seconds: 1_750_000_000 + minute * 60))
                }
            )
        }
        #expect(ingestion.report.accepted == 1)
        #expect(ingestion.report.duplicates == 2)
    }

    @Test func `events without an identity are never duplicates`() throws {
        let ingestion = Ingestion()
        try ingestion.add(
            String(
                repeating: "{\"type\":\"click\"}\n{\"type\":\"click\",\"id\":\"\"}\n{\"type\":\"click\",\"id\":null}\n",
                count: 5
            )
        )
        #expect(ingestion.report.accepted == 15)
        #expect(ingestion.totals == ["clicks_total": 15])
        #expect(ingestion.commit.fingerprints.isEmpty)
    }

    @Test func `a duplicate is recognised within its own batch, and the first one counts`() throws {
        let ingestion = Ingestion()
        let report = try ingestion.add(
            """
            {"type":"click","id":"1","campaign":"a"}
            {"type":"click","id":"1","campaign":"b"}
            {"type":"click","id":"1","campaign":"a"}
            {"type":"click","id":"2","campaign":"a"}
            """
        )
        #expect((report.accepted, report.duplicates, report.conflicts) == (2, 1, 1))
        #expect(ingestion.totals == ["clicks_total{campaign=\"a\"}": 2])
        #expect(ingestion.commit.fingerprints.count == 2)
        #expect(ingestion.commit.digests.count == 2)
    }

    @Test func `a rejected or unmatched event does not use its identity up`() throws {
        let ingestion = Ingestion([
            MetricDefinition(
                name: "usd_total",
                help: "A.",
                events: ["spend"],
                where: ["currency": "USD"],
                value: ["cost"]
            )
        ])
        #expect(try ingestion.add(#"{"type":"spend","id":"1","currency":"USD","cost":-1}"#).rejected == 1)
        #expect(try ingestion.add(#"{"type":"spend","id":"1","currency":"EUR","cost":1}"#).unmatched == 1)
        #expect(try ingestion.add(#"{"type":"spend","id":"1","currency":"USD","cost":1}"#).accepted == 1)
        #expect(ingestion.totals == ["usd_total": 1_000_000])
    }
}
