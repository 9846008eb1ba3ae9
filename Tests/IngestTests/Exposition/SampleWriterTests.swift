// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Ingest

/// One metric name and its series, as a store would give them.
struct WrittenMetric {
    var name: String
    var help = ""
    var type = MetricType.unknown
    var series: [(labels: Labels, milliseconds: [Int64], values: [Double])]
}

/// The text of an `OpenMetricsWriter`.
func openMetrics(_ metrics: [WrittenMetric]) throws -> [UInt8] {
    var text: [UInt8] = []
    // The writer ends before `text` is read.
    try withUnsafeMutablePointer(to: &text) { text in
        var writer = OpenMetricsWriter { text.pointee += $0 }
        for metric in metrics {
            try writer.begin(metric.name, help: metric.help, type: metric.type)
            for series in metric.series {
                try series.milliseconds.withUnsafeBufferPointer { times in
                    try series.values.withUnsafeBufferPointer { values in
                        try writer.samples(series.labels, milliseconds: times, values: values)
                    }
                }
            }
        }
        try writer.finish()
    }
    return text
}

@Suite struct `Writers of samples` {
    @Test func `OpenMetrics as text`() throws {
        let text = try openMetrics([
            WrittenMetric(
                name: "clicks_total",
                help: "All \"clicks\",\nby \\ campaign.",
                type: .counter,
                series: [
                    (["campaign": "a\"b\\\n"], [1_700_000_000_000, 1_700_000_015_123], [0, 12_345]),
                    ([:], [-1_500], [0.25]),
                ]
            ),
            WrittenMetric(
                name: "temperature",
                type: .gauge,
                series: [([:], [10, 20, 30, 40, 50], [.nan, .infinity, -.infinity, -0.0, SampleColumns.staleMarker])]
            ),
            WrittenMetric(name: "wait_bucket", type: .histogram, series: [(["le": "0.5"], [1], [1e300])]),
            WrittenMetric(name: "worth", type: .counter, series: [([:], [0], [0.1])]),
            WrittenMetric(name: "my.name", series: [(["l.x": "v", "a": "b"], [0], [1])]),
        ])
        #expect(
            String(decoding: text, as: UTF8.self) == #"""
                # TYPE clicks counter
                # HELP clicks All \"clicks\",\nby \\ campaign.
                clicks_total{campaign="a\"b\\\n"} 0 1700000000
                clicks_total{campaign="a\"b\\\n"} 12345 1700000015.123
                clicks_total 0.25 -1.5
                # TYPE temperature gauge
                temperature NaN 0.01
                temperature +Inf 0.02
                temperature -Inf 0.03
                temperature -0 0.04
                # TYPE wait_bucket unknown
                wait_bucket{le="0.5"} 1e+300 0.001
                # TYPE worth unknown
                worth 0.1 0
                # TYPE "my.name" unknown
                {"my.name",a="b","l.x"="v"} 1 0
                # EOF

                """#
        )
    }

    @Test func `a counter whose family name is taken keeps its own name`() throws {
        let series: [(labels: Labels, milliseconds: [Int64], values: [Double])] = [([:], [0], [1])]
        let cases: [(names: [String], families: [String])] = [
            (["a", "a_total"], ["a unknown", "a_total unknown"]),
            (["a_created", "a_total"], ["a_created unknown", "a_total unknown"]),
            (["a_total", "b_total"], ["a counter", "b counter"]), (["_total"], ["_total unknown"]),
        ]
        for (names, families) in cases {
            let text = String(
                decoding: try openMetrics(names.map { WrittenMetric(name: $0, type: .counter, series: series) }),
                as: UTF8.self
            )
            let types = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE") }.map { String($0.dropFirst(7)) }
            #expect(types == families)
        }
    }

    @Test func `CSV as text`() throws {
        var text: [UInt8] = []
        try withUnsafeMutablePointer(to: &text) { text in
            var writer = try CSVSampleWriter(labelNames: ["campaign", "a,b", "none"]) { text.pointee += $0 }
            writer.begin("clicks_total")
            let rows: [(Labels, [Int64], [Double])] = [
                (["campaign": "say \"hi\", twice", "other": "x"], [1_700_000_015_123, 2], [12_345, 0.25]),
                (["a,b": "1\n2"], [-5, 6, 7], [.nan, SampleColumns.staleMarker, -.infinity]),
            ]
            for (labels, milliseconds, values) in rows {
                try milliseconds.withUnsafeBufferPointer { times in
                    try values.withUnsafeBufferPointer { values in
                        try writer.samples(labels, milliseconds: times, values: values)
                    }
                }
            }
            try writer.finish()
        }
        #expect(
            String(decoding: text, as: UTF8.self) == """
                timestamp,value,metric,campaign,"a,b",none
                1700000015123,12345,clicks_total,"say ""hi"", twice",,
                2,0.25,clicks_total,"say ""hi"", twice",,
                -5,NaN,clicks_total,,"1
                2",
                7,-Inf,clicks_total,,"1
                2",

                """
        )
    }

    @Test func `a fault of the output is thrown on`() throws {
        struct Full: Error {}
        #expect(throws: Full.self) {
            var writer = OpenMetricsWriter { _ in throw Full() }
            try writer.begin("a", help: "", type: .gauge)
            try writer.finish()
        }
    }
}
