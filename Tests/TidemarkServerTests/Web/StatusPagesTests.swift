// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import Tidemark

@testable import TidemarkServer

@Suite struct StatusPagesTests {
    @Test func `health follows the store`() async throws {
        let store = FakeStore()
        try await withServer(store) { server in
            try await server.talk { client throws in
                #expect(try client.request("GET", "/-/healthy").text == "Tidemark is Healthy.\n")
                #expect(try client.request("GET", "/-/ready").text == "Tidemark is Ready.\n")
                let head = try client.request("HEAD", "/-/healthy")
                #expect(head.status == 200)
                #expect(head.headers["content-length"] == "21")
                #expect(try client.request("HEAD", "/-/ready").status == 200)

                store.health = .poisoned(reason: "no space left on device")
                let sick = try client.request("GET", "/-/healthy")
                #expect(sick.status == 503)
                #expect(sick.text == "Tidemark is not healthy: no space left on device\n")
                // Reads go on, so it is still ready.
                #expect(try client.request("GET", "/-/ready").status == 200)
                #expect(try client.request("GET", "/metrics").text.contains("\ntidemark_up 0\n"))
            }
        }
    }

    @Test func `errors are JSON whatever the path`() async throws {
        try await withServer(FakeStore()) { server in
            try await server.talk { client throws in
                let unknown = try client.request("GET", "/api/v1/nothing")
                #expect(unknown.status == 404)
                #expect(unknown.headers["content-type"] == "application/json")
                #expect(unknown.text.hasPrefix(#"{"status":"error","errorType":"not_found","error":""#))

                let wrong = try client.request("GET", "/api/v1/events")
                #expect(wrong.status == 405)
                #expect(wrong.headers["allow"] == "POST")
                #expect(wrong.text.hasPrefix(#"{"status":"error","errorType":"method_not_allowed","#))
                let put = try client.request("PUT", "/metrics", body: [])
                #expect(put.status == 405)
                #expect(put.headers["allow"] == "GET, HEAD")
                #expect(try client.request("GET", "/-/reload").status == 405)
            }
        }
    }

    @Test func `reload runs the closure and says why it failed`() async throws {
        struct BadFile: Error, CustomStringConvertible { var description: String { "rules.yml:3: unknown key" } }
        let calls = Mutex(0)
        try await withServer(
            FakeStore(),
            reload: {
                let call = calls.withLock { calls in
                    calls += 1
                    return calls
                }
                if call == 2 { throw BadFile() }
                return HTTPService.Reloaded()
            }
        ) { server in
            try await server.talk { client throws in
                #expect(try client.request("POST", "/-/reload").status == 200)
                let failed = try client.request("POST", "/-/reload")
                #expect(failed.status == 500)
                #expect(failed.text.contains("failed to reload: rules.yml:3: unknown key"))
            }
        }
        #expect(calls.withLock { $0 } == 2)
    }

    @Test func `the start page lists the endpoints and buildinfo has a version`() async throws {
        try await withServer(FakeStore()) { server in
            try await server.talk { client throws in
                #expect(try client.request("GET", "/").text.contains("/api/v1/events"))
                let build = try client.request("GET", "/api/v1/status/buildinfo")
                let versions =
                    #""version":"\#(BuildInformation.prometheusVersion)","revision":"tidemark \#(BuildInformation.version)""#
                #expect(build.text.hasPrefix(#"{"status":"success","data":{\#(versions),"#))
            }
        }
    }
}

@Suite struct ListenAddressTests {
    @Test(arguments: [
        ("127.0.0.1:9590", "127.0.0.1", 9590), ("localhost:0", "localhost", 0), ("[::1]:80", "::1", 80),
        (":9590", "::", 9590), ("0.0.0.0:65535", "0.0.0.0", 65535),
    ])
    func `addresses are read`(text: String, host: String, port: Int) throws {
        #expect(try ListenAddress(text) == ListenAddress(host: host, port: port))
    }

    @Test(arguments: [
        "", "9590", "localhost", "localhost:", "localhost:-1", "localhost:65536", "::1:80", "[x]:80", "a:b",
    ])
    func `others are refused`(text: String) {
        #expect(throws: ServerError.self) { try ListenAddress(text) }
    }

    @Test func `the description reads back`() throws {
        for text in ["127.0.0.1:9590", "[::1]:80"] { #expect(try ListenAddress(text).description == text) }
    }
}
