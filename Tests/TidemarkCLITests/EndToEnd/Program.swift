// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc

/// What is needed to run real programs and talk to them.
enum Program {
    /// The `tidemark` that was built with these tests.
    static let tidemark: String = {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        // The test runner may be a helper outside the package: the test bundle's path is on its command line then.
        let candidates = [own] + CommandLine.arguments
        for candidate in candidates {
            let folder = (candidate as NSString).deletingLastPathComponent
            if FileManager.default.isExecutableFile(atPath: folder + "/tidemark") { return folder + "/tidemark" }
        }
        return packageRoot + "/.build/debug/tidemark"
    }()

    /// The root of this package.
    static let packageRoot: String = {
        var path = #filePath as NSString
        for _ in 0..<4 { path = path.deletingLastPathComponent as NSString }
        return path as String
    }()

    /// Files that other people made, beside the package when they are there.
    static let shared = packageRoot + "/../shared"

    static func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: path)
    }

    /// Runs a program to its end. The status of one that a signal ended is the signal's number, negative.
    static func run(
        _ path: String,
        _ arguments: [String],
        input: Data? = nil,
        environment: [String: String] = [:]
    ) throws -> (status: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        if !environment.isEmpty {
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        }
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["out", "err"] { FileManager.default.createFile(atPath: folder + "/" + name, contents: nil) }
        process.standardOutput = try FileHandle(forWritingTo: URL(filePath: folder + "/out"))
        process.standardError = try FileHandle(forWritingTo: URL(filePath: folder + "/err"))
        if let input {
            try input.write(to: URL(filePath: folder + "/in"))
            process.standardInput = try FileHandle(forReadingFrom: URL(filePath: folder + "/in"))
        } else {
            process.standardInput = FileHandle.nullDevice
        }
        try process.run()
        process.waitUntilExit()
        let status = process.terminationStatus
        return (
            process.terminationReason == .uncaughtSignal ? -status : status,
            try String(contentsOfFile: folder + "/out", encoding: .utf8),
            try String(contentsOfFile: folder + "/err", encoding: .utf8)
        )
    }

    static func temporaryFolder() throws -> String {
        let path = NSTemporaryDirectory() + "tidemark-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }
}

/// A running `tidemark serve`.
final class ServerProcess: @unchecked Sendable {  // Process may be signalled from any thread.
    let port: UInt16
    private let process: Process

    /// Starts a server on a free port and waits until it listens.
    init(data: String, arguments: [String] = [], environment: [String: String] = [:]) throws {
        process = Process()
        if !environment.isEmpty {
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        }
        process.executableURL = URL(filePath: Program.tidemark)
        process.arguments = ["serve", "--data", data, "--listen", "127.0.0.1:0"] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        var said = ""
        while !said.contains("\n") {
            let more = pipe.fileHandleForReading.availableData
            if more.isEmpty { throw Failure("the server ended before it listened: \(said)") }
            said += String(decoding: more, as: UTF8.self)
        }
        guard let port = said.split(separator: ":").last(where: { UInt16($0.prefix { $0.isNumber }) != nil }),
            let number = UInt16(port.prefix { $0.isNumber })
        else { throw Failure("no port in: \(said)") }
        self.port = number
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ description: String) { self.description = description }
    }

    var processIdentifier: Int32 { process.processIdentifier }

    /// SIGKILL, and the end of it.
    func kill() {
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// SIGTERM; the exit status.
    func stop() -> Int32 {
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }

    deinit {
        if process.isRunning { kill() }
    }
}

/// One HTTP/1.1 request on a connection of its own.
enum PlainHTTP {
    struct Answer {
        let status: Int
        let head: String
        let body: String
    }

    /// The answer, or nil when the connection fails before it is whole.
    static func send(
        _ method: String,
        _ path: String,
        port: UInt16,
        headers: [String: String] = [:],
        body: String = ""
    ) -> Answer? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard connected == 0 else { return nil }
        var text =
            "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n"
        for (name, value) in headers { text += "\(name): \(value)\r\n" }
        text += "\r\n" + body
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count <= 0 { return nil }
            rest = rest.dropFirst(count)
        }
        var received: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &block, block.count, 0)
            if count < 0 { return nil }
            if count == 0 { break }
            received += block[..<count]
        }
        let answer = String(decoding: received, as: UTF8.self)
        guard let split = answer.range(of: "\r\n\r\n"), answer.hasPrefix("HTTP/1.1 "),
            let status = Int(answer.dropFirst(9).prefix(3))
        else { return nil }
        let head = String(answer[..<split.lowerBound])
        var content = String(answer[split.upperBound...])
        if head.lowercased().contains("transfer-encoding: chunked") {
            guard let joined = unchunk(content) else { return nil }
            content = joined
        }
        return Answer(status: status, head: head, body: content)
    }

    private static func unchunk(_ text: String) -> String? {
        var joined: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let lineEnd = rest.firstIndex(of: 0x0D) {
            guard let count = Int(String(decoding: rest[..<lineEnd], as: UTF8.self), radix: 16) else { return nil }
            if count == 0 { return String(decoding: joined, as: UTF8.self) }
            let start = lineEnd + 2
            guard start + count + 2 <= rest.endIndex else { return nil }
            joined += rest[start..<(start + count)]
            rest = rest[(start + count + 2)...]
        }
        return nil
    }
}

/// The samples of a metrics page: name and labels as they stand there, and the value.
func samples(_ page: String) -> [String: Double] {
    var samples: [String: Double] = [:]
    for line in page.split(separator: "\n") where !line.hasPrefix("#") {
        guard let space = line.lastIndex(of: " ") else { continue }
        samples[String(line[..<space])] = Double(line[line.index(after: space)...])
    }
    return samples
}

/// A port of loopback that nobody listens on.
func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutablePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
        }
    }
    guard bound else { throw ServerProcess.Failure("no free port") }
    return UInt16(bigEndian: address.sin_port)
}
