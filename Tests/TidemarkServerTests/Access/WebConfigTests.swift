// SPDX-License-Identifier: Apache-2.0

import Foundation
import NIOSSL
import TestSupport
import Testing
import YAML

@testable import TidemarkServer

private let hash = "$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"

@Suite struct WebConfigTests {
    @Test func `every key of exporter-toolkit's format is read`() throws {
        let config = try WebConfig(
            yaml: """
                tls_server_config:
                  cert_file: tls/server.pem
                  key_file: /etc/server.key
                  client_auth_type: RequireAndVerifyClientCert
                  client_ca_file: ca.pem
                  client_allowed_sans: [prometheus.example, 10.0.0.1]
                  cipher_suites: [TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256]
                  curve_preferences: [X25519, CurveP256]
                  min_version: TLS12
                  max_version: TLS13
                  prefer_server_cipher_suites: true
                http_server_config:
                  http2: false
                  headers:
                    X-Frame-Options: deny
                    Strict-Transport-Security: max-age=31536000
                basic_auth_users:
                  prometheus: \(hash)
                rate_limit: {interval: 10ms, burst: 20}
                """,
            file: "web.yml",
            folder: "conf/"
        )
        let tls = try #require(config.tls)
        #expect(tls.certificate == .file("conf/tls/server.pem"), "relative paths are relative to the file")
        #expect(tls.key == .file("/etc/server.key"))
        #expect(tls.clientAuthorities == .file("conf/ca.pem"))
        #expect(tls.clientCertificate == .verified)
        #expect(tls.clientNames == ["prometheus.example", "10.0.0.1"])
        #expect(tls.cipherSuites?.map(\.rawValue) == [0xC02B], "those of TLS 1.3 are not chosen from")
        #expect(tls.curves?.map(\.rawValue) == [0x1D, 0x17])
        #expect(tls.oldest == .tlsv12)
        #expect(tls.newest == .tlsv13)
        #expect(tls.files == ["conf/tls/server.pem", "/etc/server.key", "conf/ca.pem"])
        #expect(config.headers.map(\.name) == ["X-Frame-Options", "Strict-Transport-Security"])
        #expect(config.users.keys.sorted() == ["prometheus"])
        #expect(config.rateLimit == RateLimiter.Limit(interval: .milliseconds(10), burst: 20))
        #expect(config.decoyCost == 5)
    }

