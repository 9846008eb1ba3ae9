// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import ServiceLifecycle
import Synchronization
import Testing
import Tidemark
import TidemarkServer

@testable import TidemarkCLI

/// A server that answers each request with the next line of a script: a status with headers, or nothing ("drop").
private final class ScriptedServer: Sendable {
    let port: Int
    private let listener: Int32
    private let bodies = Mutex<[String]>([])

    var receivedBodies: [String] { bodies.withLock { $0 } }

    init(_ script: [String]) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(listener, pointer, size) + listen(listener, 16) + getsockname(listener, pointer, &size)
            }
        }
        try #require(status == 0)
        port = Int(UInt16(bigEndian: address.sin_port))
        let job = Job { [self] in
            for answer in script { serve(answer) }
        }
        var thread = pthread_t()
        pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            },
            Unmanaged.passRetained(job).toOpaque()
        )
        pthread_detach(thread)
    }

    deinit { close(listener) }

    /// One connection, one request, one answer.
    private func serve(_ answer: String) {
        let connection = accept(listener, nil, nil)
        defer { close(connection) }
        var text = ""
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = recv(connection, &block, block.count, 0)
            guard count > 0 else { return }
            text += String(decoding: block[..<count], as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n"), let field = text.range(of: "Content-Length: ") else { continue }
            let length = Int(text[field.upperBound...].prefix { $0.isNumber }) ?? 0
            guard text[end.upperBound...].utf8.count >= length else { continue }
            bodies.withLock { $0.append(String(text[end.upperBound...])) }
            break
        }
        if answer != "drop" { write("HTTP/1.1 \(answer)", to: connection) }
    }
}

private final class Job: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

extension String {
    /// The first occurrence; the tests do without Foundation.
    fileprivate func range(of part: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].utf8.starts(with: part.utf8) {
                return start..<utf8.index(start, offsetBy: part.utf8.count)
            }
            start = utf8.index(after: start)
        }
        return nil
    }
}

private func answer(_ status: String, _ body: String, headers: String = "") -> String {
    "\(status)\r\nConnection: close\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

private let counts = #"{"accepted":2,"duplicates":0,"conflicts":0,"rejected":0,"late":0,"unmatched":0,"errors":[]}"#

@Suite struct HTTPSenderTests {
    private func send(_ text: String, to port: Int, patience: Duration = .seconds(600), shown: Lines = Lines())
        async throws -> IngestTotals
    {
        let scratch = try Scratch()
        let rejects = try RejectLog(path: nil, show: shown.add)
        let sender = HTTPSender(
            server: try ServerURL("http://127.0.0.1:\(port)"),
            patience: patience,
            rejects: rejects,
            progress: ProgressLine(totalBytes: nil)
        )
        return try await sender.send(files: [try scratch.file("e.ndjson", text)], format: .auto, mapping: nil)
    }

    @Test func `a busy, restarting and broken server gets the batch again until it answers`() async throws {
        let server = try ScriptedServer([
            answer("429 Too Many Requests", "{}", headers: "Retry-After: 0\r\n"), "drop",
            answer("503 Service Unavailable", "busy"), answer("200 OK", counts),
        ])
        #expect(try await send("{}\n{}\n", to: server.port).accepted == 2)
        #expect(server.receivedBodies == Array(repeating: "{}\n{}\n", count: 4))
    }

    @Test func `other errors are failures with the server's words`() async throws {
        let server = try ScriptedServer([
            answer("415 Unsupported Media Type", #"{"status":"error","error":"not that"}"#)
        ])
        let error = await #expect(throws: CommandFailure.self) { try await send("{}\n", to: server.port) }
        #expect(error?.description.hasSuffix("e.ndjson:1: not that") == true)
    }

    @Test func `rejects carry the file's line numbers, and a batch of only rejects is no failure`() async throws {
        let rejected = #""errors":[{"line":2,"reason":"malformed","message":"not JSON"}]"#
        let server = try ScriptedServer([
            answer("400 Bad Request", #"{"status":"error","error":"all","accepted":0,"rejected":1000,\#(rejected)}"#)
        ])
        let shown = Lines()
        let totals = try await send(String(repeating: "x\n", count: 1_000), to: server.port, shown: shown)
        #expect(totals.rejected == 1_000)
        #expect(shown.all.first?.hasSuffix("e.ndjson:2: malformed: not JSON") == true)
    }

    @Test func `without progress it gives up`() async throws {
        let server = try ScriptedServer(Array(repeating: "drop", count: 100))
        let error = await #expect(throws: CommandFailure.self) {
            try await send("{}\n", to: server.port, patience: .milliseconds(300))
        }
        #expect(error?.description.contains("gave up after 0.3 seconds without progress") == true)
    }

    @Test func `a whole file reaches a real server`() async throws {
        let scratch = try Scratch()
        let store = try MetricsStore.open(at: scratch.path + "/data", definitions: MetricDefinition.shipped)
        var configuration = ServerConfiguration()
        configuration.listen = ListenAddress(host: "127.0.0.1", port: 0)
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let (addresses, address) = AsyncStream.makeStream(of: ListenAddress.self)
        let service = HTTPService(
            store: store,
            configuration: configuration,
            logger: logger,
            onListening: { address.yield($0) }
        )
        let group = ServiceGroup(services: [service], logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            let bound = try #require(await addresses.first { _ in true })
            let lines = (0..<5_432).map { #"{"type":"click","id":"c\#($0)","source":"t","campaign":"a"}"# + "\n" }
            #expect(try await send(lines.joined(), to: bound.port).accepted == 5_432)
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}
