// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TidemarkServer

@Suite struct BackupEndpointTests {
    @Test func `is off unless it is turned on`() async throws {
        try await withServer(FakeStore()) { server in
            try await server.talk { client throws in
                let answer = try client.request("POST", "/api/v1/admin/backup")
                #expect(answer.status == 503)
                #expect(answer.text.contains("--enable-admin-api"))
            }
        }
    }

    @Test func `answers with what was made, under the name asked for or one of the time`() async throws {
        try await withServer(FakeStore(), clock: StoppedClock(), configure: { $0.backupFolder = "/backups" }) {
            server in
            try await server.talk { client throws in
                let named = try client.request("POST", "/api/v1/admin/backup?name=monday-1.a")
                #expect(named.status == 200)
                #expect(named.text == #"{"path":"/backups/monday-1.a","bytes":4096,"commits":3}"#)
                let unnamed = try client.request("POST", "/api/v1/admin/backup")
                #expect(unnamed.text.hasPrefix(#"{"path":"/backups/2026-03-01T120000"#), "\(unnamed.text)")
                #expect(try client.request("GET", "/api/v1/admin/backup").status == 405)
            }
        }
    }

    @Test(arguments: ["", ".", "..", ".hidden", "a/b", "..%2Fb", "%2Fetc", "a%00b", "a.tmp", "ä"])
    func `takes no name that leads anywhere else`(name: String) async throws {
        try await withServer(FakeStore(), configure: { $0.backupFolder = "/backups" }) { server in
            try await server.talk { client throws in
                #expect(try client.request("POST", "/api/v1/admin/backup?name=\(name)").status == 400)
            }
        }
    }
}
