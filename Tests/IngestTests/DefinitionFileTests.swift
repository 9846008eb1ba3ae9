// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import TimeSeries
import YAML

@testable import Ingest

@Suite struct `Definition files` {
    @Test func `every key is read`() throws {
        let definitions = try MetricDefinition.parse(
            """
            metrics:
              - name: spend_total
                help: "Money: all of it."
                type: counter
                events: [click, spend]
                where: {currency: USD, paid: "true"}
                value: [cost, amount]
                labels: [campaign, ad]
                max_series: 5_000
              - {name: clicks_total, help: Clicks., type: counter, events: click, value: cost}
            """,
            file: "d.yml"
        )
        #expect(
            definitions == [
                MetricDefinition(
                    name: "spend_total",
                    help: "Money: all of it.",
                    events: ["click", "spend"],
                    where: ["currency": "USD", "paid": "true"],
                    value: ["cost", "amount"],
                    labels: ["campaign", "ad"],
                    maxSeries: 5_000
                ),
                MetricDefinition(name: "clicks_total", help: "Clicks.", events: ["click"], value: ["cost"]),
            ]
        )
        #expect(definitions[1].maxSeries == 100_000)
        #expect(definitions[0].family.unit == .micro)
        #expect(try MetricDefinition.parse("metrics: []", file: "d.yml").isEmpty)
    }

    @Test func `what is shipped is read, with the series that dashboards rely on`() throws {
        let definitions = try shippedDefinitions()
        #expect(
            definitions.map(\.name) == [
                "campaign_impressions_total", "campaign_clicks_total", "campaign_conversions_total",
                "campaign_spend_total", "campaign_revenue_total", "campaign_reach_customers",
            ]
        )
        let labels = ["campaign", "ad", "channel", "device", "region", "variant"]
        let counters = definitions.filter { $0.kind == .counter }
        #expect(counters.count == 5)
        #expect(counters.allSatisfy { $0.labels == labels + ($0.valueFields.isEmpty ? [] : ["currency"]) })
        let reach = try #require(definitions.last)
        #expect((reach.kind, reach.valueFields, reach.labels) == (.distinct, ["customer"], ["campaign"]))
        #expect(reach.events == ["impression", "click", "conversion"])
    }

    /// A definition with one line changed or left out; `name` is on line 2.
    private static func changed(_ key: String, _ line: String?) -> String {
        let lines = [
            ("name", "name: a_total"), ("help", "help: A."), ("type", "type: counter"), ("events", "events: [click]"),
            ("labels", "labels: [campaign]"),
        ]
        var kept = lines.map { $0.0 == key ? line : $0.1 }.compactMap(\.self)
        if !lines.contains(where: { $0.0 == key }), let line { kept.append(line) }
        return "metrics:\n  - " + kept.joined(separator: "\n    ") + "\n"
    }

    @Test(arguments: [
        (changed("name", nil), 2, "the key 'name' is missing"), (changed("help", nil), 2, "the key 'help' is missing"),
        (changed("type", nil), 2, "the key 'type' is missing"),
        (changed("events", nil), 2, "the key 'events' is missing"),
        (changed("name", "name: a-b_total"), 2, "'a-b_total' is not a metric name: letters, digits and _ only"),
        (changed("name", "name: job:a_total"), 2, "'job:a_total' is not a metric name: letters, digits and _ only"),
        (changed("name", "name: 9_total"), 2, "'9_total' is not a metric name: letters, digits and _ only"),
        (changed("name", "name: clicks"), 2, "the name of a counter ends in _total: 'clicks'"),
        (
            changed("name", "name: tidemark_a_total"), 2,
            "'tidemark_a_total': names with tidemark_ and process_ are Tidemark's own"
        ),
        (
            changed("name", "name: process_a_total"), 2,
            "'process_a_total': names with tidemark_ and process_ are Tidemark's own"
        ),
        (changed("name", "name:"), 2, "text is expected here"),
        (changed("help", "help: ''"), 3, "'help' is one sentence for the HELP line"),
        (
            changed("type", "type: summary"), 4,
            "type 'summary' is not known; there are counter, gauge, histogram and distinct"
        ),
        (changed("events", "events: []"), 5, "'events' lists one or more event types, each once"),
        (changed("events", "events: [a, b, a]"), 5, "'events' lists one or more event types, each once"),
        (changed("events", "events: ['']"), 5, "'events' lists one or more event types, each once"),
        (changed("events", "events: {a: b}"), 5, "a list is expected here"),
        (
            changed("labels", "labels: [a, 1b]"), 6,
            "'1b' is not a label name: letters, digits and _, not beginning with __"
        ),
        (
            changed("labels", "labels: [__a]"), 6,
            "'__a' is not a label name: letters, digits and _, not beginning with __"
        ),
        (
            changed("labels", "labels: [a, customer]"), 6,
            "customer is never a label: a series for each customer has no bound"
        ),
        (changed("labels", "labels: [le]"), 6, "the label 'le' is reserved"),
        (changed("labels", "labels: [quantile]"), 6, "the label 'quantile' is reserved"),
        (changed("labels", "labels: [overflow]"), 6, "the label 'overflow' is reserved"),
        (changed("labels", "labels:\n      - a\n      - b\n      - a"), 9, "the label 'a' is given twice"),
        (changed("where", "where: [a]"), 7, "a mapping is expected here"),
        (changed("where", "where: {a: [b]}"), 7, "text is expected here"),
        (changed("value", "value: []"), 7, "'value' names a field, or several of which the first present counts"),
        (changed("value", "value: ['']"), 7, "'value' names a field, or several of which the first present counts"),
        (changed("max_series", "max_series: 0"), 7, "max_series is 1 to 100000000"),
        (changed("max_series", "max_series: 100000001"), 7, "max_series is 1 to 100000000"),
        (changed("max_series", "max_series: many"), 7, "'many' is not a whole number"),
        (changed("max_series", "max_series: 1.5"), 7, "'1.5' is not a whole number"),
        (
            changed("valeu", "valeu: cost"), 7,
            "unknown key 'valeu'; known are bin, buckets, each, events, help, labels, max_series, measure, name, needs, retention, type, value, where"
        ),
        (
            changed("", nil) + "  - {name: a_total, help: A., type: counter, events: [b]}\n", 7,
            "the metric 'a_total' is defined twice"
        ),
        ("other: []", 1, "unknown key 'other'; known are classes, joins, metrics"),
        ("{}", 1, "the key 'metrics' is missing"),
        ("metrics: {}", 1, "a list is expected here"),
        ("metrics:\n  - a_total", 2, "a mapping is expected here"),
    ])
    func `a fault has its line and a reason, and nothing is taken`(text: String, line: Int, reason: String) throws {
        let error = try #require(throws: FileError.self) { try MetricDefinition.parse(text, file: "d.yml") }
        #expect(error.description == "d.yml:\(line): \(reason)")
    }

    @Test func `files are read by pattern, and a metric in two of them is refused`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "definitions-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ name: String, _ metric: String, labels: [String] = []) throws {
            let text = "metrics: [{name: \(metric), help: A., type: counter, events: [a], labels: \(labels)}]"
            try text.write(to: folder.appending(path: name), atomically: true, encoding: .utf8)
        }
        try write("b.yml", "b_total")
        try write("a.yml", "a_total")
        #expect(try MetricDefinition.load([folder.path + "/*.yml"]).map(\.name) == ["a_total", "b_total"])
        try write("c.yml", "a_total")
        #expect(
            try #require(throws: FileError.self) { try MetricDefinition.load([folder.path + "/*.yml"]) }.description
                == "\(folder.path)/c.yml:1: the metric 'a_total' is defined in another file too"
        )
        try write("c.yml", "c_total", labels: (0..<144).map { "l\($0)" })
        #expect(try MetricDefinition.load([folder.path + "/*.yml"]).count == 3)
        try write("c.yml", "c_total", labels: (0..<145).map { "l\($0)" })
        #expect(
            try #require(throws: FileError.self) { try MetricDefinition.load([folder.path + "/*.yml"]) }.reason
                == "the definitions use 151 fields; at most 150 are looked at"
        )
        try Data([0xFF, 0xFE]).write(to: folder.appending(path: "c.yml"))
        #expect(
            try #require(throws: FileError.self) { try MetricDefinition.load([folder.path + "/c.yml"]) }.reason
                == "not valid UTF-8"
        )
    }
}
