// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport
import Testing

@testable import TidemarkServer

private func post(
    _ receiver: AlertReceiver,
    path: String = "/hook",
    body: String = "[]",
    configure: (inout EndpointSettings) -> Void = { _ in }
) async throws -> RequestOutcome {
    var settings = EndpointSettings(url: receiver.url + path)
    settings.timeout = .seconds(20)
    configure(&settings)
    return try await onThread { [settings] in
        try EndpointClient(settings).post(OutgoingRequest(body: Array(body.utf8))) { false }
    }
}

/// The client for one endpoint against a server that can do anything.
@Suite struct EndpointClientTests {
    @Test func `a body is posted as JSON, and any 2xx is a success`() async throws {
        let receiver = try AlertReceiver([.status(204)])
        #expect(try await post(receiver, path: "/a/b?c=d", body: #"["é"]"#) == .accepted)
        let request = try #require(receiver.requests.first)
        #expect(request.method == "POST")
        #expect(request.path == "/a/b?c=d")
        #expect(request.body == #"["é"]"#)
        #expect(request.headers["content-type"] == "application/json")
        #expect(request.headers["host"] == "127.0.0.1:\(receiver.port)")
        #expect(request.headers["user-agent"]?.hasPrefix("Tidemark/") == true)
        #expect(request.headers["authorization"] == nil)
        #expect(request.headers["expect"] == nil)
    }

    @Test(arguments: [
        (500, RequestOutcome.retry(reason: "HTTP status 500: no", after: nil)),
        (503, .retry(reason: "HTTP status 503: no", after: nil)),
        (429, .retry(reason: "HTTP status 429: no", after: nil)),
        (400, .refused(reason: "HTTP status 400: no")),
        (401, .refused(reason: "HTTP status 401: no")),
        (404, .refused(reason: "HTTP status 404: no")),
    ])
    func `a status says whether another try is worth it`(status: Int, expected: RequestOutcome) async throws {
        let receiver = try AlertReceiver([.status(status, body: " no\n")])
        #expect(try await post(receiver) == expected)
    }

    @Test func `Retry-After is heard`() async throws {
        let receiver = try AlertReceiver([.status(429, headers: ["Retry-After": "7"])])
        #expect(try await post(receiver) == .retry(reason: "HTTP status 429", after: .seconds(7)))
    }

    @Test func `redirects are not followed`() async throws {
        let other = try AlertReceiver()
        let receiver = try AlertReceiver([.status(307, headers: ["Location": other.url + "/stolen"])])
        #expect(try await post(receiver) == .refused(reason: "HTTP status 307"))
        #expect(other.requests.isEmpty)
    }

    @Test func `no answer, and a broken connection, may go well later`() async throws {
        let receiver = try AlertReceiver([.hang, .reset])
        guard case .retry = try await post(receiver, configure: { $0.timeout = .milliseconds(50) }) else {
            Issue.record("a silent server was taken for something else")
            return
        }
        guard case .retry = try await post(receiver) else {
            Issue.record("a broken connection was taken for something else")
            return
        }
        guard case .retry(let reason, _) = try await post(AlertReceiver(isThere: false)) else {
            Issue.record("a dead server was taken for something else")
            return
        }
        #expect(reason.contains("connect"))
    }

    @Test func `a request that hangs can be broken off`() async throws {
        let receiver = try AlertReceiver([.hang])
        let outcome = try await onThread { [settings = EndpointSettings(url: receiver.url)] in
            try EndpointClient(settings).post(OutgoingRequest(body: [])) { receiver.requests.count == 1 }
        }
        #expect(outcome == .aborted)
    }

    @Test func `connections are used again`() async throws {
        let receiver = try AlertReceiver()
        try await onThread { [settings = EndpointSettings(url: receiver.url)] in
            let client = try EndpointClient(settings)
            for _ in 0..<5 { #expect(client.post(OutgoingRequest(body: [])) { false } == .accepted) }
        }
        #expect(receiver.requests.map(\.connection) == [1, 1, 1, 1, 1])
    }

    @Test func `of a long answer the beginning is kept`() async throws {
        let receiver = try AlertReceiver([.status(400, body: String(repeating: "x", count: 1_000_000))])
        let outcome = try await post(receiver)
        #expect(outcome == .refused(reason: "HTTP status 400: " + String(repeating: "x", count: LoggedText.limit)))
        let kept = try await onThread { [url = receiver.url] in
            receiver.script([.status(400, body: String(repeating: "x", count: 1_000_000))])
            let curl = try CurlHandle()
            try curl.set(url: url, timeout: .seconds(20), userAgent: "test")
            return try curl.post([], headers: []) { false }?.body.count
        }
        #expect(kept == CurlHandle.bodyLimit)
    }

    @Test func `proxies of the environment are not used`() async {
        await #expect(processExitsWith: .success) {
            for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] { setenv(name, "http://127.0.0.1:1", 1) }
            let receiver = try AlertReceiver()
            #expect(try await post(receiver) == .accepted)
        }
    }

    @Test func `other protocols than HTTP are refused`() async throws {
        for url in ["file:///etc/passwd", "ftp://127.0.0.1/", "127.0.0.1:80", ""] {
            #expect(throws: NotifyError.self) { try EndpointClient(EndpointSettings(url: url)) }
        }
    }
}

