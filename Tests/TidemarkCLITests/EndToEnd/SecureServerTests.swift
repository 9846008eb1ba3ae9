// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

/// A server behind TLS, with users and tokens: Debian's Prometheus scrapes it, and our own commands talk to it.
@Suite(.serialized) struct SecureServerTests {
    /// Files of a server, and of those that ask it.
    private struct Files {
        let folder: String

        /// The password of `prometheus` is `U*U`, the token of `shop` is `shop-token`, that of `operator` is
        /// `operator-token`.
        init() throws {
            folder = try Program.temporaryFolder()
            let authority = try TestAuthority(in: folder)
            try authority.sign("server", names: "DNS:localhost,IP:127.0.0.1")
            try authority.sign("client", names: "DNS:client.example")
            try write(
                "web.yml",
                """
                tls_server_config: {cert_file: server.pem, key_file: server.key}
                basic_auth_users:
                  prometheus: $2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW
                """
            )
            try write(
                "tokens.yml",
                """
                tokens:
                  - {name: shop, scopes: [ingest], sha256: \(try digest("shop-token"))}
                  - {name: operator, scopes: [read, admin], sha256: \(try digest("operator-token"))}
                users: {prometheus: [read]}
                """
            )
            try write("password", "U*U\n")
            for name in ["shop", "operator"] {
                try write("\(name).token", "\(name)-token\n")
                try write(
                    "\(name).yml",
                    "tls_config: {ca_file: ca.pem}\nauthorization: {credentials_file: \(name).token}\n"
                )
            }
            try write(
                "reader.yml",
                "tls_config: {ca_file: ca.pem}\nbasic_auth: {username: prometheus, password_file: password}\n"
            )
            try write("nobody.yml", "tls_config: {ca_file: ca.pem}\n")
        }

        func write(_ name: String, _ text: String) throws {
            try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
        }

        func server(_ more: [String] = []) throws -> ServerProcess {
            try ServerProcess(
                data: folder + "/data",
                arguments: ["--web-config", folder + "/web.yml", "--tokens", folder + "/tokens.yml"] + more
            )
        }

        /// As docs/security.md tells to make it.
        private func digest(_ token: String) throws -> String {
            let result = try Program.run("/usr/bin/sha256sum", [], input: Data(token.utf8))
            return String(result.output.prefix(64))
        }
    }

