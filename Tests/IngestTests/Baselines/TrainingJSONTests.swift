// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Ingest

@Suite struct `A training file of NDJSON` {
    @Test func `has an object of features on each line`() throws {
        let text = """
            {"age": 20, "city": "Seoul", "member": true}
            {"city": "Busan", "age": null, "member": false}

            {"age": 4e1, "city": "Seoul"}
            """
        #expect(
            try train(text, options: .init(bins: 2)).summary == [
                "age [20.0] 01=1 02=1 missing=1",
                "city categories Seoul=2 Busan=1 other=0 missing=0",
                "member categories false=1 true=1 other=0 missing=0",
            ]
        )
    }

    @Test func `may be predictions, of which those of the model and version count`() throws {
        let text = """
            {"type":"impression","id":"i","campaign":"spring"}
            {"type":"prediction","model":"m","version":"1","features":{"x":1}}
            {"type":"prediction","model":"m","version":2,"features":{"x":2}}
            {"type":"prediction","model":"m","features":{"x":3}}
            {"type":"prediction","model":"n","version":"1","features":{"x":4}}
            {"type":"prediction","model":"m","version":"1"}
            {"type":"outcome","prediction":"p","label":1}
            {"type":"scored","model":"m","version":"1","features":{"x":5}}
            """
        func values(_ version: String?) throws -> UInt64 { try train(text, version: version).features[0].observations }
        #expect(try values(nil) == 4)
        #expect(try values("1") == 2)
        #expect(try values("2") == 1)
        #expect(
            trainingFault(text, version: "3")
                == "training: no rows, and no predictions of the model 'm', version '3'"
        )
    }

    @Test func `may have columns named as the members of events`() throws {
        let baseline = try train(#"{"type":"mobile","model":"a","version":1,"features":2}"#)
        #expect(baseline.features.map(\.name) == ["type", "model", "version", "features"])
    }

    @Test func `does not count what an object does not have`() throws {
        let feature = try train("{\"x\":1}\n{}\n{\"x\":null}\n{\"x\":\"\"}\n").features[0]
        #expect(feature.observations == 1)
        #expect(feature.missing == 2)
    }

    @Test func `has of a name that is there twice the last value`() throws {
        #expect(try train(#"{"x":"a","x":"b"}"#).summary == ["x categories b=1 other=0 missing=0"])
        #expect(try train(#"{"x":"a","x":null}"#).summary == ["x categories other=0 missing=1"])
    }

    @Test func `has escapes resolved, in names and in values`() throws {
        let text = #"{"a\u0062":"x\n\"\u00e9\uD83D\uDE00\\"}"# + "\n" + #"{"ab":"y}]{["}"#
        #expect(try train(text).summary == ["ab categories x\n\"é😀\\=1 y}]{[=1 other=0 missing=0"])
        let nested = #"{"model":"m","features":{"\u0061":"\ud800","b":"\t"}}"#
        #expect(try train(nested).features.map(\.name) == ["a", "b"])
    }

    @Test(
        arguments: [
            ("{\"x\":1}\n{\"x\":1]}\n", "training:2: not valid JSON"),
            ("{\"x\":1}\n\n[1]\n", "training:3: not a JSON object"),
            ("{\"x\":[1]}\n", "training:1: 'x' is an array: leave it out"),
            ("{\"x\":1}\n{\"x\":{\"y\":[1,{}]}}\n", "training:2: 'x' is an object: leave it out"),
            ("{\"model\":\"m\",\"features\":{\"x\":[]}}\n", "training:1: 'x' is an array: leave it out"),
            ("{}\n{\"x\":1\n", "training:2: not valid JSON"),
            ("{\"type\":\"outcome\"}\n", "training: no rows, and no predictions of the model 'm'"),
        ]
    )
    func `ends with its first fault`(text: String, fault: String) {
        #expect(trainingFault(text) == fault)
    }

    @Test func `may leave out what is no value, and what is left out must be there`() throws {
        let text = #"{"x":[1,"}",{"y":2}],"y":3}"#
        #expect(try train(text, options: .init(leftOut: ["x"])).features.map(\.name) == ["y"])
        #expect(trainingFault(text, options: .init(leftOut: ["x", "z"])) == "training: there is no column 'z'")
    }

    @Test func `with more members than an event may have is refused`() {
        let members = (0..<257).map { "\"f\($0)\":1" }.joined(separator: ",")
        let fault = "training:1: more than 256 members; CSV may have more, and so may an object 'features'"
        #expect(trainingFault("{\(members)}") == fault)
        #expect(trainingFault("{\"model\":\"m\",\"features\":{\(members)}}") == "no fault")
        let many = (0..<1_001).map { "\"f\($0)\":1" }.joined(separator: ",")
        #expect(
            trainingFault("{\"model\":\"m\",\"features\":{\(many)}}")
                == "training:1: more than 1000 columns: leave some out"
        )
    }

    @Test func `with a line over 1 MiB is refused, however long it is`() {
        for length in [1 << 20, 5 << 20] {
            let text = "{}\n{\"x\":\"\(String(repeating: "a", count: length))\"}\n"
            #expect(trainingFault(text) == "training:2: longer than 1048576 bytes")
        }
    }

    @Test func `is the same as CSV, whatever the values`() throws {
        var random = SeededRandom(for: "training files")
        for _ in 0..<100 {
            let columns = (0...random.below(4)).map { "c\($0)" }
            let isText = columns.map { _ in random.chance(40) }
            var csv = columns.joined(separator: ",") + "\n"
            var json = ""
            for _ in 0...random.below(60) {
                let row: [String?] = isText.map { isText in
                    if random.chance(10) { return nil }
                    return isText ? random.word() : "\(Double(random.below(2_000) - 1_000) / 16)"
                }
                csv += row.map { "\"\($0 ?? "")\"" }.joined(separator: ",") + "\n"
                var members = zip(columns, zip(row, isText)).map { name, value in
                    let (text, isText) = value
                    return "\"\(name)\": " + (text.map { isText ? "\"\($0)\"" : $0 } ?? "null")
                }
                if random.chance(20) { members.reverse() }
                json += "{" + members.joined(separator: ", ") + "}\n"
            }
            let options = TrainingOptions(bins: 2 + random.below(19), topValues: random.below(25))
            let fromCSV = try train(csv, options: options).features
            let fromJSON = try train(json, options: options).features.sorted { $0.name < $1.name }
            check(fromCSV == fromJSON, "\(csv)")
        }
    }
}
