// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import TestSupport
import Testing
import Tidemark

@testable import TidemarkServer

/// Files of a web configuration and of tokens. The user `prometheus` has the password `U*U` and may read, `root` has
/// `U*U*` and may do everything.
private struct AccessFiles: Sendable {
    let folder: TemporaryDirectory
    var web: String { folder.path + "/web.yml" }
    var tokens: String { folder.path + "/tokens.yml" }

    static let web = """
        http_server_config: {headers: {X-Content-Type-Options: nosniff}}
        basic_auth_users:
          prometheus: $2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW
          root: $2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK
        """

    /// The token `NAME-token` has the scope that is its name.
    static let tokens = """
        tokens:
          - {name: ingest, scopes: [ingest], sha256: \(digest("ingest-token"))}
          - {name: read, scopes: [read], sha256: \(digest("read-token"))}
          - {name: admin, scopes: [admin], sha256: \(digest("admin-token"))}
          - {name: nothing, scopes: [], sha256: \(digest("nothing-token"))}
        users:
          prometheus: [read]
        """

    init(web: String = AccessFiles.web, tokens: String = AccessFiles.tokens) throws {
        folder = try TemporaryDirectory()
        try writeBytes(web.utf8, to: self.web)
        try writeBytes(tokens.utf8, to: self.tokens)
    }

