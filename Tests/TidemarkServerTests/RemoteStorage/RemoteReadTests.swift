// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing
import Tidemark
import TimeSeries

@testable import TidemarkServer

struct RemoteReadTests {
    private let stored = InMemorySeries()

    init() {
        stored.add(
            ["__name__": "up", "job": "a"],
            [(1_000, 1), (2_000, 0), (3_000, Double(bitPattern: 0x7FF0_0000_0000_0002))]
        )
        stored.add(["__name__": "up", "job": "b"], [(2_000, 5)])
        stored.add(["__name__": "down"], [(2_000, 7)])
    }

    @Test func `each query has its result, ordered by labels, both ends of its time inclusive`() async throws {
        let answer = try await ask([
            query(2_000, 3_000, [(0, "__name__", "up")]), query(0, 9_000, [(2, "job", "a|b"), (1, "job", "a")]),
            query(0, 9_000, [(3, "__name__", "u.+")]), query(3_000, 2_000, [(0, "__name__", "up")]),
        ])
        #expect(answer.status == 200)
        #expect(answer.headers["content-type"] == "application/x-protobuf")
        #expect(answer.headers["content-encoding"] == "snappy")
        #expect(
            try results(answer) == [
                [
                    #"{__name__="up",job="a"} 2000:0 3000:7ff0000000000002"#,
                    #"{__name__="up",job="b"} 2000:4014000000000000"#,
                ], [#"{__name__="up",job="b"} 2000:4014000000000000"#],
                [#"{__name__="down"} 2000:401c000000000000"#], [],
            ]
        )
    }

    @Test func `samples are served where they are taken, and nothing else is`() async throws {
        let one = query(0, 9_000, [(0, "__name__", "down")])
        #expect(try await ask([one], accepting: [1, 0]).status == 200)
        let refused = try await ask([one], accepting: [1])
        #expect(refused.status == 400)
        #expect(refused.text.contains("no answer of samples"))
    }

    @Test func `what cannot be answered says why`() async throws {
        let cases: [(answer: RawAnswer, text: String)] = [
            (try await ask([query(0, 9_000, [(2, "job", "(")])]), "missing closing )"),
            (try await ask([query(0, 9_000, [(9, "job", "a")])]), "not a remote read request"),
            (try await post(Array("corrupt".utf8)), "not a block of Snappy"),
            (try await ask([query(0, 9_000, [(0, "__name__", "up")])], most: 2), "more than 2 samples"),
        ]
        for (answer, text) in cases {
            #expect(answer.status == 400)
            #expect(answer.text.contains(text), "\(answer.text)")
        }
    }

    // MARK: - Requests

    private func query(_ start: UInt64, _ end: UInt64, _ matchers: [(UInt64, String, String)]) -> MessageWriter {
        var query = MessageWriter()
        query.varint(1, start)
        query.varint(2, end)
        for (type, name, value) in matchers {
            var matcher = MessageWriter()
            matcher.varint(1, type)
            matcher.text(2, name)
            matcher.text(3, value)
            query.message(3, matcher)
        }
        // Hints are passed over.
        query.message(4, MessageWriter())
        return query
    }

    private func ask(
        _ queries: [MessageWriter],
        accepting: [UInt64] = [],
        most: Int = 1_000
    ) async throws -> RawAnswer {
        var request = MessageWriter()
        for query in queries { request.message(1, query) }
        for type in accepting { request.varint(2, type) }
        let block = request.bytes.withUnsafeBytes { Array(Snappy.compress($0).readableBytesView) }
        return try await post(block, most: most)
    }

    private func post(_ body: [UInt8], most: Int = 1_000) async throws -> RawAnswer {
        let headers = [
            "Content-Type": "application/x-protobuf", "Content-Encoding": "snappy", "Accept-Encoding": "gzip",
        ]
        return try await withServer(
            FakeStore(series: stored),
            configure: { $0.queryOptions.maximumSamples = most }
        ) { server in
            try await server.talk { try $0.request("POST", "/api/v1/read", headers, body: body) }
        }
    }

    /// The series of each result with their samples' bits.
    private func results(_ answer: RawAnswer) throws -> [[String]] {
        let bytes = try answer.body.withUnsafeBytes {
            Array(try Snappy.decompress($0, limit: 1 << 20).readableBytesView)
        }
        return try bytes.withUnsafeBytes { bytes in
            var results: [[String]] = []
            var message = MessageReader(bytes)
            while let value = try message.next() {
                guard case .bytes(let content) = value else { continue }
                var lines: [String] = []
                var reader = WriteRequestReader(.v1)
                try reader.read(content) { series in
                    let labels = series.labels.map {
                        "\(String(decoding: $0.name, as: UTF8.self))=\"\(String(decoding: $0.value, as: UTF8.self))\""
                    }
                    let samples = zip(series.times, series.values).map { " \($0):\(String($1, radix: 16))" }
                    lines.append("{" + labels.joined(separator: ",") + "}" + samples.joined())
                }
                results.append(lines)
            }
            return results
        }
    }
}
