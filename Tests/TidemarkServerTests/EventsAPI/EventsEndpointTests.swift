// SPDX-License-Identifier: Apache-2.0

import Testing
import Tidemark

@testable import TidemarkServer

private let path = "/api/v1/events"
private let ndjson = ["Content-Type": "application/x-ndjson"]

@Suite struct EventsEndpointTests {
    @Test func `an accepted body is answered with its counts`() async throws {
        let store = FakeStore()
        let answer = try await withServer(store) { server in
            try await server.talk { try $0.post(path, ndjson, "{\"a\":1}\n{\"a\":2}\n") }
        }
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "application/json")
        #expect(
            answer.text
                == #"{"accepted":2,"duplicates":0,"conflicts":0,"rejected":0,"late":0,"unmatched":0,"errors":[]}"#
        )
        #expect(store.submissions == [.init(text: "{\"a\":1}\n{\"a\":2}\n", format: .ndjson, mapping: nil)])
    }

    @Test func `each content type reaches the store as its format`() async throws {
        let store = FakeStore()
        let types = [
            "application/x-ndjson", "application/json; charset=utf-8", "application/cloudevents+json",
            "application/cloudevents-batch+json", "application/x-www-form-urlencoded", nil,
        ]
        try await withServer(store) { server in
            try await server.talk { client throws in
                for type in types {
                    let answer = try client.post(path, type.map { ["Content-Type": $0] } ?? [:], "{}")
                    #expect(answer.status == 200)
                }
                #expect(try client.post(path, ["Content-Type": "text/html"], "{}").status == 415)
                #expect(try client.post(path, ["Content-Encoding": "br"], "{}").status == 415)
            }
        }
        #expect(store.submissions.map(\.format) == [.ndjson, .json, .json, .json, .auto, .auto])
    }

    @Test func `gzip bodies are inflated, and broken ones are 400`() async throws {
        let store = FakeStore()
        let body = try gzip("{\"a\":1}\n")
        try await withServer(store, configure: { $0.bodyLimit = 100_000 }) { server in
            let bomb = try gzip(String(repeating: " ", count: 1_000_000))
            try await server.talk { client throws in
                let headers = ["Content-Encoding": "gzip"]
                #expect(try client.request("POST", path, headers, body: body).status == 200)
                #expect(try client.request("POST", path, headers, body: Array(body.dropLast())).status == 400)
                #expect(try client.request("POST", path, headers, body: Array("plain".utf8)).status == 400)
                let answer = try client.request("POST", path, headers, body: bomb)
                #expect(answer.status == 413)
                #expect(answer.text.contains(#""errorType":"too_large""#))
            }
        }
        #expect(store.submissions.map(\.text) == ["{\"a\":1}\n"])
    }

    @Test func `a body over the limit is 413, announced or not`() async throws {
        let store = FakeStore()
        try await withServer(store, configure: { $0.bodyLimit = 1_000 }) { server in
            let exact = try await server.talk { try $0.post(path, ndjson, String(repeating: "x", count: 1_000)) }
            #expect(exact.status == 200)
            let announced = try await server.talk { client throws in
                client.sendHead("POST", path, length: 1 << 20)
                return try client.answer()
            }
            #expect(announced.status == 413)
            #expect(announced.headers["connection"] == "close")
            let chunked = try await server.talk { client throws in
                client.sendHead("POST", path, ["Transfer-Encoding": "chunked"])
                client.send("3e8\r\n\(String(repeating: "x", count: 1_000))\r\n1\r\nx\r\n0\r\n\r\n")
                return try client.answer()
            }
            #expect(chunked.status == 413)
        }
        #expect(store.submissions.count == 1)
    }

    @Test func `a chunked body is collected into one`() async throws {
        let store = FakeStore()
        try await withServer(store) { server in
            let answer = try await server.talk { client throws in
                client.sendHead("POST", path, ["Transfer-Encoding": "chunked"])
                client.send("4\r\n{\"a\"\r\n4\r\n:1}\n\r\n0\r\n\r\n")
                return try client.answer()
            }
            #expect(answer.status == 200)
        }
        #expect(store.submissions.map(\.text) == ["{\"a\":1}\n"])
    }

    @Test func `an empty body is 200 with zeros`() async throws {
        try await withServer(FakeStore()) { server in
            try await server.talk { client throws in
                #expect(try client.post(path, ndjson, "").text.hasPrefix(#"{"accepted":0,"#))
                #expect(try client.request("POST", path).status == 200)
            }
        }
    }

    @Test(arguments: [
        (StoreRefusal(kind: .queueFull, message: "the queue is full"), 429, "too_many_requests", "1"),
        (StoreRefusal(kind: .unavailable, message: "the store is poisoned"), 503, "unavailable", "5"),
        (StoreRefusal(kind: .tooLarge, message: "too large"), 413, "too_large", nil),
        (StoreRefusal(kind: .badRequest, message: "bad mapping"), 400, "bad_data", nil),
        (StoreRefusal(kind: .other, message: "a bug"), 500, "internal", nil),
    ])
    func `what the store refuses is answered by its kind`(
        refusal: StoreRefusal,
        code: Int,
        type: String,
        retry: String?
    ) async throws {
        for store in [FakeStore(submitRefusal: refusal), FakeStore(commitRefusal: refusal)] {
            let answer = try await withServer(store) { server in
                try await server.talk { try $0.post(path, ndjson, "{}") }
            }
            #expect(answer.status == code)
            #expect(answer.headers["retry-after"] == retry)
            #expect(answer.text == #"{"status":"error","errorType":"\#(type)","error":"\#(refusal.message)"}"#)
        }
    }

    @Test func `every event rejected is 400 with the counts behind the envelope`() async throws {
        let report = IngestAnswer(rejected: 1, errors: [.init(line: 1, reason: "malformed", message: "not JSON")])
        let answer = try await withServer(FakeStore(answer: report)) { server in
            try await server.talk { try $0.post(path, ndjson, "x") }
        }
        #expect(answer.status == 400)
        #expect(
            answer.text
                == #"{"status":"error","errorType":"bad_data","error":"every event was rejected; line 1: malformed: not JSON","#
                + #""accepted":0,"duplicates":0,"conflicts":0,"rejected":1,"late":0,"unmatched":0,"#
                + #""errors":[{"line":1,"reason":"malformed","message":"not JSON"}]}"#
        )
    }

    @Test func `CSV needs a mapping that the server knows`() async throws {
        try await withServer(FakeStore()) { server in
            try await server.talk { client throws in
                let csv = ["Content-Type": "text/csv"]
                let none = try client.post(path, csv, "a,b\n")
                #expect(none.status == 400)
                #expect(none.text.contains("?mapping=NAME"))
                let unknown = try client.post(path + "?mapping=shop", csv, "a,b\n")
                #expect(unknown.status == 400)
                #expect(unknown.text.contains("'shop'"))
            }
        }
    }

    @Test func `memory for bodies is bounded over all connections`() async throws {
        let store = FakeStore()
        // On a starved machine the first client must not be taken for a slow one, and give its share back.
        let configure: (inout ServerConfiguration) -> Void = {
            $0.bodyMemory = 640_000
            $0.bodyTimeout = .seconds(3_600)
            $0.idleTimeout = .seconds(3_600)
        }
        try await withServer(store, configure: configure) { server in
            // One client fills the memory and does not finish; the other is told to come back.
            try await server.talk { other throws in
                var requests = 1
                var answer: RawAnswer
                repeat {
                    let first = try RawClient(port: server.port)
                    first.sendHead("POST", path, length: 600_000)
                    first.send([UInt8](repeating: 32, count: 400_000))
                    // Its bytes are on their way. Did they come while the second has its share, the first would be refused.
                    for _ in 0..<requests { _ = try other.request("GET", "/-/healthy") }
                    requests *= 2
                    answer = try RawClient(port: server.port)
                        .post(path, ndjson, String(repeating: " ", count: 300_000))
                } while answer.status == 200 && requests < 100_000
                #expect(answer.status == 429)
                #expect(answer.headers["retry-after"] == "1")
            }
            // Its share is free again when the first client is gone: that takes the server a moment to notice.
            try await server.talk { client throws in
                var status = 429
                while status == 429 { status = try RawClient(port: server.port).post(path, ndjson, "{}").status }
                #expect(status == 200)
            }
        }
    }
}
