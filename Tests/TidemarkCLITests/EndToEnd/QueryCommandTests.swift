// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import TidemarkCLI

/// `tidemark query`, of a directory and of a server.
@Suite(.serialized) struct QueryCommandTests {
    private func folderWithClicks() throws -> String {
        let folder = try Program.temporaryFolder()
        let events = (0..<3).map {
            #"{"type":"click","id":"\#($0)","campaign":"\#($0 == 0 ? "a" : "b")","time":"2026-01-05T12:00:0\#($0)Z"}"#
                + "\n"
        }
        .joined()
        let ingested = try Program.run(
            Program.tidemark,
            ["ingest", "--data", folder + "/data", "-"],
            input: Data(events.utf8)
        )
        #expect(ingested.status == 0, "\(ingested.errors)")
        return folder
    }

    @Test func `a directory and its server give the same answers, in every form`() throws {
        let folder = try folderWithClicks()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let instant = ["--time", "2026-01-05T12:05:00Z", "campaign_clicks_total"]
        let range = [
            "--start", "2026-01-05T12:00:00Z", "--end", "2026-01-05T12:00:30Z", "--step", "15s",
            "campaign_clicks_total",
        ]
        let runs = [instant, range].flatMap { query in ["table", "json", "csv"].map { ["--output", $0] + query } }
        let local = try runs.map { try Program.run(Program.tidemark, ["query", "--data", folder + "/data"] + $0) }
        for result in local { #expect(result.status == 0, "\(result.errors)") }
        #expect(
            local[0].output == """
                __name__               campaign  value
                campaign_clicks_total  a             1
                campaign_clicks_total  b             2

                """
        )
        #expect(
            local[1].output.hasPrefix(
                #"{"resultType":"vector","result":[{"metric":{"__name__":"campaign_clicks_total","#
            )
        )
        #expect(local[1].output.hasSuffix("]}\n"))
        #expect(
            local[2].output == """
                timestamp,value,metric,campaign
                1767614700000,1,campaign_clicks_total,a
                1767614700000,2,campaign_clicks_total,b

                """
        )
        #expect(
            local[3].output.hasPrefix(#"time                  campaign_clicks_total{campaign="a"}"#),
            "\(local[3].output)"
        )
        #expect(local[4].output.hasPrefix(#"{"resultType":"matrix","result":["#))

        let server = try ServerProcess(data: folder + "/data")
        let url = "http://127.0.0.1:\(server.port)"
        for (arguments, expected) in zip(runs, local) {
            let remote = try Program.run(Program.tidemark, ["query", "--url", url] + arguments)
            #expect(remote.status == 0, "\(remote.errors)")
            #expect(remote.output == expected.output)
        }
        let locked = try Program.run(Program.tidemark, ["query", "--data", folder + "/data", "1"])
        #expect(locked.status == 1)
        #expect(locked.errors.split(separator: "\n").count == 1 && locked.errors.contains("--url"), "\(locked.errors)")
        let wrong = try Program.run(Program.tidemark, ["query", "--url", url, "1+"])
        #expect(wrong.status == 1)
        #expect(wrong.errors.contains("1:3: parse error: unexpected end of input"), "\(wrong.errors)")
    }

    @Test func `what rules would have recorded can be written, and asked for`() throws {
        let folder = try folderWithClicks()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let rules = "groups: [{name: g, rules: [{record: 'all:clicks', expr: 'sum(campaign_clicks_total)'}]}]"
        try rules.write(toFile: folder + "/r.yml", atomically: true, encoding: .utf8)
        let past = ["--data", folder + "/data", "--start", "2026-01-05T12:00:00Z"]
        func backfill(_ end: String, _ file: String) throws -> (status: Int32, output: String, errors: String) {
            try Program.run(Program.tidemark, ["rules", "backfill"] + past + ["--end", end, folder + file])
        }
        let filled = try backfill("2026-01-05T12:30:00Z", "/r.yml")
        #expect(filled.status == 0 && filled.errors.contains("31 samples were written"), "\(filled.errors)")
        let query = [
            "query", "--data", folder + "/data", "--time", "2026-01-05T12:20:00Z", "--output", "csv", "all:clicks",
        ]
        #expect(try Program.run(Program.tidemark, query).output.contains(",3,all:clicks"))
        let again = try backfill("2026-01-05T12:30:00Z", "/r.yml")
        #expect(again.status == 0 && again.errors.contains("0 samples were written"), "\(again.errors)")
        #expect(try backfill("2999-01-01T00:00:00Z", "/r.yml").status == 2)
        #expect(try backfill("2026-01-05T11:00:00Z", "/r.yml").status == 2)
        #expect(try backfill("2026-01-05T12:30:00Z", "/none.yml").status == 1)
    }

    @Test func `a wrong command line ends with 2, a wrong query with 1`() throws {
        let run = { (arguments: [String]) in try Program.run(Program.tidemark, ["query"] + arguments).status }
        #expect(try run(["--time", "x", "1"]) == 2)
        #expect(try run(["--time", "1", "--start", "1", "--step", "1", "1"]) == 2)
        #expect(try run(["--start", "1", "1"]) == 2)
        #expect(try run(["--data", "a", "--url", "http://b", "1"]) == 2)
        #expect(try run(["--data", "a", "--http-config", "b", "1"]) == 2)
        #expect(try run(["--data", "/nowhere", "1"]) == 1)
        #expect(try run(["--url", "http://127.0.0.1:9", "1"]) == 1)
    }
}

@Suite struct RemoteAnswerTests {
    @Test func `a member is found where it stands, and nowhere else`() {
        let find = { (json: String) in
            topLevelValue("data", of: Array(json.utf8)).map { String(decoding: $0, as: UTF8.self) }
        }
        #expect(find(#"{"status":"success","data":{"a":[1,"}"]}}"#) == #"{"a":[1,"}"]}"#)
        #expect(find(#"{"x":{"data":1},"data" : "a\"b,","y":2}"#) == #" "a\"b,""#)
        #expect(find(#"{"x":"data","y":1}"#) == nil)
        #expect(find("<html>") == nil)
    }
}
