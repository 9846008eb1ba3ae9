// SPDX-License-Identifier: Apache-2.0

import Glibc
import Tidemark

@testable import TidemarkServer

/// A server on a free port of the loopback that answers as it is told and writes down what it is asked.
final class AlertReceiver: Sendable {
    /// What it does with a request; `ok` when nothing else is said.
    enum Answer: Sendable {
        case status(Int, headers: [String: String] = [:], body: String = "")
        /// Reads the request, and never answers.
        case hang
        /// Reads the request, and breaks the connection.
        case reset

        static let ok = Answer.status(200)
    }

    struct Request: Sendable {
        var method: String
        var path: String
        /// Names in lower case.
        var headers: [String: String]
        var body: String
        var bytes: [UInt8]
        /// Connections are numbered.
        var connection: Int
    }

    private struct State {
        var requests: [Request] = []
        var script: [Answer] = []
        var connections: [Int32] = []
        var isThere = false
        var isOver = false
        var isClosed = false
    }

    let port: Int
    private let listener: Int32
    private let state = Monitor(State())

    /// - Parameter isThere: false: it has its port, which nobody else gets, but does not listen before ``appear()``.
    init(_ script: [Answer] = [], isThere: Bool = true) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var one: Int32 = 1
        setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(listener, address, size) == 0 && getsockname(listener, address, &size) == 0
            }
        }
        guard status else { throw ReceiverError("no socket: \(errno)") }
        self.listener = listener
        port = Int(UInt16(bigEndian: address.sin_port))
        state.withLock { $0.script = script }
        if isThere { try appear() }
    }

    /// Listens from now on.
    func appear() throws {
        guard Glibc.listen(listener, 64) == 0 else { throw ReceiverError("no listener: \(errno)") }
        state.withLock { $0.isThere = true }
        try SenderThread.start { [state, listener] in AlertReceiver.listen(listener, state) }
    }

    deinit { stop() }

    var url: String { "http://127.0.0.1:\(port)" }
    var requests: [Request] { state.withLock { $0.requests } }

    /// How many connections are open.
    var connections: Int { state.withLock { $0.connections.count } }

    /// Adds to what it will answer.
    func script(_ answers: [Answer]) { state.withLock { $0.script += answers } }

    /// What is left of what it would answer is `ok`.
    func forgetScript() { state.withLock { $0.script = [] } }

    /// Closes everything.
    private func stop() {
        let isThere = state.withLock { state in
            state.isOver = true
            shutdown(listener, Int32(SHUT_RDWR))
            for connection in state.connections { shutdown(connection, Int32(SHUT_RDWR)) }
            return state.isThere
        }
        state.wake()
        if isThere {
            state.wait { $0.isClosed ? () : nil }
        } else {
            close(listener)
        }
    }

    /// The requests, once so many have come.
    func requests(atLeast count: Int) async throws -> [Request] {
        let state = state
        return try await onThread {
            let requests = state.wait(atMostMilliseconds: 300_000) { $0.requests.count >= count ? $0.requests : nil }
            guard let requests else {
                throw ReceiverError("\(state.withLock { $0.requests.count }) requests instead of \(count)")
            }
            return requests
        }
    }

    // MARK: - Connections

    private static func listen(_ listener: Int32, _ state: Monitor<State>) {
        // Closed by who accepts: the number may be another socket's the next moment.
        defer {
            close(listener)
            state.withLock { $0.isClosed = true }
            state.wake()
        }
        var count = 0
        while true {
            let connection = accept(listener, nil, nil)
            guard connection >= 0 else { return }
            count += 1
            let isOver = state.withLock { state in
                state.connections.append(connection)
                return state.isOver
            }
            if isOver { shutdown(connection, Int32(SHUT_RDWR)) }
            do {
                try SenderThread.start { [count] in serve(connection, number: count, state) }
            } catch {
                shutdown(connection, Int32(SHUT_RDWR))
            }
        }
    }

    private static func serve(_ connection: Int32, number: Int, _ state: Monitor<State>) {
        defer {
            state.withLock { state in
                state.connections.removeAll { $0 == connection }
                close(connection)
            }
        }
        var received: [UInt8] = []
        while let request = read(connection, &received, number: number) {
            let answer = state.withLock { state in
                state.requests.append(request)
                return state.script.isEmpty ? Answer.ok : state.script.removeFirst()
            }
            state.wake()
            switch answer {
            case .status(let code, let headers, let body):
                var head = "HTTP/1.1 \(code) Something\r\nContent-Length: \(body.utf8.count)\r\n"
                for (name, value) in headers { head += "\(name): \(value)\r\n" }
                let bytes = Array((head + "\r\n" + body).utf8)
                var rest = bytes[...]
                while !rest.isEmpty {
                    let sent = rest.withUnsafeBytes { send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
                    guard sent > 0 else { return }
                    rest = rest.dropFirst(sent)
                }
            case .hang:
                // Until the client has gone, or everything ends: both end the connection.
                var byte: UInt8 = 0
                _ = recv(connection, &byte, 1, 0)
                return
            case .reset:
                var linger = linger(l_onoff: 1, l_linger: 0)
                setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
                return
            }
        }
    }

    private static func read(_ connection: Int32, _ received: inout [UInt8], number: Int) -> Request? {
        func more() -> Bool {
            var block = [UInt8](repeating: 0, count: 1 << 16)
            let count = recv(connection, &block, block.count, 0)
            if count > 0 { received += block[..<count] }
            return count > 0
        }
        let end = Array("\r\n\r\n".utf8)
        while true {
            let text = String(decoding: received, as: UTF8.self)
            if received.count >= 4,
                let length = received.indices.dropLast(3).first(where: { received[$0...].starts(with: end) })
            {
                var lines = text.utf8.prefix(length).split(separator: 10).map {
                    String(decoding: $0.filter { $0 != 13 }, as: UTF8.self)
                }
                received.removeFirst(length + 4)
                let first = lines.removeFirst().split(separator: " ").map { String($0) }
                var headers: [String: String] = [:]
                for line in lines {
                    let pair = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                    headers[pair[0].lowercased()] = String(pair[1].drop { $0 == " " })
                }
                let count = headers["content-length"].flatMap { Int($0) } ?? 0
                while received.count < count { guard more() else { return nil } }
                let bytes = Array(received[..<count])
                received.removeFirst(count)
                return Request(
                    method: first[0],
                    path: first[1],
                    headers: headers,
                    body: String(decoding: bytes, as: UTF8.self),
                    bytes: bytes,
                    connection: number
                )
            }
            guard more() else { return nil }
        }
    }
}

struct ReceiverError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
