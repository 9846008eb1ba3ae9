// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Ingest

private let temperature = MetricDefinition(
    name: "temperature",
    help: "A.",
    kind: .gauge,
    events: ["reading"],
    value: ["celsius", "value"],
    labels: ["room"]
)

@Suite struct `Gauges` {
    @Test func `a value is set at its millisecond of the slot, as the nearest Float64`() throws {
        let ingestion = Ingestion([temperature])
        try ingestion.add(
            """
            {"type":"reading","time":30.25,"celsius":21.5,"room":"a"}
            {"type":"reading","time":44.999,"celsius":"-0.1","room":"b"}
            {"type":"reading","time":45,"value":1e-7}
            {"type":"reading","time":60,"value":9007199254.740993}
            {"type":"reading","time":75,"value":9223372036854.775807}
            {"type":"reading","time":90,"value":1e300}
            """
        )
        #expect(
            ingestion.points == [
                "temperature{room=\"a\"} 2 @250 21.5", "temperature{room=\"b\"} 2 @14999 -0.1",
                "temperature 3 @0 1e-07", "temperature 4 @0 9007199254.740993",
                "temperature 5 @0 \(9223372036854.775807)", "temperature 6 @0 1e+300",
            ]
        )
        #expect(ingestion.commit.increments.isEmpty)
        #expect(ingestion.commit.counts.inexact == 0)
    }

    @Test func `of a slot the newest stays, and of one millisecond the last to arrive`() throws {
        let ingestion = Ingestion([temperature])
        try ingestion.add(
            """
            {"type":"reading","time":31,"celsius":1}
            {"type":"reading","time":33,"celsius":2}
            {"type":"reading","time":32,"celsius":3}
            """
        )
        #expect(ingestion.points == ["temperature 2 @3000 2.0"])
        try ingestion.add(
            "{\"type\":\"reading\",\"time\":33,\"celsius\":4}\n{\"type\":\"reading\",\"time\":46,\"celsius\":5}"
        )
        #expect(ingestion.points == ["temperature 2 @3000 4.0", "temperature 3 @1000 5.0"])
        ingestion.commit = Commit(arrival: arrival)
        ingestion.number += 1
        try ingestion.add(#"{"type":"reading","time":33,"celsius":6}"#)
        #expect(ingestion.points == ["temperature 2 @3000 6.0"])
    }

    @Test func `a tie among very many series goes to the last to arrive`() throws {
        let ingestion = Ingestion([temperature])
        for round in 0..<3 {
            let lines = (0..<20_000).map {
                "{\"type\":\"reading\",\"time\":30,\"celsius\":\(round),\"room\":\"\($0)\"}"
            }
            try ingestion.add(lines.joined(separator: "\n"))
        }
        var last: [SeriesID: Double] = [:]
        for point in ingestion.commit.points { last[point.series] = Double(bitPattern: point.payload) }
        #expect(last.count == 20_000)
        #expect(last.values.allSatisfy { $0 == 2 })
    }

    @Test func `an event without the value does not feed it, and one with a faulty value is rejected`() throws {
        let ingestion = Ingestion([
            temperature, MetricDefinition(name: "readings_total", help: "A.", events: ["reading"]),
        ])
        let batch = decode(
            """
            {"type":"reading","celsius":null}
            {"type":"reading","celsius":""}
            {"type":"reading","celsius":"NaN"}
            {"type":"reading","celsius":"warm","value":1}
            {"type":"reading","celsius":true}
            {"type":"reading","celsius":{"a":1}}
            {"type":"reading","celsius":1e999}
            """,
            schema: ingestion.schema
        )
        #expect(batch.faults == (3...7).map { "\($0) bad_number" })
        #expect(batch.rejects[0].message == "celsius: not a decimal number")
        try ingestion.add(batch)
        #expect(ingestion.points.isEmpty)
        #expect(ingestion.totals == ["readings_total": 2])
        #expect(decode(#"{"type":"reading"}"#, schema: EventSchema([temperature])).faults == ["1 missing_field"])
    }
}
