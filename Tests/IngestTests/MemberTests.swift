// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries
import YAML

@testable import Ingest

@Suite struct `Members of an object` {
    private func ingest(_ definitions: String, _ lines: String) throws -> Ingestion {
        let ingestion = Ingestion(try MetricDefinition.parse("metrics:\n" + definitions, file: "d.yml"))
        try ingestion.add(lines)
        return ingestion
    }

    private static let features = """
          - name: observed_total
            help: A.
            type: counter
            events: [prediction]
            each: {of: features, label: feature, take: bin}
            labels: [model]
          - name: missing_total
            help: A.
            type: counter
            events: [prediction]
            each: {of: features, label: feature, take: missing}
            labels: [model]

        """

    @Test func `count one by one by name and bin, also when nothing else of the event does`() throws {
        let ingestion = try ingest(
            Self.features,
            #"{"type":"prediction","model":"m","features":{"a":1,"b":"red","c":null,"d":true,"e":"","f":NaN_}}"# + "\n"
                + #"{"type":"prediction","model":"m","features":{"a":-0.2,"b\u0041":"gr\u00fcn","c":7.0}}"# + "\n"
                + #"{"type":"prediction","model":"m","features":{"a":-0.2,"b":"gr\u00fcn"}}"# + "\n"
        )
        // The first line is no JSON.
        #expect(ingestion.report.rejected == 1)
        #expect(ingestion.report.accepted == 2)
        #expect(ingestion.report.unmatched == 0)
        #expect(
            ingestion.totals == [
                #"observed_total{bin="-0.2102",feature="a",model="m"}"#: 2,
                #"observed_total{bin="grün",feature="b",model="m"}"#: 1,
                #"observed_total{bin="grün",feature="bA",model="m"}"#: 1,
                #"observed_total{bin="7.336",feature="c",model="m"}"#: 1,
            ]
        )
    }

    @Test func `that have no value are missing, and none of a repeated event counts again`() throws {
        let line =
            #"{"type":"prediction","id":"1","model":"m","features":{"a":null,"b":"","c":"NaN","d":false}}"# + "\n"
        let ingestion = try ingest(Self.features, line + line)
        #expect(ingestion.report.duplicates == 1)
        #expect(
            ingestion.totals == [
                #"missing_total{feature="a",model="m"}"#: 1, #"missing_total{feature="b",model="m"}"#: 1,
                #"missing_total{feature="c",model="m"}"#: 1,
                #"observed_total{bin="false",feature="d",model="m"}"#: 1,
            ]
        )
    }

    @Test func `are all rejected with their event when one is neither a number nor a text`() throws {
        for value in ["[1]", #"{"a":1}"#] {
            let ingestion = try ingest(
                Self.features,
                #"{"type":"prediction","model":"m","features":{"a":1,"b":\#(value)}}"# + "\n"
            )
            #expect(ingestion.report.errors.map(\.message) == ["features.b: neither a number nor a text"])
            #expect(ingestion.totals.isEmpty)
        }
        let ingestion = try ingest(Self.features, #"{"type":"prediction","features":3}"# + "\n")
        #expect(ingestion.report.errors.map(\.message) == ["features: not an object"])
    }

    @Test func `of another order or another bin of the same values are a repetition, other values a conflict`() throws {
        func digest(_ features: String) -> UInt32 {
            let definitions = try? MetricDefinition.parse("metrics:\n" + Self.features, file: "d.yml")
            let schema = EventSchema(definitions ?? [])
            let text = #"{"type":"prediction","id":"1","time":1750000000,"features":\#(features)}"# + "\n"
            return decode(text, schema: schema).digests[0]
        }
        #expect(digest(#"{"a":1,"b":2}"#) == digest(#"{"b":2,"a":1}"#))
        #expect(digest(#"{"a":1,"b":2}"#) != digest(#"{"a":2,"b":1}"#))
        #expect(digest(#"{"a":1.00}"#) != digest(#"{"a":1.01}"#))
    }

    @Test func `add up by value`() throws {
        let ingestion = try ingest(
            """
              - name: parts_total
                help: A.
                type: counter
                events: [order]
                each: {of: parts, label: part, take: value}
            """,
            #"{"type":"order","parts":{"a":3,"b":0.5,"c":null}}"# + "\n"
        )
        #expect(ingestion.totals == [#"parts_total{part="a"}"#: 3_000_000, #"parts_total{part="b"}"#: 500_000])
        #expect(ingestion.schema.definitions[0].family.unit == .micro)
    }

    @Test func `do not take a label twice`() {
        func fault(_ each: String, _ labels: String) -> String? {
            let text = """
                metrics:
                  - {name: a_total, help: A., type: counter, events: [a], each: \(each), labels: \(labels)}
                """
            return #expect(throws: FileError.self) { try MetricDefinition.parse(text, file: "d.yml") }?.reason
        }
        #expect(fault("{of: f, label: bin, take: bin}", "[]") == "the label 'bin' is given twice")
        #expect(fault("{of: f, label: x, take: bin}", "[baseline]") == "the label 'baseline' is given twice")
        #expect(fault("{of: f, label: x, take: value}", "[x]") == "the label 'x' is given twice")
    }
}