    @Test func `no message has a secret in it`() {
        let secret = "not-a-hash-but-the-password"
        let error = #expect(throws: FileError.self) {
            try WebConfig(yaml: "basic_auth_users:\n  a: \(secret)\n", file: "web.yml")
        }
        #expect(error?.line == 2)
        #expect(error?.description.contains(secret) == false, "\(error?.description ?? "")")
        let token = #expect(throws: FileError.self) {
            try TokenFile(yaml: "tokens: [{name: a, scopes: [read], sha256: \(secret)}]", file: "tokens.yml")
        }
        #expect(token?.description.contains(secret) == false, "\(token?.description ?? "")")
    }

    /// A file, and whether it is one that can be used. `server.pem`, `server.key` and `ca.pem` are there.
    private static let files: [(yaml: String, isGood: Bool)] = [
        ("{}", true),
        ("# nothing\n", true),
        ("tls_server_config: {cert_file: server.pem, key_file: server.key}", true),
        ("tls_server_config: {cert_file: server.pem}", false),
        ("tls_server_config: {key_file: server.key}", false),
        ("tls_server_config: {cert_file: server.pem, key_file: missing.key}", false),
        ("tls_server_config: {cert_file: server.pem, key_file: ca.key}", false),
        ("tls_server_config: {cert_file: server.key, key_file: server.key}", false),
        ("tls_server_config: {cert_file: server.pem, key_file: server.key, client_auth_type: Sometimes}", false),
        ("tls_server_config: {cert_file: server.pem, key_file: server.key, client_auth_type: RequireClientCert}", true),
        ("tls_server_config: {cert_file: server.pem, key_file: server.key, client_ca_file: ca.pem}", false),
        (
            "tls_server_config: {cert_file: server.pem, key_file: server.key, client_ca_file: ca.pem, "
                + "client_auth_type: RequireAndVerifyClientCert}", true
        ),
        (
            "tls_server_config: {cert_file: server.pem, key_file: server.key, client_ca_file: missing.pem, "
                + "client_auth_type: VerifyClientCertIfGiven}", false
        ),
        ("tls_server_config: {cert_file: server.pem, key_file: server.key, min_version: TLS13}", true),
        ("tls_server_config: {cert_file: server.pem, key_file: server.key, min_version: SSL3}", false),
        ("tls_server_config: {cert_file: server.pem, key_file: server.key, cipher_suites: [RC4]}", false),
        (
            "tls_server_config: {cert_file: server.pem, key_file: server.key, "
                + "cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]}", true
        ),
        ("tls_server_config: {cert_file: server.pem, key_file: server.key, curve_preferences: [X25519]}", true),
        ("tls_server_config: {cert_file: server.pem, key_file: server.key, curve_preferences: [P25519]}", false),
        ("tls_server_config: {cert_file: server.pem, key_file: server.key, nonsense: 1}", false),
        ("http_server_config: {http2: true}", true),
        ("http_server_config: {http2: perhaps}", false),
        ("http_server_config: {headers: {X-Frame-Options: deny}}", true),
        ("http_server_config: {headers: {X-Frame-Options: never}}", false),
        ("http_server_config: {headers: {X-Powered-By: tidemark}}", false),
        ("basic_auth_users: {a: \(hash)}", true),
        ("basic_auth_users: {a: secret}", false),
        ("tokens: []", false),
        ("basic_auth_users: [a]", false),
    ]

    @Test(.enabled("promtool is not installed") { FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool") })
    func `what promtool takes is taken, and what it refuses is refused`() async throws {
        let folder = try TemporaryDirectory()
        try await onThread { try TestAuthority(in: folder.path).sign("server", names: "DNS:localhost") }
        for (number, (yaml, isGood)) in Self.files.enumerated() {
            let path = "\(folder.path)/web-\(number).yml"
            try writeBytes(yaml.utf8, to: path)
            var watched = WatchedFiles()
            let ours = (try? AccessRules(webConfig: path, tokens: nil, watched: &watched)) != nil
            #expect(ours == isGood, "\(yaml)")
            let theirs = try await onThread {
                let process = Process()
                process.executableURL = URL(filePath: "/usr/bin/promtool")
                process.arguments = ["check", "web-config", path]
                process.standardOutput = FileHandle.nullDevice
                process.standardError = FileHandle.nullDevice
                try process.run()
                process.waitUntilExit()
                return process.terminationStatus == 0
            }
            #expect(theirs == isGood, "promtool: \(yaml)")
        }
    }

    /// What newer ones than Debian's promtool have.
    @Test func `names of clients need a certificate that is asked for`() throws {
        let yaml = "{cert_file: a, key_file: b, client_allowed_sans: [x], client_auth_type: "
        for (type, isGood) in [
            ("RequireAnyClientCert", true), ("RequireAndVerifyClientCert", true), ("VerifyClientCertIfGiven", false),
        ] {
            let text = "tls_server_config: \(yaml)\(type)}"
            #expect(((try? WebConfig(yaml: text, file: "web.yml")) != nil) == isGood, "\(type)")
        }
        #expect(try WebConfig(yaml: "rate_limit: {burst: 5}", file: "w").rateLimit == nil)
        #expect(throws: FileError.self) { try WebConfig(yaml: "rate_limit: {interval: 1s, burst: -1}", file: "w") }
    }

    @Test func `suites of TLS 1.3 alone leave nothing older`() throws {
        let yaml = "tls_server_config: {cert_file: a, key_file: b, cipher_suites: [TLS_AES_128_GCM_SHA256]}"
        let tls = try #require(try WebConfig(yaml: yaml, file: "w").tls)
        #expect(tls.oldest == .tlsv13)
        #expect(tls.cipherSuites == nil)
    }

    @Test(arguments: [
        ("tokens: [{name: a, scopes: [read]}]", "'sha256' is missing"),
        ("tokens: [{scopes: [read], sha256: x}]", "'name' is missing"),
        ("tokens: [{name: a, sha256: \(String(repeating: "0", count: 64))}]", "'scopes' is missing"),
        ("tokens: [{name: a, scopes: [write], sha256: \(String(repeating: "0", count: 64))}]", "'write' is no scope"),
        ("tokens: [{name: a, scopes: [], token: b}]", "unknown key 'token'"),
        ("users: {a: [everything]}", "'everything' is no scope"),
        ("scopes: []", "unknown key 'scopes'"),
    ])
    func `a bad file of tokens is refused with its reason`(yaml: String, reason: String) {
        let error = #expect(throws: FileError.self) { try TokenFile(yaml: yaml, file: "tokens.yml") }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
    }

    @Test func `a limiter lets a burst through, then one each interval`() {
        let limiter = RateLimiter()
        let limit = RateLimiter.Limit(interval: .seconds(1), burst: 2)
        let start = ContinuousClock.now
        func allows(_ milliseconds: Int) -> Bool { limiter.allows(limit, at: start + .milliseconds(milliseconds)) }
        #expect([0, 0, 0, 999].map(allows) == [true, true, false, false])
        #expect([1_000, 1_500, 2_000].map(allows) == [true, false, true])
        #expect([60_000, 60_000, 60_000].map(allows) == [true, true, false], "no more than the burst is saved up")
        #expect(limiter.allows(nil))
        #expect(!RateLimiter().allows(RateLimiter.Limit(interval: .seconds(1), burst: 0)))
    }
}
