// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import TimeSeries
import YAML

@testable import Ingest

@Suite struct `Definitions of every type` {
    private func parse(_ text: String) throws -> [MetricDefinition] {
        try MetricDefinition.parse("metrics:\n" + text, file: "d.yml")
    }

    @Test func `gauges, histograms and distinct counts are read with their values and buckets`() throws {
        let definitions = try parse(
            """
              - {name: run_metric, help: A., type: gauge, events: [training], value: value, labels: [run]}
              - name: latency_seconds
                help: A.
                type: histogram
                events: [prediction]
                where: {model: m}
                value: [latency, seconds]
                buckets: [-1, 0.005, 1e-2, 2.5, .inf]
                retention: 400d
              - {name: reach, help: A., type: distinct, events: [click], value: customer, max_series: 5}
            """
        )
        #expect(
            definitions == [
                MetricDefinition(
                    name: "run_metric",
                    help: "A.",
                    kind: .gauge,
                    events: ["training"],
                    value: ["value"],
                    labels: ["run"]
                ),
                MetricDefinition(
                    name: "latency_seconds",
                    help: "A.",
                    kind: .histogram,
                    events: ["prediction"],
                    where: ["model": "m"],
                    value: ["latency", "seconds"],
                    buckets: [-1, 0.005, 0.01, 2.5],
                    retention: .seconds(400 * 86_400)
                ),
                MetricDefinition(
                    name: "reach",
                    help: "A.",
                    kind: .distinct,
                    events: ["click"],
                    value: ["customer"],
                    maxSeries: 5
                ),
            ]
        )
        #expect(definitions.map(\.family.kind) == [.gauge, .histogram, .distinct])
        #expect(definitions.map(\.family.type) == [.gauge, .histogram, .gauge])
        #expect(definitions.map(\.family.unit) == [.one, .micro, .one])
        #expect(definitions.map(\.family.bounds) == [[], [-1, 0.005, 0.01, 2.5], []])
    }

    @Test(arguments: ["[1, 2, +Inf]", "[1, 2, .inf]", "[1, 2, +.Inf]", "[1, 2, \"+Inf\"]", "[1, +2.0]", "[1e0, 20e-1]"])
    func `the bound of +Inf may be said, and numbers written in any way`(buckets: String) throws {
        let text = "  - {name: h, help: A., type: histogram, events: [a], value: v, buckets: \(buckets)}"
        #expect(try parse(text)[0].buckets == [1, 2])
    }

    @Test func `a histogram has one to two hundred buckets, and no negative zero`() throws {
        func buckets(_ count: Int, _ end: String = "") throws -> [Double] {
            let list = (0..<count).map(String.init).joined(separator: ", ") + end
            return try parse("  - {name: h, help: A., type: histogram, events: [a], value: v, buckets: [\(list)]}")[0]
                .buckets
        }
        #expect(try buckets(1) == [0])
        #expect(try buckets(200, ", .inf").count == 200)
        let reason = "d.yml:2: 'buckets' lists 1 to 200 upper bounds; that of +Inf is always there"
        #expect(try #require(throws: FileError.self) { try buckets(201) }.description == reason)
        #expect(try #require(throws: FileError.self) { try buckets(0) }.description == reason)
        #expect(try #require(throws: FileError.self) { try buckets(0, ".inf") }.description == reason)
        let text = "  - {name: h, help: A., type: histogram, events: [a], value: v, buckets: [-0.0, 1]}"
        #expect(try parse(text)[0].buckets[0].sign == .plus)
    }

    /// A histogram with one line changed or left out; `name` is on line 2, `buckets` on line 7.
    private static func changed(_ key: String, _ line: String?) -> String {
        let lines = [
            ("name", "name: h"), ("help", "help: A."), ("type", "type: histogram"), ("events", "events: [a]"),
            ("value", "value: v"), ("buckets", "buckets: [1, 2]"),
        ]
        var kept = lines.map { $0.0 == key ? line : $0.1 }.compactMap(\.self)
        if !lines.contains(where: { $0.0 == key }), let line { kept.append(line) }
        return "  - " + kept.joined(separator: "\n    ") + "\n"
    }

    @Test(arguments: [
        (changed("value", nil), 2, "the key 'value' is missing"),
        (changed("buckets", nil), 2, "the key 'buckets' is missing"),
        (changed("type", "type: gauge"), 7, "only a histogram has buckets"),
        (
            changed("type", "type: counter").replacing("name: h", with: "name: h_total"), 7,
            "only a histogram has buckets"
        ),
        (
            "  - {name: g, help: A., type: gauge, events: [a]}\n  - {}", 2,
            "the key 'value' is missing"
        ),
        ("  - {name: d, help: A., type: distinct, events: [a]}", 2, "the key 'value' is missing"),
        (changed("buckets", "buckets: 1"), 7, "a list is expected here"),
        (changed("buckets", "buckets: [1, 1.0]"), 7, "buckets ascend, each once: 1.0 follows 1.0"),
        (changed("buckets", "buckets:\n      - 2\n      - 1"), 9, "buckets ascend, each once: 1 follows 2.0"),
        (changed("buckets", "buckets: [0, -0]"), 7, "buckets ascend, each once: -0 follows 0.0"),
        (changed("buckets", "buckets: [.inf, 1]"), 7, "'.inf' is not a number"),
        (changed("buckets", "buckets: [-.inf, 1]"), 7, "'-.inf' is not a number"),
        (changed("buckets", "buckets: [1, .nan]"), 7, "'.nan' is not a number"),
        (changed("buckets", "buckets: [1, 1e999]"), 7, "'1e999' is not a number"),
        (changed("buckets", "buckets: [1, 0x10]"), 7, "'0x10' is not a number"),
        (changed("buckets", "buckets: [1, ten]"), 7, "'ten' is not a number"),
        (changed("name", "name: h_total"), 2, "only the name of a counter ends in _total: 'h_total'"),
        (changed("name", "name: h_bucket"), 2, "the name of a histogram does not end in _bucket: 'h_bucket'"),
        (changed("name", "name: h_sum"), 2, "the name of a histogram does not end in _sum: 'h_sum'"),
        (changed("name", "name: h_count"), 2, "the name of a histogram does not end in _count: 'h_count'"),
        (changed("name", "name: ALERTS"), 2, "'ALERTS': the state of alerts is written under this name"),
        (changed("retention", "retention: 400"), 8, "'400' is not a duration such as 400d or 1h30m"),
        (changed("retention", "retention: 0d"), 8, "'0d' is not a duration such as 400d or 1h30m"),
        (changed("retention", "retention: 1.5d"), 8, "'1.5d' is not a duration such as 400d or 1h30m"),
        (changed("retention", "retention: 1h1d"), 8, "'1h1d' is not a duration such as 400d or 1h30m"),
        (changed("retention", "retention: 1d1d"), 8, "'1d1d' is not a duration such as 400d or 1h30m"),
        (changed("retention", "retention: forever"), 8, "'forever' is not a duration such as 400d or 1h30m"),
        (changed("retention", "retention: 999999999999y"), 8, "the duration '999999999999y' is too long"),
    ])
    func `a fault has its line and a reason`(text: String, line: Int, reason: String) throws {
        let error = try #require(throws: FileError.self) { try parse(text) }
        #expect(error.description == "d.yml:\(line): \(reason)")
    }

    @Test(arguments: [
        ("400d", 34_560_000_000), ("1y", 31_536_000_000), ("2w", 1_209_600_000), ("1h30m", 5_400_000),
        ("1y2w3d4h5m6s7ms", 33_019_506_007), ("90s", 90_000), ("1ms", Int64(1)),
    ])
    func `retention is a duration as Prometheus writes it`(text: String, milliseconds: Int64) throws {
        #expect(try parse(Self.changed("retention", "retention: \(text)"))[0].retention == .milliseconds(milliseconds))
    }

    private static func metric(_ name: String, _ type: String) -> String {
        let buckets = type == "histogram" ? ", buckets: [1]" : ""
        return "  - {name: \(name), help: A., type: \(type), events: [a], value: v\(buckets)}\n"
    }

    @Test(arguments: [
        ("x", "histogram", "x_bucket", "gauge", "'x_bucket' reads as 'x_bucket', and so does 'x'"),
        ("x", "histogram", "x_sum", "distinct", "'x_sum' reads as 'x_sum', and so does 'x'"),
        ("x_count", "gauge", "x", "histogram", "'x' reads as 'x_count', and so does 'x_count'"),
        ("x", "histogram", "x_created", "gauge", "'x_created' reads as 'x_created', and so does 'x'"),
        ("x_total", "counter", "x", "gauge", "'x' reads as 'x', and so does 'x_total'"),
        ("x", "histogram", "x_total", "counter", "'x_total' reads as 'x', and so does 'x'"),
        ("x_created", "distinct", "x_total", "counter", "'x_total' reads as 'x_created', and so does 'x_created'"),
        ("x", "gauge", "x", "histogram", "the metric 'x' is defined twice"),
    ])
    func `no two metrics read as one name`(
        first: String,
        _ firstType: String,
        second: String,
        _ secondType: String,
        reason: String
    ) throws {
        let text = Self.metric(first, firstType) + Self.metric(second, secondType)
        let error = try #require(throws: FileError.self) { try parse(text) }
        #expect(error.description == "d.yml:3: \(reason)")
    }

    @Test func `names that are only alike are kept apart`() throws {
        let text =
            Self.metric("x", "histogram") + Self.metric("x_bucket_total", "counter") + Self.metric("x_max", "gauge")
            + Self.metric("y_bucket", "gauge") + Self.metric("y_sum", "distinct")
        #expect(try parse(text).count == 5)
    }

    @Test func `two files cannot read as one name either, and the fault has its line`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "types-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (file, metric) in [("a.yml", Self.metric("x", "histogram")), ("b.yml", Self.metric("x_sum", "gauge"))] {
            try ("metrics:\n\n" + metric).write(to: folder.appending(path: file), atomically: true, encoding: .utf8)
        }
        #expect(
            try #require(throws: FileError.self) { try MetricDefinition.load([folder.path + "/*.yml"]) }.description
                == "\(folder.path)/b.yml:3: 'x_sum' reads as 'x_sum', and so does 'x'"
        )
    }
}
