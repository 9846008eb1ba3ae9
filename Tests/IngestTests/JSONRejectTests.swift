// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Ingest

@Suite struct `Rejected JSON lines` {
    static let deep = String(repeating: "[", count: 100) + String(repeating: "]", count: 100)
    static let long = String(repeating: "x", count: 1_025)

    static let cases: [(line: String, reason: String)] = [
        // malformed
        ("{", "malformed"), ("}", "malformed"), ("{}}", "malformed"), ("{\"type\":\"click\"", "malformed"),
        ("{\"type\":\"click\",}", "malformed"), ("{,\"type\":\"click\"}", "malformed"),
        ("{\"type\" \"click\"}", "malformed"),
        ("{\"type\":\"click\" \"campaign\":\"a\"}", "malformed"), ("{\"type\":\"click\"} x", "malformed"),
        ("{\"type\":\"click\"}{\"type\":\"click\"}", "malformed"), ("{\"type\":\"click\"},", "malformed"),
        ("{type:\"click\"}", "malformed"), ("{'type':'click'}", "malformed"), ("{\"type\":click}", "malformed"),
        ("{\"type\":\"click}", "malformed"), ("{\"type\":\"cl\tick\"}", "malformed"),
        ("{\"ty\tpe\":\"click\"}", "malformed"),
        ("{\"type\":\"click\",\"x\":01}", "malformed"), ("{\"type\":\"click\",\"x\":1.}", "malformed"),
        ("{\"type\":\"click\",\"x\":.5}", "malformed"), ("{\"type\":\"click\",\"x\":+1}", "malformed"),
        ("{\"type\":\"click\",\"x\":1e}", "malformed"), ("{\"type\":\"click\",\"x\":0x1}", "malformed"),
        ("{\"type\":\"click\",\"x\":NaN}", "malformed"), ("{\"type\":\"click\",\"x\":Infinity}", "malformed"),
        ("{\"type\":\"click\",\"x\":-}", "malformed"), ("{\"type\":\"click\",\"x\":tru}", "malformed"),
        ("{\"type\":\"click\",\"x\":truely}", "malformed"), ("{\"type\":\"click\",\"x\":nul}", "malformed"),
        ("{\"type\":\"click\",\"x\":}", "malformed"), ("{\"type\":\"click\",\"x\"}", "malformed"),
        ("{\"type\":\"click\",\"x\":1 2}", "malformed"), ("{\"type\":\"click\",\"x\":1:2}", "malformed"),
        ("{\"type\":\"click\":\"x\"}", "malformed"), ("{\"type\":\"click\" :,\"x\":1}", "malformed"),
        ("{\"type\":\"click\",\"x\":\"a\":{\"y\":2}}", "malformed"), ("{\"type\":\"cl\\u0069ck\":1}", "malformed"),
        ("{\"type\":\"click\",\"x\":{}:1}", "malformed"),
        // What simdjson alone would pass over: it takes a string with a colon behind it for a key.
        ("{\"type\":\"click\":\"x\":[1],\"y\":true},\"z\":null}", "malformed"),
        ("{\"type\":\"click\":,\"x\":[1],\"y\":true},\"z\":null}", "malformed"),
        ("{\"type\":\"click\",\"x\":\"\\q\"}", "malformed"),
        ("{\"type\":\"click\",\"x\":\"\\u12g4\"}", "malformed"), ("{\"type\":\"click\",\"\\q\":1}", "malformed"),
        ("{\"type\":\"click\",\"campaign\":\"\\ud800\"}", "malformed"),
        ("{\"type\":\"click\",\"campaign\":\"\\udc00x\"}", "malformed"),
        ("{\"type\":\"click\",\"x\":{\"a\":}}", "malformed"), ("{\"type\":\"click\",\"x\":{\"a\":1,}}", "malformed"),
        ("{\"type\":\"click\",\"x\":[1,]}", "malformed"), ("{\"type\":\"click\",\"x\":[1 2]}", "malformed"),
        ("{\"type\":\"click\",\"x\":[1}", "malformed"), ("{\"type\":\"click\",\"x\":[\"\\q\"]}", "malformed"),
        ("{\"type\":\"click\",\"x\":[nope]}", "malformed"), ("{\"type\":\"click\",\"x\":{a:1}}", "malformed"),
        ("{\"type\":\"click\",\"x\":\(deep)}", "malformed"),
        ("[]", "malformed"), ("[{\"type\":\"click\"}]", "malformed"), ("null", "malformed"), ("true", "malformed"),
        ("12", "malformed"), ("\"click\"", "malformed"), ("click", "malformed"), ("\0", "malformed"),
        ("{\"type\":\"click\"}\0", "malformed"),
        ("{\"type\":1}", "malformed"), ("{\"type\":true}", "malformed"), ("{\"type\":{}}", "malformed"),
        ("{\"type\":\"click\",\"campaign\":{}}", "malformed"),
        ("{\"type\":\"click\",\"campaign\":[\"a\"]}", "malformed"),
        ("{\"type\":\"click\",\"id\":true}", "malformed"), ("{\"type\":\"click\",\"id\":{}}", "malformed"),
        ("{\"type\":\"click\",\"id\":\"a\",\"source\":[]}", "malformed"),
        // missing_field
        ("{}", "missing_field"), ("{\"campaign\":\"a\"}", "missing_field"), ("{\"type\":\"\"}", "missing_field"),
        ("{\"type\":null}", "missing_field"), ("{\"type\":\"spend\"}", "missing_field"),
        ("{\"type\":\"spend\",\"cost\":null,\"amount\":null}", "missing_field"),
        ("{\"TYPE\":\"click\"}", "missing_field"),
        // bad_time
        ("{\"type\":\"click\",\"time\":\"yesterday\"}", "bad_time"), ("{\"type\":\"click\",\"time\":\"\"}", "bad_time"),
        ("{\"type\":\"click\",\"time\":\"2025-06-15T15:06:40\"}", "bad_time"),
        ("{\"type\":\"click\",\"time\":true}", "bad_time"),
        ("{\"type\":\"click\",\"time\":{}}", "bad_time"), ("{\"type\":\"click\",\"time\":[1]}", "bad_time"),
        ("{\"type\":\"click\",\"time\":-1}", "bad_time"), ("{\"type\":\"click\",\"time\":-0.0001}", "bad_time"),
        ("{\"type\":\"click\",\"time\":\"1969-12-31T23:59:59.999Z\"}", "bad_time"),
        ("{\"type\":\"click\",\"time\":\"1750000000\"}", "bad_time"),
        ("{\"type\":\"click\",\"time\":1e99}", "bad_time"),
        // future
        ("{\"type\":\"click\",\"time\":1750000600001}", "future"),
        ("{\"type\":\"click\",\"time\":1750000600.001}", "future"),
        ("{\"type\":\"click\",\"time\":\"2025-06-15T15:16:40.001Z\"}", "future"),
        ("{\"type\":\"click\",\"time\":1e14}", "future"),
        // bad_number
        ("{\"type\":\"spend\",\"cost\":\"\"}", "missing_field"),
        ("{\"type\":\"spend\",\"cost\":\"a lot\"}", "bad_number"),
        ("{\"type\":\"spend\",\"cost\":-0.01}", "bad_number"), ("{\"type\":\"spend\",\"cost\":\"-1\"}", "bad_number"),
        ("{\"type\":\"spend\",\"cost\":\"NaN\"}", "bad_number"),
        ("{\"type\":\"spend\",\"cost\":\"inf\"}", "bad_number"),
        ("{\"type\":\"spend\",\"cost\":1e400}", "bad_number"), ("{\"type\":\"spend\",\"cost\":true}", "bad_number"),
        ("{\"type\":\"spend\",\"cost\":{}}", "bad_number"), ("{\"type\":\"spend\",\"cost\":[1]}", "bad_number"),
        ("{\"type\":\"spend\",\"cost\":\" 1\"}", "bad_number"),
        ("{\"type\":\"spend\",\"cost\":\"0x10\"}", "bad_number"),
        ("{\"type\":\"spend\",\"cost\":-1e-9}", "bad_number"), ("{\"type\":\"click\",\"amount\":\"x\"}", "bad_number"),
        // too_large
        ("{\"type\":\"click\",\"campaign\":\"\(long)\"}", "too_large"),
        ("{\"type\":\"click\",\"id\":\"\(long)\"}", "too_large"),
        ("{\"type\":\"click\",\"id\":\"a\",\"source\":\"\(long)\"}", "too_large"),
        // too_many_fields
        ("{\"type\":\"click\"," + (0..<256).map { "\"f\($0)\":0" }.joined(separator: ",") + "}", "too_many_fields"),
    ]

