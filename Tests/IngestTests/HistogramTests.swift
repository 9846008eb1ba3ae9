// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Ingest

private let latency = MetricDefinition(
    name: "latency",
    help: "A.",
    kind: .histogram,
    events: ["call"],
    value: ["seconds"],
    buckets: [-0.5, 0.1, 1, 2.5]
)

@Suite struct `Histograms` {
    @Test func `an observation counts in the first bucket whose bound is not below it, and in the sum`() throws {
        let ingestion = Ingestion([latency])
        for (value, bin) in [
            ("-0.6", 0), ("-0.5", 0), ("-0.499999", 1), ("0", 1), ("0.1", 1), ("0.10000000000000000001", 1),
            ("0.100001", 2), ("\"1\"", 2), ("1.0000000000000002", 3), ("2.5", 3), ("2.6", 4), ("1e300", 4),
        ] {
            ingestion.commit = Commit(arrival: arrival)
            ingestion.number += 1
            try ingestion.add("{\"type\":\"call\",\"time\":30,\"seconds\":\(value)}")
            #expect(ingestion.points.first == "latency 2 [\(bin)] +1", "\(value)")
            #expect(ingestion.points.count == 2)
        }
        #expect(ingestion.commit.increments.isEmpty)
    }

    @Test func `many observations are few points`() throws {
        let ingestion = Ingestion([latency])
        try ingestion.add(
            String(
                repeating: """
                    {"type":"call","time":30,"seconds":0.25}
                    {"type":"call","time":30,"seconds":-0.75}
                    {"type":"call","time":44,"seconds":0.5}
                    {"type":"call","time":45,"seconds":0.0009765625}

                    """,
                count: 1_000
            )
        )
        #expect(
            ingestion.points == [
                "latency 2 [2] +2000", "latency 2 sum +0", "latency 2 [0] +1000", "latency 3 [1] +1000",
                "latency 3 sum ~0.9765625",
            ]
        )
        #expect(ingestion.commit.counts.inexact == 1_000)
    }

    @Test func `a sum beyond 64 bits is kept in two points`() throws {
        let ingestion = Ingestion([latency])
        try ingestion.add(
            String(repeating: "{\"type\":\"call\",\"time\":30,\"seconds\":9223372036854.775807}\n", count: 2)
        )
        #expect(
            ingestion.points == [
                "latency 2 [4] +2", "latency 2 sum +\(Int64.max)", "latency 2 sum +\(Int64.max)",
            ]
        )
    }

    @Test func `NaN and infinity are no observations`() {
        let batch = decode(
            "{\"type\":\"call\",\"seconds\":\"NaN\"}\n{\"type\":\"call\",\"seconds\":\"Inf\"}\n{\"type\":\"call\"}",
            schema: EventSchema([latency])
        )
        #expect(batch.faults == ["1 bad_number", "2 bad_number", "3 missing_field"])
    }
}
