// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Samples in and out, as a person does it.
@Suite(.serialized) struct SampleCommandTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test func `what is imported comes out again, before and after compaction`() throws {
        try withFolder { folder in
            var text = "# TYPE load gauge\n# HELP load Load.\n"
            for index in 0..<3_000 { text += "load{host=\"a\"} \(Double(index) / 8) \(1_767_225_600 + index * 15)\n" }
            text += "# EOF\n"
            try text.write(toFile: folder + "/in.om", atomically: true, encoding: .utf8)
            let data = ["--data", folder + "/data"]
            let imported = try Program.run(Program.tidemark, ["import"] + data + [folder + "/in.om"])
            #expect(imported.status == 0, "\(imported.errors)")
            #expect(imported.output.hasPrefix(#"{"accepted":3000,"duplicates":0,"refused":0,"faults":0,"#))
            let first = try Program.run(Program.tidemark, ["export"] + data)
            let lines = first.output.split(separator: "\n")
            #expect(lines.count == 3_003 && lines[2] == #"load{host="a"} 0 1767225600"#)
            #expect(lines[3_001] == #"load{host="a"} 374.875 1767270585"#)
            #expect(try Program.run(Program.tidemark, ["compact"] + data).status == 0)
            #expect(try Program.run(Program.tidemark, ["export"] + data).output == first.output)
            let scanned = try Program.run(Program.tidemark, ["scan"] + data)
            #expect(scanned.output.hasPrefix(#"{"series":1,"samples":3000,"#), "\(scanned.output)")
            let csv = try Program.run(
                Program.tidemark,
                ["export", "--format", "csv", "--match", "host=~a|b", "--end", "2026-01-01T00:00:15Z"] + data
            )
            #expect(csv.output == "timestamp,value,metric,host\n1767225600000,0,load,a\n1767225615000,0.125,load,a\n")
        }
    }

    @Test func `what Prometheus makes of an export of event series is what the store reads`() throws {
        guard Program.exists("/usr/bin/promtool") else {
            print("promtool is not installed: an export was not given to it")
            return
        }
        try withFolder { folder in
            var events = ""
            for index in 0..<500 {
                events +=
                    #"{"type":"click","id":"\#(index)","time":\#(1_767_225_600 + index * 7),"campaign":"c\#(index % 3)"}"#
                events += "\n"
            }
            try events.write(toFile: folder + "/in.ndjson", atomically: true, encoding: .utf8)
            let data = ["--data", folder + "/data"]
            #expect(try Program.run(Program.tidemark, ["ingest"] + data + [folder + "/in.ndjson"]).status == 0)
            let export = ["export", "--end", "2026-01-01T02:00:00Z", "--output", folder + "/out.om"] + data
            #expect(try Program.run(Program.tidemark, export).status == 0)
            let made = try Program.run(
                "/usr/bin/promtool",
                ["tsdb", "create-blocks-from", "openmetrics", folder + "/out.om", folder + "/blocks"]
            )
            #expect(made.status == 0, "\(made.errors)")
            try FileManager.default.createDirectory(atPath: folder + "/blocks/wal", withIntermediateDirectories: true)
            let dumped = try Program.run("/usr/bin/promtool", ["tsdb", "dump", folder + "/blocks"])
            let lines = dumped.output.split(separator: "\n")
            let exported = try String(contentsOfFile: folder + "/out.om", encoding: .utf8)
                .split(separator: "\n").filter { !$0.hasPrefix("#") }
            #expect(lines.count == exported.count && lines.count > 1_000)
            #expect(lines.contains { $0.contains("campaign_clicks_total") && $0.contains(" 167 1767232800000") })
        }
    }

    @Test func `bad lines and refused samples are told, and the exit status says so`() throws {
        try withFolder { folder in
            let text = "up 1 1700000000000\nup 1 x\nup 2 1600000000000\ncampaign_clicks_total 3 1700000000000\n"
            try text.write(toFile: folder + "/in.prom", atomically: true, encoding: .utf8)
            let run = try Program.run(
                Program.tidemark,
                ["import", "--data", folder + "/data", folder + "/in.prom"]
            )
            #expect(run.status == 3)
            #expect(run.output.hasPrefix(#"{"accepted":1,"duplicates":0,"refused":2,"faults":1,"#), "\(run.output)")
            #expect(run.errors.contains("in.prom:2: "), "\(run.errors)")
            #expect(run.errors.contains("is a counter of events"))
            #expect(try Program.run(Program.tidemark, ["export", "--data", folder + "/none"]).status == 1)
        }
    }

    @Test func `parse-openmetrics says where a text is not valid`() throws {
        try withFolder { folder in
            try "# TYPE a counter\na_total 1\n# EOF\n".write(
                toFile: folder + "/good",
                atomically: true,
                encoding: .utf8
            )
            try "# TYPE a counter\na_total x\n# EOF\n".write(toFile: folder + "/bad", atomically: true, encoding: .utf8)
            #expect(try Program.run(Program.tidemark, ["parse-openmetrics", folder + "/good"]).status == 0)
            let bad = try Program.run(Program.tidemark, ["parse-openmetrics", folder + "/bad"])
            #expect(bad.status == 1 && bad.errors.hasPrefix("line 2: "), "\(bad.errors)")
        }
    }
}
