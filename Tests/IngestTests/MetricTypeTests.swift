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

@Suite struct `Metrics of several types` {
    @Test func `one event feeds all that take it, and those whose value it has`() throws {
        let ingestion = Ingestion([
            MetricDefinition(name: "calls_total", help: "A.", events: ["call"]),
            MetricDefinition(name: "seconds_total", help: "A.", events: ["call"], value: ["seconds"]),
            latency,
            MetricDefinition(name: "last", help: "A.", kind: .gauge, events: ["call"], value: ["seconds"]),
            MetricDefinition(
                name: "rush",
                help: "A.",
                kind: .gauge,
                events: ["call"],
                where: ["lane": "fast"],
                value: ["seconds"]
            ),
            MetricDefinition(name: "users", help: "A.", kind: .distinct, events: ["call"], value: ["user"]),
        ])
        try ingestion.add(
            "{\"type\":\"call\",\"time\":30,\"seconds\":0.25}\n{\"type\":\"call\",\"time\":31}\n{\"type\":\"call\",\"time\":32,\"user\":7}"
        )
        #expect(ingestion.increments == ["calls_total 2": 3, "seconds_total 2": 250_000])
        #expect(ingestion.points.dropLast() == ["latency 2 [2] +1", "latency 2 sum +250000", "last 2 @0 0.25"])
        #expect(ingestion.points.last?.hasPrefix("users 2 r ") == true)
        #expect(
            ingestion.directory.names.map(\.family.name).sorted() == [
                "calls_total", "last", "latency", "seconds_total", "users",
            ]
        )
    }

    @Test func `beyond max_series every type counts in its overflow series`() throws {
        func definition(_ name: String, _ kind: MetricFamily.Kind, _ buckets: [Double] = []) -> MetricDefinition {
            MetricDefinition(
                name: name,
                help: "A.",
                kind: kind,
                events: ["a"],
                value: ["v"],
                buckets: buckets,
                labels: ["campaign"],
                maxSeries: 1
            )
        }
        let ingestion = Ingestion([
            definition("g", .gauge), definition("h", .histogram, [1]), definition("d", .distinct),
        ])
        try ingestion.add(
            (0..<3).map { "{\"type\":\"a\",\"time\":30,\"v\":1,\"campaign\":\"\($0)\"}" }.joined(separator: "\n")
        )
        #expect(ingestion.report.overflow == 2)
        let names = ingestion.directory.names.map { $0.family.name + $0.labels.expositionText }
        #expect(
            names == ["g", "h", "d"].map { $0 + "{campaign=\"0\"}" }
                + ["g", "h", "d"].map { $0 + "{overflow=\"true\"}" }
        )
        #expect(
            ingestion.points.filter { $0.hasPrefix("h{overflow") } == [
                "h{overflow=\"true\"} 2 [0] +2", "h{overflow=\"true\"} 2 sum +2000000",
            ]
        )
        #expect(ingestion.points.count == 8)
    }

    @Test func `events are decoded with what their types need`() {
        let schema = EventSchema([
            MetricDefinition(name: "m_total", help: "A.", events: ["call"], value: ["seconds"]), latency,
            MetricDefinition(name: "last", help: "A.", kind: .gauge, events: ["call"], value: ["seconds"]),
            MetricDefinition(
                name: "least",
                help: "A.",
                kind: .gauge,
                events: ["call"],
                where: ["a": "b"],
                value: ["seconds"]
            ),
            MetricDefinition(name: "users", help: "A.", kind: .distinct, events: ["call"], value: ["user"]),
        ])
        #expect(schema.routes[0].values.map(\.place) == [0, 1, 3, 4])
        #expect(
            decode(#"{"type":"call","seconds":0.25,"user":"u"}"#, schema: schema).events
                == ["call seconds=250000 seconds=250000 [2] seconds:0.25 user*"]
        )
    }
}
