// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What a raw client could not do.
struct ClientError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

/// An answer as it came.
struct RawAnswer: Sendable, Equatable {
    var status: Int
    /// Names in lower case; the values of one name behind each other, with commas.
    var headers: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
}

/// A blocking HTTP/1.1 client on a bare socket, that can also misbehave: stop half-way, send slowly, send nonsense.
final class RawClient {
    private let socket: Int32
    private var received: [UInt8] = []

    init(port: Int) throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket, $0, size) }
        }
        guard socket >= 0, status == 0 else { throw ClientError("cannot connect: \(errno)") }
        // A test that waits for an answer that never comes fails instead of hanging.
        var timeout = timeval(tv_sec: 300, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(socket) }

    /// Sends bytes; false when the server is gone.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Says that no more will be sent.
    func endSending() { shutdown(socket, Int32(SHUT_WR)) }

    /// Sends a request with a Content-Length and returns its answer.
    func request(_ method: String, _ path: String, _ headers: [String: String] = [:], body: [UInt8]? = nil) throws
        -> RawAnswer
    {
        sendHead(method, path, headers, length: body?.count)
        if let body { send(body) }
        return try answer(hasBody: method != "HEAD")
    }

    func post(_ path: String, _ headers: [String: String] = [:], _ text: String) throws -> RawAnswer {
        try request("POST", path, headers, body: Array(text.utf8))
    }

    func sendHead(_ method: String, _ path: String, _ headers: [String: String] = [:], length: Int? = nil) {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: test\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if let length { head += "Content-Length: \(length)\r\n" }
        send(head + "\r\n")
    }

    /// Reads the next answer.
    func answer(hasBody: Bool = true) throws -> RawAnswer {
        var lines: [String] = []
        while let line = try line(), !line.isEmpty { lines.append(line) }
        guard let first = lines.first, let status = Int(first.split(separator: " ")[1]) else {
            throw ClientError("no answer")
        }
        var answer = RawAnswer(status: status, headers: [:], body: [])
        for line in lines.dropFirst() {
            let pair = line.split(separator: ":", maxSplits: 1)
            let (name, value) = (pair[0].lowercased(), String(pair[1].drop { $0 == " " }))
            answer.headers[name] = answer.headers[name].map { $0 + ", " + value } ?? value
        }
        let length = answer.headers["content-length"].flatMap { Int($0) } ?? 0
        if hasBody {
            while received.count < length { guard try more() else { throw ClientError("the answer is cut off") } }
            answer.body = Array(received.prefix(length))
            received.removeFirst(length)
        }
        return answer
    }

    /// Whether the server closes without another byte.
    func isClosedByServer() throws -> Bool {
        guard received.isEmpty else { return false }
        return try !more()
    }

    private func line() throws -> String? {
        while true {
            if let end = received.firstIndex(of: 10) {
                let line = received[..<end].filter { $0 != 13 }
                received.removeFirst(end + 1)
                return String(decoding: line, as: UTF8.self)
            }
            guard try more() else { return nil }
        }
    }

    private func more() throws -> Bool {
        var block = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(socket, &block, block.count, 0)
        if count < 0 && errno == ECONNRESET { return false }
        guard count >= 0 else { throw ClientError("no answer in time") }
        received += block[..<count]
        return count > 0
    }
}
