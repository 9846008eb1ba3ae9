// SPDX-License-Identifier: Apache-2.0

import Dispatch
import TestSupport
import Testing
import Tidemark

@testable import TidemarkServer

private let path = "/api/v1/admin/baselines"

/// Baselines over HTTP, beside events.
@Suite struct BaselinesEndpointTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func openStore() throws -> OpenStore {
        var options = StoreOptions()
        options.clock = StoppedClock()
        return OpenStore(
            store: try MetricsStore.open(at: directory.store, definitions: MetricDefinition.shipped, options: options)
        )
    }

    /// A prediction at 2026-03-01, so many seconds after 11:00.
    private static func prediction(_ id: Int, at seconds: Int = 0, _ features: String) -> String {
        #"{"type":"prediction","id":"\#(id)","time":\#(1_772_362_800 + seconds),"model":"m","features":{\#(features)}}"#
            + "\n"
    }

    private static func post(_ client: RawClient, _ query: String, _ body: String = "") throws -> RawAnswer {
        try client.post(path + query, [:], body)
    }

    @Test func `a posted file counts from the next event on, without a restart`() async throws {
        let rows =
            "id,age,plan\n" + (0..<100).map { "\($0),\(20 + $0 % 50),\($0 % 4 == 0 ? "free" : "plus")\n" }.joined()
        let zipped = try gzip(rows)
        try await withServer(try openStore(), clock: StoppedClock(), configure: { $0.enablesAdminAPI = true }) {
            server in
            try await server.talk { client throws in
                func counts(of bin: String) throws -> String {
                    let query = "sum%20by%20(baseline,bin)(model_feature_observations_total{feature=%22age%22,\(bin)})"
                    return try client.request("GET", "/api/v1/query?query=\(query)").text
                }
                #expect(try client.post("/api/v1/events", [:], Self.prediction(1, #""age":30"#)).status == 200)
                let set = try Self.post(client, "?model=m&bins=5&leave_out=%20id%20&file=training.csv", rows)
                #expect(set.status == 200, "\(set.text)")
                #expect(
                    set.text.hasPrefix(
                        #"{"status":"success","data":{"model":"m","number":1,"created":"2026-03-01T12:00:00Z","#
                            + #""source":"training.csv: 100 rows","features":[{"name":"age","missing":0,"standard_deviation":14.4"#
                    ),
                    "\(set.text)"
                )
                #expect(set.text.contains(#""bins":[{"bin":"01","upper":29,"position":24.5,"count":20},"#))
                #expect(
                    set.text.hasSuffix(
                        #"{"bin":"plus","count":75},{"bin":"free","count":25},{"bin":"other","count":0}]}]}}"#
                    )
                )
                #expect(try client.post("/api/v1/events", [:], Self.prediction(2, #""age":30"#)).status == 200)
                #expect(try counts(of: "baseline=%221%22").contains(#""metric":{"baseline":"1","bin":"02"},"#))
                #expect(try counts(of: "baseline=%22%22").contains(#""metric":{"bin":"#))

                // Each is the next of its model, compressed or not, and all are shown.
                let headers = ["Content-Encoding": "gzip", "Content-Type": "text/csv"]
                let second = try client.request("POST", path + "?model=m&version=v%202", headers, body: zipped)
                #expect(second.text.contains(#""version":"v 2","number":2,"#))
                #expect(second.text.contains(#""source":"body: 100 rows""#))
                #expect(try Self.post(client, "?model=n", #"{"a":1}"# + "\n").text.contains(#""number":1,"#))
                let all = try client.request("GET", path).text
                #expect(all.hasPrefix(#"{"status":"success","data":[{"model":"m","number":1,"#))
                #expect(all.split(separator: #"{"model":""#).count == 4)
                let one = try client.request("GET", path + "?model=m&number=2").text
                #expect(one.hasPrefix(#"{"status":"success","data":[{"model":"m","version":"v 2","number":2,"#))
                #expect(try client.request("GET", path + "?model=n&number=2").status == 404)
            }
        }
    }

    @Test func `a window of predictions becomes a baseline`() async throws {
        let events = (0..<40).map { Self.prediction($0, at: $0 * 30, #""age":\#($0),"plan":"a""#) }.joined()
        try await withServer(try openStore(), clock: StoppedClock(), configure: { $0.enablesAdminAPI = true }) {
            server in
            try await server.talk { client throws in
                #expect(try client.post("/api/v1/events", [:], events).status == 200)
                let window = "?model=m&start=2026-03-01T11:00:00Z&end=2026-03-01T11:10:00Z&bins=4"
                let set = try Self.post(client, window)
                #expect(set.text.contains(#""source":"predictions from 2026-03-01T11:00:00Z to 2026-03-01T11:10:00Z""#))
                #expect(set.text.contains(#"{"bin":"a","count":20}"#))
                let none = try Self.post(client, "?model=m&start=1&end=2")
                #expect(none.status == 400)
                #expect(none.text.contains("no feature of the model 'm' was observed in that time"))
            }
        }
    }

    @Test func `what is wrong is told with its line, and nothing is set`() async throws {
        let store = try openStore()
        try await withServer(
            store,
            configure: {
                $0.enablesAdminAPI = true
                $0.bodyLimit = 1_000
            }
        ) { server in
            try await server.talk { client throws in
                let faulty = try Self.post(client, "?model=m&file=t.csv", "age\n1\n2,3\n")
                #expect(faulty.status == 400)
                #expect(
                    faulty.text
                        == #"{"status":"error","errorType":"bad_data","error":"t.csv:3: 2 fields, expected 1","errors":"#
                        + #"[{"line":3,"reason":"bad_training_file","message":"2 fields, expected 1"}]}"#
                )
                for (query, body) in [
                    ("", "a\n1\n"), ("?model=m", ""), ("?model=m&start=1&end=2", "a\n1\n"), ("?model=m&start=1", ""),
                    ("?model=m&start=2&end=1", ""), ("?model=m&start=1&end=x", ""), ("?model=m&bins=21", "a\n1\n"),
                    ("?model=m&top=-1", "a\n1\n"), ("?model=m&leave_out=b", "a\n1\n"), ("?model=m", "a\n"),
                    ("?model=\(String(repeating: "m", count: 1_025))", "a\n1\n"), ("?model=%zz", "a\n1\n"),
                    ("?model=m&start=1&end=2&categories=a", ""), ("?model=m", "[1]"),
                ] {
                    let answer = try Self.post(client, query, body)
                    #expect(answer.status == 400, "\(query.prefix(80)) \(body): \(answer.text)")
                    #expect(answer.text.hasPrefix(#"{"status":"error","errorType":"bad_data","error":""#))
                }
                #expect(try Self.post(client, "?model=m", "a\n" + String(repeating: "1\n", count: 500)).status == 413)
                #expect(try client.request("GET", path).status == 404)
            }
            // A page that somebody looks at may post a form, or what it likes.
            for headers in [["Content-Type": "application/x-www-form-urlencoded"], ["Content-Type": "text/csv"], [:]] {
                let answer = try await server.talk { client throws in
                    try client.post(path + "?model=m", headers.merging(["Origin": "http://evil.test"]) { $1 }, "a\n1\n")
                }
                #expect(answer.status == 403)
            }
            let deleted = try await server.talk { try $0.request("DELETE", path) }
            #expect(deleted.status == 405 && deleted.headers["allow"] == "GET, HEAD, POST")
            #expect(store.baselines.isEmpty)
        }
    }

    @Test func `the admin API is off unless it is enabled`() async throws {
        let store = try openStore()
        try await withServer(store) { server in
            try await server.talk { client throws in
                for answer in [
                    try client.request("GET", path), try Self.post(client, "?model=m", "a\n1\n"),
                ] {
                    #expect(answer.status == 403)
                    #expect(answer.text.contains("--enable-admin-api"))
                }
            }
            #expect(store.baselines.isEmpty)
        }
    }

    @Test func `one is made at a time, and requests are answered meanwhile`() async throws {
        let (hasBegun, mayEnd) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let store = FakeStore(beforeBaseline: {
            hasBegun.signal()
            mayEnd.wait()
        })
        try await withServer(store, configure: { $0.enablesAdminAPI = true }) { server in
            async let first = server.talk { try Self.post($0, "?model=m", "a\n1\n") }
            try await onThread { hasBegun.wait() }
            // More connections than there are event loops, and threads in the pool.
            for _ in 0..<16 {
                #expect(try await server.talk { try $0.request("GET", "/-/healthy").status } == 200)
            }
            let second = try await server.talk { try Self.post($0, "?model=m", "a\n1\n") }
            #expect(second.status == 429 && second.headers["retry-after"] == "1")
            mayEnd.signal()
            #expect(try await first.status == 200)
            mayEnd.signal()
            #expect(try await server.talk { try Self.post($0, "?model=m", "a\n1\n").status } == 200)
        }
    }
}
