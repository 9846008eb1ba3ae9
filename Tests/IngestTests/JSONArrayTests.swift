// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Ingest

@Suite struct `JSON texts` {
    private func click(_ campaign: String) -> String { "{\"type\":\"click\",\"campaign\":\"\(campaign)\"}" }

    private func outcome(_ text: String) -> [String] {
        let batch = decode(text, .json)
        return batch.events.map { $0.replacing("click campaign=", with: "") } + batch.faults
    }

    @Test func `an array on one line, and one over many`() {
        #expect(outcome("[\(click("a")),\(click("b"))]") == ["a", "b"])
        let pretty = """
            [
              {
                "type": "click",
                "campaign": "a"
              },
              {
                "type": "click",
                "unknown": [
                  {"x": "]"}
                ],
                "campaign": "b"
              }
            ]

            """
        #expect(outcome(pretty) == ["a", "b"])
        #expect(outcome(pretty.replacing("\n", with: "\r\n")) == ["a", "b"])
        #expect(outcome("\u{FEFF}  \n" + pretty) == ["a", "b"])
    }

    @Test func `one object, or objects one after the other`() {
        #expect(outcome("{\n  \"type\": \"click\",\n  \"campaign\": \"a\"\n}\n") == ["a"])
        #expect(outcome("\(click("a"))\n\(click("b"))") == ["a", "b"])
        #expect(outcome("\(click("a"))\(click("b")) \(click("c"))\n\n\(click("d"))") == ["a", "b", "c", "d"])
    }

    @Test(arguments: ["[]", "[ \n ]", "\n[\n]\n"])
    func `an empty array is no event and no fault`(text: String) {
        #expect(outcome(text).isEmpty)
    }

    @Test(arguments: [
        "{\"type\":1}", "{\"type\":\"click\",}", "{\"type\" \"click\"}", "7", "nope", "\"text\"", "null", "[]",
        "[{\"type\":\"click\"}]",
        "{\"type\":\"click\"} x", "{\"type\":\"click\"} {}", "{}}", "}", "{\"x\":\"\\\"]}\",}",
        "{\"type\":\"click\",\"x\":\"a\nb\"}",
    ])
    func `a faulty element is named by its line and its neighbours count`(element: String) {
        let faults = decode("[\n\(click("a")),\n\(element)\n,\(click("b"))\n]", .json)
        #expect(faults.events == ["click campaign=a", "click campaign=b"], "\(element)")
        #expect(faults.rejects.map(\.line) == [3], "\(element)")
        #expect(faults.rejects.allSatisfy { $0.reason == .malformed })
    }

    @Test func `every reason has the line on which its element begins`() {
        let text = """
            [
              {"type": "click",
               "time": "x"},
              {"campaign": "a"}, {"type": "spend", "cost": -1},

              {"type": "click", "time": 1e14}
            ]
            """
        #expect(outcome(text) == ["2 bad_time", "4 missing_field", "4 bad_number", "6 future"])
    }

    @Test func `an array that is not closed says so, and the events before its end count`() {
        #expect(outcome("[\(click("a")),\(click("b"))") == ["a", "b", "1 malformed"])
        #expect(outcome("[") == ["1 malformed"])
        #expect(outcome("[\(click("a")),\n{\"type\":\"cli") == ["a", "2 malformed", "1 malformed"])
        #expect(outcome("[\(click("a")),\n{\"type\":\"click\"") == ["a", "2 malformed", "1 malformed"])
        #expect(outcome("[\(click("a")),\n{\"type\":\"click\\") == ["a", "2 malformed", "1 malformed"])
    }

    @Test func `stray brackets cost themselves only`() {
        #expect(outcome("\(click("a"))\n]\n\(click("b"))") == ["a", "b", "2 malformed"])
        #expect(outcome("\(click("a"))\n}\n\(click("b"))") == ["a", "b", "2 malformed"])
        #expect(outcome("[\(click("a"))]\n]") == ["a", "2 malformed"])
        #expect(outcome("[\(click("a"))]\n[]") == ["a", "2 malformed"])
    }

    @Test func `a line of rubbish between objects costs itself only`() {
        #expect(
            outcome("{\n\"type\":\"click\",\n\"campaign\":\"a\"\n}\nrubbish\n\(click("b"))\n") == [
                "a", "b", "5 malformed",
            ]
        )
        #expect(
            outcome("rubbish\n\(click("a"))\nmore rubbish\n\(click("b"))") == ["a", "b", "1 malformed", "3 malformed"]
        )
    }

    @Test func `a missing bracket reaches to the end of the array and no further back`() {
        #expect(outcome("[\(click("a")),\n{\"a\":[1},\n\(click("b"))]") == ["a", "2 malformed", "1 malformed"])
    }

    @Test func `brackets and quotes inside strings do not count`() {
        #expect(
            outcome(#"[{"type":"click","campaign":"}],{["},{"type":"click","campaign":"\"}]"}]"#) == ["}],{[", "\"}]"]
        )
        #expect(outcome(#"[{"type":"click","campaign":"\\"},{"type":"click","campaign":"b"}]"#) == [#"\"#, "b"])
    }

    @Test func `ten thousand open brackets are one fault`() {
        for bracket in ["[", "{", "[{\"a\":"] {
            let text = "[" + String(repeating: bracket, count: 10_000)
            #expect(decode(text, .json).count == 0)
            #expect(decode(text, .json).rejects.count == 2)
            #expect(decode(text, .ndjson).faults == ["1 malformed"])
        }
    }
}
