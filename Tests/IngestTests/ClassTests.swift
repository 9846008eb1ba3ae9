// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Ingest

@Suite struct `Fields that are made` {
    private let schema = EventSchema([
        MetricDefinition(
            name: "predictions_total",
            help: "A.",
            events: ["prediction"],
            labels: ["class"],
            bin: BinLabel(field: "score", bounds: [0.1, 0.5]),
            classes: [ClassField(name: "class", event: "prediction", label: "label", score: "score", threshold: 0.5)]
        ),
        MetricDefinition(
            name: "classes_total",
            help: "A.",
            events: ["prediction"],
            labels: ["class"],
            classes: [ClassField(name: "class", event: "prediction", label: "label", score: "score", threshold: 0.5)]
        ),
    ])

    private func counted(_ members: String) throws -> [String] {
        let ingestion = Ingestion(schema.definitions)
        try ingestion.add(#"{"type":"prediction",\#(members)}"# + "\n")
        return ingestion.totals.keys.sorted()
    }

    @Test(arguments: [
        ("true", "1"), ("false", "0"), ("1", "1"), ("1.0", "1"), ("10e-1", "1"), ("0", "0"), ("-0.0", "0"),
        ("2.0", "2"),
        ("2.5", "2.5"), (#""True""#, "True is 1"), (#""FALSE""#, "0"), (#""cat""#, "cat"), (#""1a.0""#, "1a.0"),
    ])
    func `are the class that a label says`(_ label: String, expected: String) throws {
        let name = expected == "True is 1" ? "1" : expected
        #expect(try counted(#""label":\#(label)"#) == [#"classes_total{class="\#(name)"}"#])
    }

    @Test(arguments: [
        ("0.5", "0", "0.5"), ("0.51", "1", "+Inf"), ("0.1", "0", "0.1"), ("0.100001", "0", "0.5"), ("-3", "0", "0.1"),
    ])
    func `are the class and the bin of a score`(_ score: String, name: String, bin: String) throws {
        #expect(
            try counted(#""score":\#(score)"#) == [
                #"classes_total{class="\#(name)"}"#, #"predictions_total{bin="\#(bin)",class="\#(name)"}"#,
            ]
        )
    }

    @Test func `are absent where what makes them is, and a label goes before a score`() throws {
        #expect(try counted(#""x":1"#) == ["classes_total"])
        #expect(try counted(#""score":"high""#) == ["classes_total"])
        #expect(
            try counted(#""label":0,"score":0.9"#) == [
                #"classes_total{class="0"}"#, #"predictions_total{bin="+Inf",class="0"}"#,
            ]
        )
        // An event cannot bring what is made.
        #expect(try counted(#""class":"z""#) == ["classes_total"])
    }
}
