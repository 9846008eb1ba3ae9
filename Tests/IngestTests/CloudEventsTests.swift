// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Ingest

@Suite struct `CloudEvents` {
    private let envelope = #""specversion":"1.0","type":"click","source":"shop","id":"1","time":"2025-06-15T00:00:00Z""#

    @Test func `the event is in data and the envelope's type, identity and time count`() {
        let batch = decode("{\(envelope),\"data\":{\"campaign\":\"a\",\"cost\":\"0.5\"}}")
        #expect(batch.events == ["click campaign=a cost=500000 @1749945600000 #"])
        let plain = decode(
            #"{"type":"click","source":"shop","id":"1","time":"2025-06-15T00:00:00Z","campaign":"a","cost":0.5}"#
        )
        #expect(batch.fingerprints == plain.fingerprints)
        #expect(batch.digests == plain.digests)
    }

    @Test func `the envelope wins over members of data with the same names`() {
        let data = #"{"type":"spend","source":"other","id":"2","time":0,"campaign":"a","cost":1}"#
        let batch = decode("{\(envelope),\"data\":\(data)}\n{\"data\":\(data),\(envelope)}")
        let plain = decode("{\(envelope),\"data\":{\"campaign\":\"a\",\"cost\":1}}")
        #expect(
            batch.events == [
                "click campaign=a cost=1000000 @1749945600000 #", "click campaign=a cost=1000000 @1749945600000 #",
            ]
        )
        #expect(batch.fingerprints == [plain.fingerprints[0], plain.fingerprints[0]])
    }

    @Test func `without an envelope time the time of data counts, and without one that of arrival`() {
        let start = #"{"specversion":"1.0","type":"click","source":"s","id":"1","data":"#
        #expect(decode(start + #"{"time":"2025-06-15T00:00:00Z"}}"#).events == ["click @1749945600000 #"])
        #expect(decode(start + "{}}").events == ["click #"])
    }

    @Test func `labels outside data do not count, but for an event without data`() {
        #expect(decode("{\(envelope),\"campaign\":\"outside\",\"data\":{}}").events == ["click @1749945600000 #"])
        #expect(decode("{\(envelope),\"campaign\":\"outside\"}").events == ["click campaign=outside @1749945600000 #"])
        #expect(
            decode("{\(envelope),\"campaign\":\"outside\",\"data\":null}").events == [
                "click campaign=outside @1749945600000 #"
            ]
        )
    }

    @Test(arguments: ["\"text\"", "[1]", "7", "true", "[{\"campaign\":\"a\"}]"])
    func `data that is no object is malformed`(data: String) {
        let batch = decode("{\(envelope),\"data\":{}}\n{\(envelope),\"data\":\(data)}\n{\(envelope),\"data\":{}}\n")
        #expect(batch.count == 2)
        #expect(batch.faults == ["2 malformed"])
        #expect(batch.rejects[0].message.contains("data"))
    }

    @Test func `data of one without a version is no envelope`() {
        #expect(decode(#"{"type":"click","data":{"campaign":"a"}}"#).events == ["click"])
        #expect(decode(#"{"specversion":null,"type":"click","data":{"campaign":"a"}}"#).events == ["click"])
    }

    @Test func `faults inside data have the line of their envelope`() {
        let batch = decode(
            """
            {\(envelope),"data":{"cost":-1}}
            {"specversion":"1.0","id":"1","source":"s","data":{"type":"click"}}
            {\(envelope),"data":{"cost":}}
            {"specversion":"1.0","type":"click","id":"1","source":"s","time":"x","data":{}}
            """
        )
        #expect(batch.count == 0)
        #expect(batch.faults == ["1 bad_number", "2 missing_field", "3 malformed", "4 bad_time"])
        let many = (0..<257).map { "\"f\($0)\":0" }.joined(separator: ",")
        #expect(decode("{\(envelope),\"data\":{\(many)}}").faults == ["1 too_many_fields"])
    }

    @Test func `a batch is an array of them, mixed with plain events if need be`() {
        let batch = decode(
            """
            [
              {\(envelope), "data": {"campaign": "a"}},
              {"type": "click", "campaign": "plain"},
              {\(envelope), "data": 1},
              {\(envelope), "data": {"campaign": "\\u0062"}}
            ]
            """,
            .json
        )
        #expect(
            batch.events == [
                "click campaign=a @1749945600000 #", "click campaign=plain", "click campaign=b @1749945600000 #",
            ]
        )
        #expect(batch.faults == ["4 malformed"])
    }

    @Test func `escapes in the envelope outlive the reading of data`() {
        let batch = decode(
            #"{"specversion":"1.0","type":"cl\u0069ck","source":"\u0061","id":"\u0062","data":{"campaign":"\u0063\u0064","device":"\u0065"}}"#
        )
        #expect(batch.events == ["click campaign=cd device=e #"])
        #expect(batch.fingerprints == decode(#"{"type":"click","source":"a","id":"b"}"#).fingerprints)
    }
}
