// SPDX-License-Identifier: Apache-2.0

import Testing
import Tidemark

@testable import TidemarkServer

private let path = "/api/v1/events"

/// Clients that misbehave, and the end of the service.
@Suite struct ConnectionTests {
    @Test func `half a body is never used, however the connection ends`() async throws {
        let store = FakeStore()
        try await withServer(store) { server in
            try await server.talk { _ throws in
                for headers in [["Content-Length": "100"], ["Transfer-Encoding": "chunked"]] {
                    for endsPolitely in [true, false] {
                        let client = try RawClient(port: server.port)
                        client.sendHead("POST", path, headers)
                        client.send(headers["Content-Length"] == nil ? "4\r\n{}\n{\r\n" : "{}\n{")
                        if endsPolitely {
                            client.endSending()
                            _ = try? client.answer()
                        }
                    }
                }
            }
        }
        // The server has stopped: nothing is under way any more.
        #expect(store.submissions.isEmpty)
    }

    @Test func `a body that arrives too slowly ends the connection`() async throws {
        let store = FakeStore()
        try await withServer(store, configure: { $0.bodyTimeout = .milliseconds(200) }) { server in
            try await server.talk { client throws in
                client.sendHead("POST", path, length: 100)
                client.send("{")
                #expect(try client.isClosedByServer())
            }
            try await server.talk { client throws in
                // Not even a first byte.
                client.sendHead("POST", path, length: 100)
                #expect(try client.isClosedByServer())
            }
        }
        #expect(store.submissions.isEmpty)
    }

    @Test func `headers that never end, and silence, end the connection`() async throws {
        try await withServer(FakeStore(), configure: { $0.idleTimeout = .milliseconds(200) }) { server in
            try await server.talk { client throws in
                client.send("GET /metrics HTTP/1.1\r\nHost: t\r\nX-Slow: ")
                #expect(try client.isClosedByServer())
            }
            try await server.talk { client throws in #expect(try client.isClosedByServer()) }
        }
    }

    @Test func `a commit that takes longer than the idle timeout is still answered`() async throws {
        let store = FakeStore()
        store.hold()
        try await withServer(store, configure: { $0.idleTimeout = .seconds(2) }) { server in
            async let answer = server.talk { try $0.post(path, [:], "{}") }
            await store.waitForHeld(1)
            // The other connection is idle for longer than the first one's timeout.
            try await server.talk { client throws in #expect(try client.isClosedByServer()) }
            store.release()
            #expect(try await answer.status == 200)
        }
    }

    @Test func `an early answer can be read although the body goes on`() async throws {
        try await withServer(FakeStore(), configure: { $0.bodyLimit = 1_000 }) { server in
            try await server.talk { client throws in
                client.sendHead("POST", path, length: 8 << 20)
                let block = [UInt8](repeating: 32, count: 1 << 20)
                for _ in 0..<8 { client.send(block) }
                #expect(try client.answer().status == 413)
                #expect(try client.isClosedByServer())
            }
        }
    }

    @Test func `Expect 100-continue is answered before the body, and not for a body too large`() async throws {
        try await withServer(FakeStore(), configure: { $0.bodyLimit = 1_000 }) { server in
            try await server.talk { client throws in
                client.sendHead("POST", path, ["Expect": "100-continue"], length: 2)
                #expect(try client.answer().status == 100)
                client.send("{}")
                #expect(try client.answer().status == 200)
                client.sendHead("POST", path, ["Expect": "100-continue"], length: 1_001)
                #expect(try client.answer().status == 413)
            }
        }
    }

    @Test func `pipelined requests are answered in order`() async throws {
        let store = FakeStore()
        try await withServer(store) { server in
            try await server.talk { client throws in
                for body in ["1", "22", "333"] {
                    client.sendHead("POST", path, length: body.utf8.count)
                    client.send(body)
                }
                for _ in 0..<3 { #expect(try client.answer().status == 200) }
            }
        }
        #expect(store.submissions.map(\.text) == ["1", "22", "333"])
    }

    @Test func `nonsense is 400 and closes`() async throws {
        try await withServer(FakeStore()) { server in
            try await server.talk { client throws in
                client.send("this is not HTTP\r\n\r\n")
                #expect(try client.answer().status == 400)
                #expect(try client.isClosedByServer())
            }
            try await server.talk { client throws in
                client.send("GET / HTTP/1.1\r\nX: \(String(repeating: "x", count: 200_000))\r\n\r\n")
                let status = try? client.answer().status
                #expect(status == nil || status == 400 || status == 431)
            }
        }
    }

    // MARK: - Stop

    @Test func `a graceful stop answers the request in flight, then closes the store`() async throws {
        let store = FakeStore()
        store.hold()
        try await withServer(store) { server in
            async let answer = server.talk { client throws in
                let answer = try client.post(path, [:], "{}\n{}\n")
                return (answer, try client.isClosedByServer())
            }
            await store.waitForHeld(1)
            await server.stop()
            #expect(store.closes == 0)
            store.release()
            let (received, isClosed) = try await answer
            #expect(received.status == 200)
            #expect(received.text.hasPrefix(#"{"accepted":2,"#))
            #expect(isClosed)
        }
        #expect(store.closes == 1)
    }

    @Test func `a client that never finishes does not hold up the stop`() async throws {
        let store = FakeStore()
        try await withServer(store, configure: { $0.stopTimeout = .milliseconds(200) }) { server in
            try await server.talk { client throws in
                // The answer shows that the connection is being served.
                #expect(try client.request("GET", "/-/healthy").status == 200)
                client.sendHead("POST", path, ["Expect": "100-continue"], length: 100)
                #expect(try client.answer().status == 100)
                client.send("{}")
                Task { await server.stop() }
                while try !client.isClosedByServer() {
                    // A 408 may come first.
                    _ = try? client.answer()
                }
            }
        }
        #expect(store.submissions.isEmpty)
        #expect(store.closes == 1)
    }

    @Test func `a port in use is one clear line, and the store is closed`() async throws {
        try await withServer(FakeStore()) { first in
            let store = FakeStore()
            let port = first.port
            let error = await #expect(throws: ServerError.self) {
                try await withServer(store, configure: { $0.listen.port = port }) { _ in }
            }
            #expect(error?.code == .cannotListen)
            #expect(error?.description == "cannot listen on 127.0.0.1:\(port): the address is in use")
            #expect(store.closes == 1)
        }
    }
}