    func control(logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }) throws -> AccessControl {
        try AccessControl(webConfig: web, tokens: tokens, logger: logger)
    }

    static func digest(_ text: String) -> String {
        SHA256Digest(of: Array(text.utf8)).bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

private func basic(_ user: String, _ password: String) -> String {
    "Basic " + Data("\(user):\(password)".utf8).base64EncodedString()
}

@Suite struct AccessTests {
    /// Who asks, and what it is to get of an endpoint of each scope.
    private static let senders: [(authorization: String?, ingest: Int, read: Int, admin: Int)] = [
        (nil, 401, 401, 401),
        ("Bearer ingest-token", 200, 403, 403),
        ("bearer  read-token", 403, 200, 403),
        ("Bearer admin-token", 403, 403, 200),
        ("Bearer nothing-token", 403, 403, 403),
        ("Bearer no-token", 401, 401, 401),
        ("Bearer ", 401, 401, 401),
        ("Bearer read-token read-token", 401, 401, 401),
        (basic("prometheus", "U*U"), 403, 200, 403),
        (basic("root", "U*U*"), 200, 200, 200),
        (basic("prometheus", "U*U*"), 401, 401, 401),
        (basic("prometheus", ""), 401, 401, 401),
        (basic("nobody", "U*U"), 401, 401, 401),
        (basic("", ""), 401, 401, 401),
        ("Basic !!!", 401, 401, 401),
        ("Digest username=root", 401, 401, 401),
        ("root", 401, 401, 401),
    ]

    @Test func `every sender gets what its scopes allow, and nothing else`() async throws {
        let access = try AccessFiles().control()
        try await withServer(FakeStore(), access: access) { server async throws in
            try await server.talk { client throws in
                for sender in Self.senders {
                    let headers = sender.authorization.map { ["Authorization": $0] } ?? [:]
                    let who = "\(sender.authorization ?? "nobody")"
                    let answers = [
                        (try client.post("/api/v1/events", headers, "{}"), sender.ingest),
                        (try client.request("GET", "/metrics", headers), sender.read),
                        (try client.request("POST", "/-/reload", headers, body: []), sender.admin),
                    ]
                    for (number, (answer, status)) in answers.enumerated() {
                        #expect(answer.status == status, "\(who) at \(number)")
                        #expect((answer.headers["www-authenticate"] != nil) == (status == 401 || status == 403))
                        #expect(answer.headers["x-content-type-options"] == "nosniff")
                    }
                    // Health is for everyone, and a path that is none for everyone who is known.
                    #expect(try client.request("GET", "/-/healthy", headers).status == 200)
                    #expect(try client.request("GET", "/-/ready", headers).status == 200)
                    let isKnown = [sender.ingest, sender.read, sender.admin] != [401, 401, 401]
                    #expect(try client.request("GET", "/nowhere", headers).status == (isKnown ? 404 : 401), "\(who)")
                    // The wrong method is no way around.
                    #expect(try client.request("GET", "/-/reload", headers).status != 200)
                }
            }
        }
    }

    @Test func `a body too large is 413 for who may send it, and 401 before it is read for who may not`() async throws {
        let store = FakeStore()
        let access = try AccessFiles().control()
        try await withServer(store, access: access, configure: { $0.bodyLimit = 1_000 }) { server in
            let body = String(repeating: " ", count: 5_000)
            try await server.talk { client throws in
                let known = ["Authorization": "Bearer ingest-token"]
                #expect(try client.post("/api/v1/events", known, body).status == 413)
                #expect(try client.post("/api/v1/events", known, "{}").status == 200)
                #expect(try client.post("/api/v1/events", [:], body).status == 401)
                #expect(try client.post("/api/v1/events", ["Authorization": "Bearer read-token"], body).status == 403)
            }
            try await server.talk { client throws in
                // More than is received for the sake of the connection.
                client.sendHead("POST", "/api/v1/events", [:], length: 8 << 20)
                #expect(try client.answer().status == 401)
            }
        }
        #expect(store.submissions.count == 1)
    }

    @Test func `headers beyond the limit are refused`() async throws {
        try await withServer(FakeStore(), configure: { $0.headerLimit = 4 << 10 }) { server in
            try await server.talk { client throws in
                let small = ["X-Pad": String(repeating: "x", count: 1 << 10)]
                #expect(try client.request("GET", "/metrics", small).status == 200)
                let large = ["X-Pad": String(repeating: "x", count: 8 << 10)]
                #expect(try client.request("GET", "/metrics", large).status == 400)
                #expect(try client.isClosedByServer())
            }
        }
    }

    @Test func `a poisoned store says why to those that are known alone`() async throws {
        let store = FakeStore()
        store.health = .poisoned(reason: "/srv/data/hot: no space left")
        let access = try AccessFiles().control()
        try await withServer(store, access: access) { server async throws in
            try await server.talk { client throws in
                let stranger = try client.request("GET", "/-/healthy")
                #expect(stranger.status == 503)
                #expect(stranger.text == "Tidemark is not healthy.\n")
                let known = try client.request("GET", "/-/healthy", ["Authorization": "Bearer read-token"])
                #expect(known.text.contains("/srv/data/hot"))
            }
        }
    }

    @Test func `a challenge names the kinds of credentials that are taken`() async throws {
        for (web, tokens, expected) in [
            (AccessFiles.web, "", "Basic"),
            ("{}", "tokens: [{name: a, scopes: [read], sha256: \(AccessFiles.digest("a"))}]", "Bearer"),
        ] {
            let access = try AccessFiles(web: web, tokens: tokens).control()
            try await withServer(FakeStore(), access: access) { server async throws in
                let answer = try await server.talk { try $0.request("GET", "/metrics") }
                #expect(answer.status == 401)
                #expect(answer.headers["www-authenticate"]?.hasPrefix(expected) == true)
                // A password is not even computed where there are no users.
                let other = try await server.talk {
                    try $0.request(
                        "GET",
                        "/metrics",
                        ["Authorization": expected == "Basic" ? "Bearer a" : basic("a", "a")]
                    )
                }
                #expect(other.status == 401)
            }
        }
    }

    @Test func `a page in a browser does not administrate with a password that the browser remembers`() async throws {
        let files = try AccessFiles()
        for (access, authorization, status) in [
            (try files.control(), basic("root", "U*U*"), 403), (try files.control(), "Bearer admin-token", 200),
            (AccessControl(), "", 403),
        ] {
            try await withServer(FakeStore(), access: access) { server in
                var headers = ["Origin": "https://elsewhere.example"]
                if !authorization.isEmpty { headers["Authorization"] = authorization }
                let answers = try await server.talk { [headers] client in
                    let page = try client.request("POST", "/-/reload", headers, body: []).status
                    let program = headers.filter { $0.key != "Origin" }
                    return (page, try client.request("POST", "/-/reload", program, body: []).status)
                }
                #expect(answers == (status, 200), "\(authorization)")
            }
        }
    }

    @Test func `the rate limit holds for everyone`() async throws {
        let access = try AccessFiles(web: "rate_limit: {interval: 1h, burst: 2}", tokens: "").control()
        try await withServer(FakeStore(), access: access) { server async throws in
            let statuses = try await server.talk { client in
                try (0..<4).map { _ in try client.request("GET", "/-/healthy").status }
            }
            #expect(statuses == [200, 200, 429, 429])
        }
    }

    // MARK: - Changes

    @Test func `files are read again when they change, and a bad one changes nothing`() async throws {
        let files = try AccessFiles()
        let log = RecordedLog()
        let access = try files.control(logger: log.logger)
        try await withServer(FakeStore(), access: access) { server async throws in
            @Sendable func status(_ authorization: String) async throws -> Int {
                try await server.talk { try $0.request("GET", "/metrics", ["Authorization": authorization]).status }
            }
            #expect(try await status("Bearer read-token") == 200)
            #expect(try await status(basic("prometheus", "U*U")) == 200)
            let page = try await server.talk {
                try $0.request("GET", "/metrics", ["Authorization": "Bearer read-token"]).text
            }
            #expect(page.contains("\ntidemark_web_config_last_reload_successful 1\n"))
            // Another password for the user, whose old one was remembered; another token.
            try writeBytes(
                "basic_auth_users: {prometheus: $2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a}".utf8,
                to: files.web
            )
            try writeBytes(
                "tokens: [{name: b, scopes: [read], sha256: \(AccessFiles.digest("new-token"))}]".utf8,
                to: files.tokens
            )
            #expect(try await status("Bearer read-token") == 401)
            #expect(try await status("Bearer new-token") == 200)
            #expect(try await status(basic("prometheus", "U*U")) == 401)
            #expect(try await status(basic("prometheus", "U*U*U")) == 200)

            for bad in ["basic_auth_users: {prometheus: hunter2}", "nonsense: 1", ""] {
                if bad.isEmpty { try files.folder.remove(files.web) } else { try writeBytes(bad.utf8, to: files.web) }
                #expect(try await status(basic("prometheus", "U*U*U")) == 200, "\(bad)")
                #expect(try await status("Bearer no-token") == 401, "\(bad)")
                #expect(access.isCurrent == false)
            }
            #expect(AccessControl().isCurrent == nil)
            let errors = log.lines.filter { $0.contains("left as it was") }
            #expect(errors.count == 3, "each is told once: \(errors)")
            #expect(!log.lines.joined().contains("hunter2"))
            #expect(!log.lines.joined().contains("-token"))
        }
    }

    // MARK: - Where it listens

    @Test(arguments: [
        ("127.0.0.1", true), ("127.8.9.10", true), ("localhost", true), ("::1", true), ("::ffff:127.0.0.1", true),
        ("0.0.0.0", false), ("::", false), ("10.0.0.1", false), ("metrics.example", false), ("::ffff:10.0.0.1", false),
        ("127.0.0.1.example", false),
    ])
    func `loopback is told from what others reach`(host: String, isLoopback: Bool) {
        #expect(ListenAddress(host: host, port: 1).isLoopback == isLoopback)
    }

    @Test func `others are not listened to while nobody has to say who it is, unless that is asked for`() async throws {
        func serve(_ access: AccessControl, allowing: Bool = false, _ body: (LiveServer) async throws -> Void)
            async throws
        {
            try await withServer(
                FakeStore(),
                access: access,
                configure: {
                    // 127.0.0.1 as a number, which passes for a name that others reach.
                    $0.listen = ListenAddress(host: "2130706433", port: 0)
                    $0.allowsUnauthenticated = allowing
                },
                body
            )
        }
        let error = await #expect(throws: ServerError.self) { try await serve(AccessControl()) { _ in } }
        #expect(error?.code == .cannotListen)
        #expect(error?.message.contains("--allow-unauthenticated") == true)
        try await serve(AccessControl(), allowing: true) { server async throws in
            #expect(try await server.talk { try $0.request("GET", "/metrics").status } == 200)
        }
        let files = try AccessFiles()
        try await serve(try files.control()) { server async throws in
            #expect(try await server.talk { try $0.request("GET", "/metrics").status } == 401)
            // Files without anybody in them do not open it.
            try writeBytes("{}".utf8, to: files.web)
            try writeBytes("tokens: []".utf8, to: files.tokens)
            #expect(try await server.talk { try $0.request("GET", "/metrics").status } == 401)
        }
    }
}
