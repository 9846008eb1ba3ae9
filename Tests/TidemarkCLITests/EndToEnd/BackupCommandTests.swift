// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Backups as an operator makes them.
@Suite(.serialized) struct BackupCommandTests {
    @Test func `of a running server is restored to a directory that verifies and shows the same counters`() throws {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let generated = try Program.run(
            Program.tidemark,
            ["events", "generate", "--seed", "7", "--events", "20000", "--scenario", "incident"]
        )
        try generated.output.write(toFile: folder + "/events.ndjson", atomically: true, encoding: .utf8)
        let server = try ServerProcess(
            data: folder + "/data",
            arguments: ["--enable-admin-api", "--backup-dir", folder + "/backups"]
        )
        let url = "http://127.0.0.1:\(server.port)"
        #expect(try Program.run(Program.tidemark, ["ingest", "--url", url, folder + "/events.ndjson"]).status == 0)
        let prediction = #"{"type":"prediction","id":"p1","model":"m","prediction":"p1","score":0.7}"#
        #expect(PlainHTTP.send("POST", "/api/v1/events", port: server.port, body: prediction)?.status == 200)
        let backup = try Program.run(Program.tidemark, ["backup", "--url", url, "monday"])
        #expect(backup.status == 0, "\(backup.errors)")
        #expect(backup.output.hasPrefix("{\"path\":\"\(folder)/backups/monday\",\"bytes\":"), "\(backup.output)")
        let twice = try Program.run(Program.tidemark, ["backup", "--url", url, "monday"])
        #expect(twice.status == 1 && twice.errors.contains("is there already"), "\(twice.errors)")
        let page = samples(try #require(PlainHTTP.send("GET", "/metrics", port: server.port)).body)
        #expect(page["tidemark_backup_last_success_timestamp_seconds"] ?? 0 > 1_700_000_000)
        #expect(page["tidemark_backup_failures_total"] == 1)

        let restored = try Program.run(
            Program.tidemark,
            ["restore", folder + "/backups/monday", "--data", folder + "/restored"]
        )
        #expect(restored.status == 0, "\(restored.errors)")
        for path in ["/backups/monday", "/restored"] {
            let verified = try Program.run(Program.tidemark, ["verify", "--data", folder + path])
            #expect(verified.status == 0 && verified.errors.isEmpty, "\(verified.errors)")
            #expect(verified.output.contains("\"faults\":0"), "\(verified.output)")
            #expect(verified.output.contains("\"blocks of joins\":"), "\(verified.output)")
        }
        let other = try ServerProcess(data: folder + "/restored")
        let again = samples(try #require(PlainHTTP.send("GET", "/metrics", port: other.port)).body)
        let counters = { (page: [String: Double]) in page.filter { $0.key.hasPrefix("campaign_") } }
        #expect(!counters(page).isEmpty && counters(page) == counters(again))
        let off = try Program.run(Program.tidemark, ["backup", "--url", "http://127.0.0.1:\(other.port)", "a"])
        #expect(off.status == 1 && off.errors.contains("--enable-admin-api"), "\(off.errors)")
    }

    @Test func `of a directory is made, verified and found damaged by the commands`() throws {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let event = Data(#"{"type":"click","id":"1","time":1772366400,"campaign":"spring"}"#.utf8)
        let data = folder + "/data"
        #expect(try Program.run(Program.tidemark, ["ingest", "--data", data, "-"], input: event).status == 0)
        let backup = try Program.run(Program.tidemark, ["backup", "--data", data, folder + "/backup"])
        #expect(backup.status == 0, "\(backup.errors)")
        let taken = try Program.run(Program.tidemark, ["restore", folder + "/backup", "--data", data])
        #expect(taken.status == 1 && taken.errors.contains("is not empty"), "\(taken.errors)")
        let served = try Program.run(Program.tidemark, ["scan", "--data", folder + "/backup"])
        #expect(served.status == 1 && served.errors.contains("is a backup"), "\(served.errors)")

        let hot = folder + "/backup/hot/00000001"
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: hot).first { $0.hasSuffix(".ldb") })
        var bytes = try Data(contentsOf: URL(filePath: hot + "/" + name))
        bytes[30] ^= 1
        try bytes.write(to: URL(filePath: hot + "/" + name))
        let verified = try Program.run(Program.tidemark, ["verify", "--data", folder + "/backup"])
        #expect(verified.status == 1)
        #expect(verified.errors.contains(name), "\(verified.errors)")
        let restored = try Program.run(Program.tidemark, ["restore", folder + "/backup", "--data", folder + "/other"])
        #expect(restored.status == 1 && restored.errors.contains(name), "\(restored.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder + "/other"))
    }
}