/// Who sends, and what must not be seen.
@Suite struct EndpointSecretsTests {
    @Test func `basic authentication comes from the settings or from the URL`() async throws {
        let receiver = try AlertReceiver()
        _ = try await post(receiver) { $0.authorization = .basic(username: "u", password: .text("p")) }
        _ = try await post(receiver) { $0.url = "http://u:p@127.0.0.1:\(receiver.port)/hook" }
        #expect(receiver.requests.map { $0.headers["authorization"] } == ["Basic dTpw", "Basic dTpw"])
    }

    @Test func `secrets in files are read for each request`() async throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/token"
        try writeBytes("first\n".utf8, to: file)
        let receiver = try AlertReceiver()
        let url = receiver.url
        try await onThread {
            var settings = EndpointSettings(url: url)
            settings.authorization = .bearer(.file(file))
            settings.headers = ["X-Token": .file(file), "X-Source": .text("tidemark"), "X-Empty": .text("")]
            let client = try EndpointClient(settings)
            #expect(client.post(OutgoingRequest(body: [])) { false } == .accepted)
            try writeBytes("second\n".utf8, to: file)
            #expect(client.post(OutgoingRequest(body: [])) { false } == .accepted)
        }
        #expect(receiver.requests.map { $0.headers["authorization"] } == ["Bearer first", "Bearer second"])
        #expect(receiver.requests.map { $0.headers["x-token"] } == ["first", "second"])
        #expect(receiver.requests.map { $0.headers["x-source"] } == ["tidemark", "tidemark"])
        #expect(receiver.requests.map { $0.headers["x-empty"] } == ["", ""])
    }

    @Test func `a secret that is gone, or would add a header, is a failure and no request`() async throws {
        let directory = try TemporaryDirectory()
        let file = directory.path + "/token"
        let receiver = try AlertReceiver()
        for text in [nil, "a\r\nX-Other: b"] {
            if let text { try writeBytes(text.utf8, to: file) }
            guard
                case .retry(let reason, _) = try await post(
                    receiver,
                    configure: { $0.authorization = .bearer(.file(file)) }
                )
            else {
                Issue.record("the request was made")
                return
            }
            #expect(reason.hasPrefix(file))
            #expect(!reason.contains("X-Other"))
        }
        #expect(receiver.requests.isEmpty)
    }

    @Test func `a server that sends secrets back does not get them into the log`() async throws {
        let body = "you sent X-Token: s3cret and Bearer t0ken\nAuthorization"
        let receiver = try AlertReceiver([.status(400, body: body), .status(500, body: "Basic dTpwYXNz")])
        var outcome = try await post(receiver) {
            $0.headers = ["X-Token": .text("s3cret")]
            $0.authorization = .bearer(.text("t0ken"))
        }
        #expect(
            outcome
                == .refused(reason: "HTTP status 400: you sent X-Token: <secret> and Bearer <secret> Authorization")
        )
        outcome = try await post(receiver) { $0.authorization = .basic(username: "u", password: .text("pass")) }
        #expect(outcome == .retry(reason: "HTTP status 500", after: nil))
    }

    @Test func `no way of printing settings shows a secret`() {
        var settings = WebhookSettings(name: "pager", url: "http://h/")
        settings.endpoint.headers = ["X-Token": .text("s3cret")]
        settings.endpoint.authorization = .basic(username: "u", password: .text("s3cret"))
        var dumped = ""
        dump(settings, to: &dumped)
        for text in ["\(settings)", String(reflecting: settings), dumped] { #expect(!text.contains("s3cret")) }
    }

    @Test(arguments: [
        ("http://h", "http", "h", 80, "http://h"), ("https://u:p@h:8443/x?y", "https", "h", 8443, "https://h:8443/x?y"),
        ("HTTPS://[::1]:9/", "https", "[::1]", 9, "https://[::1]:9/"),
        ("http://a@b@h/", "http", "h", 80, "http://h/"),
    ])
    func `a URL has its parts`(text: String, scheme: String, host: String, port: Int, printable: String) throws {
        let url = try #require(EndpointURL(text))
        #expect((url.scheme, url.host, url.effectivePort, url.printable) == (scheme, host, port, printable))
        #expect(url.appending(path: "/p")?.printable.hasSuffix("/p") == true)
    }

    @Test(arguments: [
        "http://", "http://h:x/", "http://h:0", "http://h:70000", "http://h/#f", "http://h /", "h", "http://[::1",
    ])
    func `what is no URL is none`(text: String) { #expect(EndpointURL(text) == nil) }
}
