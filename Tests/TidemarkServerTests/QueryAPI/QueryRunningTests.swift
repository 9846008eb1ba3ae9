// SPDX-License-Identifier: Apache-2.0

import Logging
import Synchronization
import Testing
import Tidemark

@testable import TidemarkServer

/// Queries that wait, end early, or are told of.
@Suite struct QueryRunningTests {
    @Test func `so many queries run at once, one more waits until its time is up, and too many are refused`()
        async throws
    {
        let engine = FakeEngine()
        engine.hold()
        let configure = { (configuration: inout ServerConfiguration) in
            configuration.maximumQueries = 2
            configuration.maximumWaitingQueries = 1
        }
        try await withServer(FakeStore(), engine: engine, configure: configure) { server in
            try await server.talk { client throws in
                let held = try (0..<2).map { _ in try RawClient(port: server.port) }
                for client in held { client.sendHead("GET", "/api/v1/query?query=1") }
                #expect(eventually { engine.running == 2 })

                let late = try client.request("GET", "/api/v1/query?query=1&timeout=0.05")
                #expect(late.status == 503)
                #expect(
                    late.text == #"{"status":"error","errorType":"timeout","error":"query timed out in query queue"}"#
                )

                let waiting = try RawClient(port: server.port)
                waiting.sendHead("GET", "/api/v1/query?query=1")
                let isWaiting = {
                    (try? client.request("GET", "/metrics").text)?.contains("tidemark_queries_waiting 1\n") ?? false
                }
                #expect(eventually(isWaiting))
                let refused = try client.request("GET", "/api/v1/query?query=1")
                #expect(refused.text.contains("1 queries are waiting already"))
                #expect(refused.status == 503)
                #expect(refused.headers["retry-after"] == "1")

                engine.release()
                for client in held + [waiting] { #expect(try client.answer().status == 200) }
                #expect(engine.mostAtOnce == 2)
            }
        }
    }

    @Test func `a query is cancelled when its client leaves, and one that waits too`() async throws {
        let engine = FakeEngine()
        engine.hold()
        let store = FakeStore()
        try await withServer(store, engine: engine, configure: { $0.maximumQueries = 1 }) { server in
            try await server.talk { client throws in
                var running: RawClient? = try RawClient(port: server.port)
                running?.sendHead("GET", "/api/v1/query?query=1")
                #expect(eventually { engine.running == 1 })
                var waiting: RawClient? = try RawClient(port: server.port)
                waiting?.sendHead("GET", "/api/v1/query?query=1")
                waiting = nil
                let canceled = { (count: Int) in
                    guard let page = try? client.request("GET", "/metrics").text else { return false }
                    return page.contains("tidemark_queries_total{result=\"canceled\"} \(count)\n")
                }
                #expect(eventually { canceled(1) })
                #expect(engine.running == 1)
                running = nil
                #expect(eventually { engine.cancelled == 1 && canceled(2) })
                engine.release()
                // Nothing is left behind.
                #expect(try client.request("GET", "/api/v1/query?query=1").status == 200)
                _ = (running, waiting)
            }
        }
    }

    @Test func `slow queries are told in the log, with all that is known`() async throws {
        let lines = LogLines()
        let logger = Logger(label: "test") { _ in lines }
        try await withServer(
            FakeStore(),
            engine: FakeEngine(),
            logger: logger,
            configure: { $0.queryLogThreshold = .zero }
        ) { server in
            try await server.talk { client throws in
                let path = "/api/v1/query_range?query=up%0A%22x%22&start=10&end=40&step=15"
                #expect(try client.request("GET", path).status == 200)
            }
        }
        let told = lines.all.filter { $0.message == "query" }
        #expect(told.count == 1)
        let metadata = told.first?.metadata ?? [:]
        #expect(metadata["query"] == #""up\n\"x\"""#)
        #expect(metadata["start"] == "10.0" && metadata["end"] == "40.0" && metadata["step"] == "15.0")
        #expect(metadata["steps"] == "3")
        #expect(metadata["client"] == "127.0.0.1")
        #expect(metadata["result"] == "success")
        #expect(metadata["endpoint"] == "query_range")
    }

    @Test func `no query is told without a threshold`() async throws {
        let lines = LogLines()
        let logger = Logger(label: "test") { _ in lines }
        try await withServer(FakeStore(), engine: FakeEngine(), logger: logger) { server in
            try await server.talk { client throws in
                #expect(try client.request("GET", "/api/v1/query?query=1").status == 200)
            }
        }
        #expect(!lines.all.contains { $0.message == "query" })
    }
}

/// A log in memory.
private final class LogLines: LogHandler, Sendable {
    struct Line: Sendable {
        var message: String
        var metadata: [String: String]
    }

    private let lines = Mutex<[Line]>([])
    var all: [Line] { lines.withLock { $0 } }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(
        level: Logger.Level,
        message: Logger.Message,
        metadata: Logger.Metadata?,
        source: String,
        file: String,
        function: String,
        line: UInt
    ) {
        let texts = (metadata ?? [:]).mapValues { "\($0)" }
        lines.withLock { $0.append(Line(message: "\(message)", metadata: texts)) }
    }
}
