// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Ingest

@Suite struct `Format detection` {
    private func format(_ text: String, _ asked: EventFormat = .auto, mapping: EventMapping? = nil) -> EventFormat {
        bytes(text).withUnsafeBytes { EventDecoder.format(asked, mapping: mapping, text: $0) }
    }

    @Test(arguments: [
        ("", EventFormat.ndjson), ("\n \n", .ndjson), ("{\"type\":\"click\"}\n", .ndjson),
        ("{\"type\":\"click\"}", .ndjson),
        ("\u{FEFF}{\"type\":\"click\"}\n{\"type\":\"click\"}\n", .ndjson), ("rubbish\n{\"type\":\"click\"}\n", .ndjson),
        ("{\"a\":[1,2,\r\n", .json), ("{}\n", .ndjson), ("\r\n\r\n{\"a\":1}\r\n", .ndjson),
        ("[{\"type\":\"click\"}]", .json), ("[]", .json), ("  \n\t[\n{", .json), ("\u{FEFF}[]", .json),
        ("{\n  \"type\": \"click\"\n}", .json), ("{ \"type\": \"click\",\n  \"a\": 1\n}", .json),
        ("\n\n{\r\n\"type\":\"click\"}", .json), ("{\"type\":\"click\",\n{\"type\":\"click\"}\n", .ndjson),
    ])
    func `the first characters decide`(text: String, expected: EventFormat) {
        #expect(format(text) == expected)
    }

    @Test func `what is asked for wins, then the mapping`() throws {
        let csv = try mapping("{format: csv, emit: [{type: click}]}")
        let ndjson = try mapping("{format: ndjson, emit: [{type: click}]}")
        #expect(format("[]", .ndjson) == .ndjson)
        #expect(format("{}", .json, mapping: csv) == .json)
        #expect(format("[]", mapping: csv) == .csv)
        #expect(format("[]", mapping: ndjson) == .json)
        #expect(format("{}", mapping: ndjson) == .ndjson)
    }
}
