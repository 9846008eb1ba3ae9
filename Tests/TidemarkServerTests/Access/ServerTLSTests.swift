// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import TestSupport
import Testing

@testable import TidemarkServer

/// A server that speaks TLS, asked with curl, and certificates of the test's own.
@Suite struct ServerTLSTests {
    /// A folder with `ca.pem`, a certificate for a server, and two for clients: `client`, and `stranger` of another name.
    private static func certificates() async throws -> TemporaryDirectory {
        let folder = try TemporaryDirectory()
        try await onThread {
            let authority = try TestAuthority(in: folder.path)
            try authority.sign("server", names: "DNS:localhost,IP:127.0.0.1")
            try authority.sign("client", names: "DNS:client.example,IP:10.0.0.1")
            try authority.sign("stranger", names: "DNS:stranger.example")
        }
        return folder
    }

    private static func access(_ folder: TemporaryDirectory, _ more: String = "") throws -> AccessControl {
        let text = """
            tls_server_config:
              cert_file: server.pem
              key_file: server.key
            \(more)

            """
        try writeBytes(text.utf8, to: folder.path + "/web.yml")
        return try AccessControl(
            webConfig: folder.path + "/web.yml",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// The status of `/metrics`, or 0 when there is none.
    private static func status(_ port: Int, _ folder: TemporaryDirectory, _ arguments: [String]) async throws -> Int {
        try await onThread {
            let process = Process()
            process.executableURL = URL(filePath: "/usr/bin/curl")
            process.arguments =
                ["-sS", "--max-time", "60", "-o", "/dev/null", "-w", "%{http_code}", "--noproxy", "*"] + arguments
                + ["https://localhost:\(port)/metrics"]
            process.currentDirectoryURL = URL(filePath: folder.path)
            let output = Pipe()
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
            process.waitUntilExit()
            return Int(text) ?? 0
        }
    }

    private static let trusting = ["--cacert", "ca.pem"]
    private static func showing(_ name: String) -> [String] {
        trusting + ["--cert", name + ".pem", "--key", name + ".key"]
    }

    @Test func `who trusts the authority is answered, and nobody in the clear`() async throws {
        let folder = try await Self.certificates()
        let access = try Self.access(folder)
        #expect(access.usesTLS)
        try await withServer(FakeStore(), access: access) { server async throws in
            #expect(try await Self.status(server.port, folder, Self.trusting) == 200)
            #expect(try await Self.status(server.port, folder, []) == 0, "the system does not know this authority")
            #expect(try await Self.status(server.port, folder, Self.trusting + ["--tls-max", "1.2"]) == 200)
            #expect(try await Self.status(server.port, folder, Self.trusting + ["--tls-max", "1.1"]) == 0)
            await #expect(throws: (any Error).self) {
                try await server.talk { try $0.request("GET", "/metrics") }
            }
            // It still serves those that know how.
            #expect(try await Self.status(server.port, folder, Self.trusting) == 200)
        }
    }

    @Test(arguments: [
        ("NoClientCert", "", [200, 200, 200]),
        ("RequestClientCert", "", [200, 200, 200]),
        ("RequireAnyClientCert", "", [0, 200, 200]),
        ("VerifyClientCertIfGiven", "client_ca_file: ca.pem", [200, 200, 0]),
        ("RequireAndVerifyClientCert", "client_ca_file: ca.pem", [0, 200, 0]),
    ])
    func `clients show the certificates that are asked for`(type: String, more: String, expected: [Int]) async throws {
        let folder = try await Self.certificates()
        // A certificate of nobody that is known.
        try await onThread { _ = try TestAuthority(in: folder.path, name: "self") }
        let access = try Self.access(folder, "  client_auth_type: \(type)\n  \(more)")
        #expect(access.authenticates == (type == "RequireAndVerifyClientCert"))
        try await withServer(FakeStore(), access: access) { server async throws in
            var statuses: [Int] = []
            for arguments in [Self.trusting, Self.showing("client"), Self.showing("self")] {
                statuses.append(try await Self.status(server.port, folder, arguments))
            }
            #expect(statuses == expected)
        }
    }

    @Test(arguments: ["RequireAnyClientCert", "RequireAndVerifyClientCert"])
    func `only clients of an allowed name get through`(type: String) async throws {
        let folder = try await Self.certificates()
        for name in ["client.example", "10.0.0.1"] {
            let access = try Self.access(
                folder,
                "  client_auth_type: \(type)\n  client_ca_file: ca.pem\n  client_allowed_sans: [other, \(name)]"
            )
            let store = FakeStore()
            try await withServer(store, access: access) { server async throws in
                #expect(try await Self.status(server.port, folder, Self.showing("client")) == 200)
                #expect(try await Self.status(server.port, folder, Self.showing("stranger")) == 0)
            }
        }
    }

    @Test func `a new certificate counts from the next connection on, and a bad one does not`() async throws {
        let folder = try await Self.certificates()
        let access = try Self.access(folder)
        try await withServer(FakeStore(), access: access) { server async throws in
            #expect(try await Self.status(server.port, folder, Self.trusting) == 200)
            // Half of an exchange: the key of the certificate before.
            try await onThread {
                let other = try TemporaryDirectory()
                try TestAuthority(in: other.path).sign("server", names: "DNS:localhost")
                for name in ["ca.pem", "server.pem", "server.key"] {
                    try writeBytes(try readBytes("\(other.path)/\(name)"), to: "\(folder.path)/new-\(name)")
                }
            }
            let path = folder.path
            try writeBytes(try readBytes(path + "/new-server.pem"), to: path + "/server.pem")
            #expect(try await Self.status(server.port, folder, Self.trusting) == 200, "the old one goes on")
            try writeBytes(try readBytes(path + "/new-server.key"), to: path + "/server.key")
            #expect(try await Self.status(server.port, folder, Self.trusting) == 0)
            #expect(try await Self.status(server.port, folder, ["--cacert", "new-ca.pem"]) == 200)
            // TLS is not turned off by a file.
            try writeBytes("{}".utf8, to: path + "/web.yml")
            #expect(try await Self.status(server.port, folder, ["--cacert", "new-ca.pem"]) == 200)
        }
    }

    @Test func `a certificate that comes after the file that names it is read once it is there`() async throws {
        let folder = try await Self.certificates()
        let path = folder.path
        let access = try Self.access(folder)
        try await withServer(FakeStore(), access: access) { server async throws in
            let web = String(decoding: try readBytes(path + "/web.yml"), as: UTF8.self)
            try writeBytes(web.replacing("server.", with: "later.").utf8, to: path + "/web.yml")
            #expect(try await Self.status(server.port, folder, Self.trusting) == 200, "the old one goes on")
            #expect(access.isCurrent == false)
            try await onThread {
                let other = try TemporaryDirectory()
                try TestAuthority(in: other.path).sign("server", names: "DNS:localhost")
                try writeBytes(try readBytes(other.path + "/ca.pem"), to: path + "/later-ca.pem")
                for end in ["pem", "key"] {
                    try writeBytes(try readBytes("\(other.path)/server.\(end)"), to: "\(path)/later.\(end)")
                }
            }
            #expect(try await Self.status(server.port, folder, ["--cacert", "later-ca.pem"]) == 200)
            #expect(access.isCurrent == true)
        }
    }

    @Test func `a handshake that never comes ends the connection`() async throws {
        let folder = try await Self.certificates()
        let access = try Self.access(folder)
        try await withServer(FakeStore(), access: access, configure: { $0.idleTimeout = .milliseconds(200) }) {
            server async throws in
            try await server.talk { client throws in #expect(try client.isClosedByServer()) }
            try await server.talk { client throws in
                // The beginning of a ClientHello.
                client.send([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])
                #expect(try client.isClosedByServer())
            }
        }
    }
}
