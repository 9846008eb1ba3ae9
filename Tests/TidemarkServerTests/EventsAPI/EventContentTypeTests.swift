// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Testing
import Tidemark

@testable import TidemarkServer

@Suite struct EventContentTypeTests {
    @Test(arguments: [
        ("application/x-ndjson" as String?, EventFormat.ndjson),
        ("application/x-ndjson; charset=utf-8", .ndjson),
        ("Application/X-NDJSON ;charset=UTF-8", .ndjson),
        ("application/json", .json),
        ("application/cloudevents+json; charset=utf-8", .json),
        ("application/cloudevents-batch+json", .json),
        ("text/csv; header=present", .csv),
        (nil, .auto),
        ("application/x-www-form-urlencoded", .auto),
    ])
    func `known types are read as what they say`(contentType: String?, format: EventFormat) throws {
        #expect(try eventFormat(contentType: contentType, origin: nil) == format)
    }

    @Test(arguments: ["text/plain", "application/xml", "multipart/form-data; boundary=x", "json", ";"])
    func `others are 415 and the message names what is supported`(contentType: String) {
        let error = #expect(throws: APIError.self) { try eventFormat(contentType: contentType, origin: contentType) }
        #expect(error?.status.code == 415)
        #expect(error?.message.contains("application/x-ndjson") == true)
    }

    @Test func `a web page has to name its type`() throws {
        #expect(throws: APIError.self) { try eventFormat(contentType: nil, origin: "https://elsewhere.example") }
        #expect(throws: APIError.self) {
            try eventFormat(contentType: "application/x-www-form-urlencoded", origin: "https://elsewhere.example")
        }
        #expect(try eventFormat(contentType: "application/json", origin: "https://ours.example") == .json)
    }
}

@Suite struct IngestAnswerTests {
    @Test func `the JSON has the contract's keys in its order`() {
        var answer = IngestAnswer(accepted: 1, duplicates: 2, conflicts: 3, rejected: 4, late: 5, unmatched: 6)
        #expect(
            answer.members
                == #""accepted":1,"duplicates":2,"conflicts":3,"rejected":4,"late":5,"unmatched":6,"errors":[]"#
        )
        answer.errors = [
            .init(line: 3, reason: "bad_time", message: "\"x\"\n\u{1}\\é"),
            .init(line: 9, reason: "future", message: ""),
        ]
        #expect(
            answer.members.hasSuffix(
                #""errors":[{"line":3,"reason":"bad_time","message":"\"x\"\n\u0001\\é"},"#
                    + #"{"line":9,"reason":"future","message":""}]"#
            )
        )
    }

    @Test func `at most 20 errors are listed`() {
        let errors = (1...25).map { IngestAnswer.Rejected(line: $0, reason: "malformed", message: "") }
        let members = IngestAnswer(rejected: 25, errors: errors).members
        #expect(members.contains(#""line":20,"#))
        #expect(!members.contains(#""line":21,"#))
    }

    @Test func `all rejected means that nothing else happened`() {
        #expect(IngestAnswer(rejected: 1).isAllRejected)
        #expect(!IngestAnswer().isAllRejected)
        #expect(!IngestAnswer(accepted: 1, rejected: 1).isAllRejected)
        #expect(!IngestAnswer(duplicates: 1, rejected: 1).isAllRejected)
        #expect(!IngestAnswer(rejected: 1, unmatched: 1).isAllRejected)
    }
}
