// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The commands as a person runs them.
@Suite(.serialized) struct CommandTests {
    @Test func `a second process on a directory ends with one clear line that names the first`() throws {
        let data = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: data) }
        let server = try ServerProcess(data: data)
        for command in [["serve", "--listen", "127.0.0.1:0"], ["ingest", "-"]] {
            let second = try Program.run(Program.tidemark, command + ["--data", data])
            #expect(second.status == 1)
            #expect(second.errors.split(separator: "\n").count == 1, "\(second.errors)")
            #expect(second.errors.contains("in use by process \(server.processIdentifier)"), "\(second.errors)")
        }
    }

    @Test func `a stop commits what was answered, and a start has it`() throws {
        let data = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: data) }
        let server = try ServerProcess(data: data)
        _ = PlainHTTP.send("POST", "/api/v1/events", port: server.port, body: #"{"type":"click","id":"1"}"#)
        _ = PlainHTTP.send(
            "POST",
            "/api/v1/events",
            port: server.port,
            body: #"{"type":"click","id":"2","time":1}"# + "\n{"
        )
        #expect(server.stop() == 0)
        let again = try ServerProcess(data: data)
        let page = try #require(PlainHTTP.send("GET", "/metrics", port: again.port))
        let values = samples(page.body)
        #expect(values["campaign_clicks_total"] == 2)
        #expect(values[#"tidemark_events_total{result="rejected",reason="malformed"}"#] == 1)
    }

    @Test func `what is generated can be ingested, from a file and over HTTP, with the same counters`() throws {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let generated = try Program.run(
            Program.tidemark,
            ["events", "generate", "--seed", "5", "--events", "20000", "--scenario", "incident"]
        )
        #expect(generated.status == 0)
        #expect(generated.errors.contains("planted: CTR of campaign"), "\(generated.errors)")
        try generated.output.write(toFile: folder + "/events.ndjson", atomically: true, encoding: .utf8)

        let local = try Program.run(Program.tidemark, ["ingest", "--data", folder + "/a", folder + "/events.ndjson"])
        #expect(local.status == 0, "\(local.errors)")
        let server = try ServerProcess(data: folder + "/b")
        let remote = try Program.run(
            Program.tidemark,
            ["ingest", "--url", "http://127.0.0.1:\(server.port)", folder + "/events.ndjson"]
        )
        #expect(remote.status == 0, "\(remote.errors)")
        let other = try ServerProcess(data: folder + "/a")
        let pages = try [server, other].map { server in
            samples(try #require(PlainHTTP.send("GET", "/metrics", port: server.port)).body)
                // Distinct counts are estimates under a key of the store's own.
                .filter { $0.key.hasPrefix("campaign_") && !$0.key.hasPrefix("campaign_reach_") }
        }
        #expect(!pages[0].isEmpty)
        #expect(pages[0] == pages[1])
        for output in [local.output, remote.output] {
            #expect(output.hasPrefix(#"{"accepted":"#) && output.contains(#""rejected":0,"#), "\(output)")
        }
    }

    @Test func `rejects are told by file and line, and the exit status says so`() throws {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/mixed.ndjson"
        try "{\"type\":\"click\"}\nnonsense\n{\"type\":\"click\"}\n".write(
            toFile: path,
            atomically: true,
            encoding: .utf8
        )
        let result = try Program.run(Program.tidemark, ["ingest", "--data", folder + "/data", path])
        #expect(result.status == 3)
        #expect(result.errors.hasPrefix("\(path):2: malformed: "), "\(result.errors)")
        #expect(
            result.output.hasPrefix(
                #"{"accepted":2,"duplicates":0,"conflicts":0,"rejected":1,"late":0,"unmatched":0,"seconds":"#
            )
        )
        #expect(try Program.run(Program.tidemark, ["ingest", "--nonsense"]).status == 2)
        #expect(
            try Program.run(Program.tidemark, ["ingest", "--data", folder + "/data", folder + "/none"]).status == 1
        )
    }

    @Test(.enabled(if: Program.exists(Program.shared + "/data/openbandit"), "../shared/data is not there"))
    func `the Open Bandit sample counts to the unit, and once`() throws {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for (variant, impressions, clicks) in [("random", 10_000, 46), ("bts", 10_000, 69)] {
            let mapping = """
                format: csv
                columns: {time: timestamp}
                set: {campaign: men, variant: \(variant)}
                id: [campaign, variant, _row]
                emit:
                  - {type: impression}
                  - {type: click, when: {click: "1"}}
                """
            let mappingPath = folder + "/\(variant).yml"
            try mapping.write(toFile: mappingPath, atomically: true, encoding: .utf8)
            let arguments = [
                "ingest", "--data", folder + "/data", "--mapping", mappingPath,
                "\(Program.shared)/data/openbandit/\(variant)_men.csv",
            ]
            let first = try Program.run(Program.tidemark, arguments)
            #expect(first.output.hasPrefix(#"{"accepted":\#(impressions + clicks),"duplicates":0,"#), "\(first)")
            let second = try Program.run(Program.tidemark, arguments)
            #expect(second.output.hasPrefix(#"{"accepted":0,"duplicates":\#(impressions + clicks),"#), "\(second)")
        }
        let server = try ServerProcess(data: folder + "/data")
        let values = samples(try #require(PlainHTTP.send("GET", "/metrics", port: server.port)).body)
        #expect(values[#"campaign_impressions_total{campaign="men",variant="random"}"#] == 10_000)
        #expect(values[#"campaign_clicks_total{campaign="men",variant="random"}"#] == 46)
        #expect(values[#"campaign_impressions_total{campaign="men",variant="bts"}"#] == 10_000)
        #expect(values[#"campaign_clicks_total{campaign="men",variant="bts"}"#] == 69)
        print("20,000 rows of ../shared/data/openbandit ran, twice")
    }

    @Test(.enabled(if: Program.exists(Program.shared + "/data/music"), "../shared/data is not there"))
    func `the music sample's replayed rows count once`() throws {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let mapping = """
            format: csv
            header: [event_id, customer, track, time, mobile, zip]
            columns: {id: event_id, time: time, mobile: mobile}
            set: {source: tracks}
            time: {format: "yyyy-MM-dd HH:mm:ss", timezone: UTC}
            emit: [{type: play}]
            """
        let definitions = """
            metrics:
              - {name: track_plays_total, help: Plays., type: counter, events: [play], labels: [mobile]}
            """
        try mapping.write(toFile: folder + "/tracks.yml", atomically: true, encoding: .utf8)
        try definitions.write(toFile: folder + "/metrics.yml", atomically: true, encoding: .utf8)
        let result = try Program.run(
            Program.tidemark,
            [
                "ingest", "--data", folder + "/data", "--mapping", folder + "/tracks.yml", "--metrics",
                folder + "/metrics.yml", Program.shared + "/data/music/tracks_live.csv",
            ]
        )
        #expect(
            result.output.hasPrefix(#"{"accepted":2682,"duplicates":792,"conflicts":0,"rejected":0,"#),
            "\(result)"
        )
        let server = try ServerProcess(data: folder + "/data", arguments: ["--metrics", folder + "/metrics.yml"])
        let values = samples(try #require(PlainHTTP.send("GET", "/metrics", port: server.port)).body)
        #expect(values[#"track_plays_total{mobile="1"}"#] == 1_634)
        #expect(values[#"track_plays_total{mobile="0"}"#] == 1_048)
        print("3,474 rows of ../shared/data/music ran")
    }
}