    @Test(arguments: cases)
    func `a faulty line is named with its reason and its neighbours count`(line: String, reason: String) {
        let batch = decode(
            "{\"type\":\"click\",\"campaign\":\"before\"}\n\(line)\n{\"type\":\"click\",\"campaign\":\"behind\"}\n"
        )
        #expect(batch.events == ["click campaign=before", "click campaign=behind"])
        #expect(batch.faults == ["2 \(reason)"])
        #expect(batch.unmatched == 0)
        #expect(batch.lines == 3)
        #expect(batch.rejects.allSatisfy { !$0.message.isEmpty })
    }

    @Test func `all faulty lines together are named one by one`() {
        let good = "{\"type\":\"click\"}"
        let batch = decode(Self.cases.map { "\($0.line)\n\(good)" }.joined(separator: "\n"))
        #expect(batch.count == Self.cases.count)
        #expect(batch.faults == Self.cases.enumerated().map { "\($0.offset * 2 + 1) \($0.element.reason)" })
    }

    @Test(
        arguments: [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x80],
            [0xF8, 0x88, 0x80, 0x80, 0x80],
        ] as [[UInt8]]
    )
    func `bytes that are not UTF-8 are rejected wherever they stand`(bad: [UInt8]) {
        let good = bytes("{\"type\":\"click\"}\n")
        let places: [(String, String)] = [
            ("{\"type\":\"click\",\"campaign\":\"", "\"}\n"), ("{\"type\":\"click\",\"unknown\":\"", "\"}\n"),
            ("{\"type\":\"click\",\"", "\":1}\n"), ("{\"type\":\"click\",\"x\":[\"", "\"]}\n"),
        ]
        for (start, end) in places {
            let batch = decode(good + bytes(start) + bad + bytes(end) + good)
            #expect(batch.faults == ["2 bad_utf8"], "\(start)")
            #expect(batch.count == 2)
        }
    }

    @Test func `a time exactly ten minutes ahead is accepted`() {
        let batch = decode(
            """
            {"type":"click","time":1750000600000}
            {"type":"click","time":"2025-06-15T15:16:40Z"}
            {"type":"click","time":1750000600}
            {"type":"click","time":0}
            """
        )
        #expect(batch.faults.isEmpty)
        #expect(batch.events == ["click @1750000600000", "click @1750000600000", "click @1750000600000", "click @0"])
    }

    @Test func `an event that no definition uses is unmatched, not rejected`() {
        let batch = decode(
            "{\"type\":\"sunset\",\"time\":\"never\",\"cost\":-1}\n{\"type\":\"click\"}\n{\"type\":\"Click\"}\n"
        )
        #expect(batch.unmatched == 2)
        #expect(batch.faults.isEmpty)
        #expect(batch.events == ["click"])
    }

    @Test func `a fault behind the label leaves nothing of the event behind`() {
        let batch = decode(
            """
            {"type":"click","campaign":"lost","cost":"x"}
            {"type":"click","campaign":"lost","cost":1,"time":"x"}
            {"type":"click","campaign":"lost","cost":1,"id":[]}
            {"type":"click","campaign":"kept","cost":2}
            """
        )
        #expect(batch.events == ["click campaign=kept cost=2000000"])
        #expect(batch.storage.pointee.keys.count == Int(batch.storage.pointee.entries.base[0].keyLength))
        #expect(batch.storage.pointee.values.count == 1)
        #expect(batch.storage.pointee.valueKinds.count == 1)
    }

    @Test func `the numbers of the reasons stay what they are on disk`() {
        #expect(RejectReason.allCases.map(\.rawValue) == Array(0...7))
        #expect(
            RejectReason.allCases.map(\.name)
                == [
                    "malformed", "missing_field", "bad_time", "future", "bad_number", "too_large", "too_many_fields",
                    "bad_utf8",
                ]
        )
    }
}
