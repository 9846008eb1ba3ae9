// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import TidemarkServer

/// A peer that speaks TLS: Python's, with certificates of the openssl command.
private final class TLSPeer: Sendable {
    let directory: TemporaryDirectory
    let port: Int
    private let process = Process()

    /// - Parameters:
    ///   - names: what the server's certificate is made out to.
    ///   - asksForCertificate: whether a client has to show one.
    init(names: String, asksForCertificate: Bool = false) throws {
        directory = try TemporaryDirectory()
        let path = directory.path
        let authority = try TestAuthority(in: path)
        _ = try TestAuthority(in: path, name: "other")
        try authority.sign("server", names: names)
        try authority.sign("client", names: "DNS:client")
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", "-c", TLSPeer.script, path, asksForCertificate ? "yes" : "no"]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        port = try #require(Int(line.filter(\.isNumber)))
    }

    /// A child has the signals blocked that its parent's thread had: on threads of a pool those are most.
    deinit { kill(process.processIdentifier, SIGKILL) }

    private static let script = """
        import http.server, ssl, sys
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(400)
                body = ("host " + self.headers["host"].split(":")[0]).encode()
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def log_message(self, *arguments): pass
        folder = sys.argv[1]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder + "/server.pem", folder + "/server.key")
        if sys.argv[2] == "yes":
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(folder + "/ca.pem")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        print(server.server_address[1], flush=True)
        server.serve_forever()
        """

    /// What comes of a request.
    func post(host: String = "127.0.0.1", _ configure: (inout EndpointSettings.TLS) -> Void) async throws
        -> RequestOutcome
    {
        var settings = EndpointSettings(url: "https://\(host):\(port)/")
        settings.timeout = .seconds(20)
        configure(&settings.tls)
        return try await onThread { [settings] in
            try EndpointClient(settings).post(OutgoingRequest(body: [])) { false }
        }
    }
}

/// TLS with a certificate authority of the test's own.
@Suite struct TLSTests {
    private func isUntrusted(_ outcome: RequestOutcome) -> Bool {
        if case .retry(let reason, _) = outcome {
            reason.contains("SSL") || reason.contains("certificate")
        } else {
            false
        }
    }

    @Test func `only who shows a certificate of a known authority, under the right name, is talked to`() async throws {
        let peer = try await onThread { try TLSPeer(names: "DNS:alerts.example,IP:127.0.0.1") }
        let path = peer.directory.path
        let reached = RequestOutcome.refused(reason: "HTTP status 400: host 127.0.0.1")
        // The system's authorities do not know this one, and another is not the right one.
        #expect(isUntrusted(try await peer.post { _ in }))
        #expect(isUntrusted(try await peer.post { $0.authorities = path + "/other.pem" }))
        #expect(try await peer.post { $0.authorities = path + "/ca.pem" } == reached)
        #expect(
            isUntrusted(try await peer.post(host: "localhost") { $0.authorities = path + "/ca.pem" })
        )
        // Another name than the URL's; the header Host stays.
        let named = try await peer.post {
            $0.authorities = path + "/ca.pem"
            $0.serverName = "alerts.example"
        }
        #expect(named == reached)
        let wrong = try await peer.post {
            $0.authorities = path + "/ca.pem"
            $0.serverName = "other.example"
        }
        #expect(isUntrusted(wrong))
        #expect(try await peer.post { $0.isInsecure = true } == reached)
    }

    @Test func `a client certificate is shown where one is asked for`() async throws {
        let peer = try await onThread { try TLSPeer(names: "IP:127.0.0.1", asksForCertificate: true) }
        let path = peer.directory.path
        guard case .retry = try await peer.post({ $0.authorities = path + "/ca.pem" }) else {
            Issue.record("the server was content without a certificate")
            return
        }
        let outcome = try await peer.post {
            $0.authorities = path + "/ca.pem"
            $0.certificate = path + "/client.pem"
            $0.key = path + "/client.key"
        }
        #expect(outcome == .refused(reason: "HTTP status 400: host 127.0.0.1"))
    }

    @Test func `plain HTTP is not taken for TLS`() async throws {
        let receiver = try AlertReceiver()
        let outcome = try await onThread { [port = receiver.port] in
            var settings = EndpointSettings(url: "https://127.0.0.1:\(port)/")
            settings.timeout = .milliseconds(200)
            return try EndpointClient(settings).post(OutgoingRequest(body: [])) { false }
        }
        guard case .retry = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(receiver.requests.isEmpty)
    }
}