    @Test(.enabled("Debian's prometheus is not installed") { Program.exists("/usr/bin/prometheus") })
    func `Prometheus scrapes with a password over TLS, and its own file is ours`() async throws {
        let files = try Files()
        defer { try? FileManager.default.removeItem(atPath: files.folder) }
        let checked = try Program.run("/usr/bin/promtool", ["check", "web-config", files.folder + "/web.yml"])
        #expect(checked.status == 0, "\(checked.errors)")
        let server = try files.server()
        #expect(PlainHTTP.send("GET", "/metrics", port: server.port) == nil, "nothing is said in the clear")

        let more = """
              - job_name: secure
                scheme: https
                tls_config: {ca_file: \(files.folder)/ca.pem}
                basic_auth: {username: prometheus, password_file: \(files.folder)/password}
                static_configs: [{targets: ["localhost:\(server.port)"]}]
              - job_name: stranger
                scheme: https
                tls_config: {ca_file: \(files.folder)/ca.pem}
                static_configs: [{targets: ["localhost:\(server.port)"]}]
            """
        let prometheus = try await ScrapingPrometheus(
            target: server.port,
            rules: [],
            interval: "1s",
            folder: files.folder,
            more: more
        )
        let up = try await waitFor("the scrapes") {
            let up = try instantVector("up", port: prometheus.port)
            return up.count == 3 && up.contains { $0.value == 1 } ? up : nil
        }
        #expect(up.filter { $0.value == 1 }.map { $0.labels["job"] } == ["secure"], "\(up)")
        #expect(try instantValues(#"tidemark_up{job="secure"}"#, port: prometheus.port) == [1])
        _ = try await waitFor("the refusals") {
            try instantVector(#"tidemark_http_requests_total{path="/metrics",code="401"}"#, port: prometheus.port).first
        }
        #expect(server.stop() == 0)
    }

    @Test func `our own commands say who they are, and trust only whom they are told to`() throws {
        let files = try Files()
        defer { try? FileManager.default.removeItem(atPath: files.folder) }
        let server = try files.server(["--enable-admin-api", "--backup-dir", files.folder + "/backups"])
        let url = "https://localhost:\(server.port)"
        func run(_ arguments: [String], as who: String?, input: String? = nil) throws -> (status: Int32, text: String) {
            let config = who.map { ["--http-config", "\(files.folder)/\($0).yml"] } ?? []
            let result = try Program.run(
                Program.tidemark,
                [arguments[0]] + (arguments[0] == "baseline" ? [arguments[1]] : []) + ["--url", url] + config
                    + arguments.dropFirst(arguments[0] == "baseline" ? 2 : 1),
                input: input.map { Data($0.utf8) }
            )
            for secret in ["U*U", "shop-token", "operator-token"] {
                #expect(!(result.output + result.errors).contains(secret), "a secret is told")
            }
            return (result.status, result.output + result.errors)
        }
        let ingest = ["ingest", "--format", "ndjson", "-"]
        let event = #"{"type":"click","id":"1","campaign":"spring"}"# + "\n"
        let sent = try run(ingest, as: "shop", input: event)
        #expect(sent.status == 0, "\(sent.text)")
        #expect(sent.text.contains(#""accepted":1"#))
        #expect(try run(ingest, as: "reader", input: event).text.contains("scope 'ingest'"))
        #expect(try run(ingest, as: "nobody", input: event).text.contains("needs a user and password, or a token"))

        let query = ["query", "--output", "csv", "sum(campaign_clicks_total)"]
        let answered = try run(query, as: "reader")
        #expect(answered.status == 0, "\(answered.text)")
        #expect(try run(query, as: "shop").status == 1)
        let untrusted = try run(query, as: nil)
        #expect(untrusted.status == 1)
        #expect(untrusted.text.contains("no authority that is trusted here"), "\(untrusted.text)")
        let distrusted = try run(ingest, as: nil, input: event)
        #expect(distrusted.status == 1, "it does not try for minutes: \(distrusted.text)")

        let backup = try run(["backup", "first"], as: "operator")
        #expect(backup.status == 0, "\(backup.text)")
        #expect(try run(["backup", "second"], as: "reader").text.contains("scope 'admin'"))
        #expect(try run(["baseline", "show"], as: "operator").text.contains("no such baseline"))
        #expect(try run(["baseline", "show"], as: "reader").text.contains("scope 'admin'"))

        // A file that is none of its kind.
        try files.write("bad.yml", "basic_auth: {username: a}\nuser: b\n")
        let bad = try run(query, as: "bad")
        #expect(bad.status == 1)
        #expect(bad.text.contains("bad.yml:2: unknown key 'user'"), "\(bad.text)")
        #expect(server.stop() == 0)
    }

    @Test func `a client certificate is enough where one is asked for`() throws {
        let files = try Files()
        defer { try? FileManager.default.removeItem(atPath: files.folder) }
        try files.write(
            "web.yml",
            """
            tls_server_config:
              cert_file: server.pem
              key_file: server.key
              client_auth_type: RequireAndVerifyClientCert
              client_ca_file: ca.pem
            """
        )
        try files.write(
            "certificate.yml",
            "tls_config: {ca_file: ca.pem, cert_file: client.pem, key_file: client.key}\n"
        )
        let server = try ServerProcess(
            data: files.folder + "/data",
            arguments: ["--web-config", files.folder + "/web.yml"]
        )
        func query(_ who: String) throws -> Int32 {
            try Program.run(
                Program.tidemark,
                [
                    "query", "--url", "https://127.0.0.1:\(server.port)", "--http-config", "\(files.folder)/\(who).yml",
                    "vector(1)",
                ]
            )
            .status
        }
        #expect(try query("certificate") == 0)
        #expect(try query("nobody") == 1)
        #expect(server.stop() == 0)
    }

    @Test func `a server that others could reach does not start without knowing them`() throws {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let refused = try Program.run(
            Program.tidemark,
            ["serve", "--data", folder + "/data", "--listen", "0.0.0.0:0"]
        )
        #expect(refused.status == 1)
        #expect(refused.errors.split(separator: "\n").count == 1, "\(refused.errors)")
        #expect(refused.errors.contains("--allow-unauthenticated"))
    }
}
