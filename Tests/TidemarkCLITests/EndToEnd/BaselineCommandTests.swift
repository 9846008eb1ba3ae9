// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Baselines, as a data scientist makes them.
@Suite(.serialized) struct BaselineCommandTests {
    private let folder: String

    init() throws {
        folder = try Program.temporaryFolder()
    }

    private func run(_ arguments: [String]) throws -> (status: Int32, output: String, errors: String) {
        try Program.run(Program.tidemark, ["baseline"] + arguments)
    }

    private func write(_ text: String, _ name: String) throws -> String {
        try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
        return folder + "/" + name
    }

    @Test func `a file and a window become the first and the second of a model, and are shown`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let data = ["--data", folder + "/data"]
        var rows = "id,age,plan\n"
        for index in 0..<100 { rows += "\(index),\(20 + index % 50),\(index % 4 == 0 ? "free" : "plus")\n" }
        let file = try write(rows, "training.csv")
        let set = try run(["set"] + data + ["--model", "m", "--from", file, "--leave-out", " id ", "--bins", "5"])
        #expect(set.status == 0, "\(set.errors)")
        #expect(set.output == "baseline 1 of m, every version: 2 features, from \(file): 100 rows\n")
        let shown = try run(["show"] + data)
        #expect(shown.output.hasPrefix("baseline 1 of m, every version, made 20"))
        #expect(shown.output.contains("  age: 100 observations, 0 missing\n    01  (-Inf, 29.0]  20  20.0 %\n"))
        #expect(shown.output.contains("    plus  75  75.0 %\n    free  25  25.0 %\n    other  0  0.0 %"))

        var events = ""
        for index in 0..<40 {
            let time = "2026-03-01T10:\(10 + index)" + ":00Z"
            events +=
                #"{"type":"prediction","id":"\#(index)","model":"m","time":"\#(time)","features":{"age":\#(index)}}"#
                + "\n"
        }
        let ingested = try Program.run(
            Program.tidemark,
            ["ingest"] + data + [try write(events, "events.ndjson")]
        )
        #expect(ingested.status == 0, "\(ingested.errors)")
        let window = ["--start", "2026-03-01T10:00:00Z", "--end", "2026-03-01T11:00:00Z"]
        let second = try run(["set"] + data + ["--model", "m"] + window)
        #expect(
            second.output
                == "baseline 2 of m, every version: 1 features, from predictions from 2026-03-01T10:00:00Z to 2026-03-01T11:00:00Z\n"
        )
        #expect(try run(["show", "--number", "2"] + data).output.contains("age: 40 observations"))
        #expect(try run(["show", "--model", "n"] + data).status == 1)
    }

    @Test func `what cannot be made is told in one line`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let data = ["--data", folder + "/data"]
        let window = ["--start", "2026-03-01T10:00:00Z", "--end", "2026-03-01T11:00:00Z"]
        let none = try run(["set"] + data + ["--model", "m"] + window)
        #expect(none.status == 1 && none.errors == "tidemark: \(folder)/data is not a data directory\n")
        let bad = try write("age\n1\n\"2\n", "bad.csv")
        let faulty = try run(["set"] + data + ["--model", "m", "--from", bad])
        #expect(faulty.status == 1 && faulty.errors.hasPrefix("tidemark: \(bad):3: "))
        // Nothing was made of it.
        #expect(!FileManager.default.fileExists(atPath: folder + "/data/FORMAT"))
        for arguments in [
            ["--model", "m"], ["--model", "m", "--from", bad] + window,
            ["--model", "m", "--from", bad, "--bins", "21"],
            ["--model", "", "--from", bad], ["--model", "m", "--leave-out", "a"] + window,
        ] {
            #expect(try run(["set"] + data + arguments).status == 2)
        }
    }

    @Test func `a running server makes and shows them as a directory does`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var rows = "id,age,plan\n"
        for index in 0..<100 { rows += "\(index),\(20 + index % 50),\(index % 4 == 0 ? "free" : "plus")\n" }
        let file = try write(rows, "training set.csv")
        let server = try ServerProcess(data: folder + "/data", arguments: ["--enable-admin-api"])
        let remote = ["--url", "http://127.0.0.1:\(server.port)"]
        let options = ["--model", "m", "--from", file, "--leave-out", " id ", "--bins", "5", "--categories", "plan"]
        let there = try run(["set"] + remote + options)
        #expect(there.status == 0, "\(there.errors)")
        let here = try run(["set", "--data", folder + "/other"] + options)
        #expect(there.output == here.output)
        /// What is shown, but for when it was made.
        func shown(_ arguments: [String]) throws -> [Substring] {
            let result = try run(["show"] + arguments)
            #expect(result.status == 0, "\(result.errors)")
            return result.output.split(separator: "\n").map { line in
                line.hasPrefix("baseline ") ? line.split(separator: ", made ")[0] : line
            }
        }
        #expect(try shown(remote) == shown(["--data", folder + "/other"]))

        let event = #"{"type":"prediction","id":"1","model":"m","time":"2026-03-01T10:00:00Z","features":{"age":30}}"#
        #expect(PlainHTTP.send("POST", "/api/v1/events", port: server.port, body: event)?.status == 200)
        let query = try Program.run(
            Program.tidemark,
            ["query"] + remote
                + ["--time", "2026-03-01T10:01:00Z", "count by (baseline, bin) (model_feature_observations_total)"]
        )
        #expect(query.output.contains(#/1 +02 +1/#), "\(query.output)\(query.errors)")
        let window = ["--start", "2026-03-01T10:00:00Z", "--end", "2026-03-01T11:00:00Z"]
        #expect(try run(["set"] + remote + ["--model", "m", "--version", "2"] + window).status == 1)
        #expect(
            try run(["set"] + remote + ["--model", "m"] + window).output
                == "baseline 2 of m, every version: 1 features, from predictions from 2026-03-01T10:00:00Z to 2026-03-01T11:00:00Z\n"
        )

        // Faults are told as those of a directory are.
        let bad = try write("age\n1\n\"2\n", "bad.csv")
        let faults = try [remote, ["--data", folder + "/other"]].map {
            try run(["set"] + $0 + ["--model", "m", "--from", bad])
        }
        #expect(faults.map(\.status) == [1, 1])
        #expect(faults[0].errors.hasPrefix("tidemark: \(bad):3: ") && faults[0].errors == faults[1].errors)
        #expect(try run(["show"] + remote + ["--model", "n"]).errors.contains("there is no such baseline"))
        #expect(try run(["show", "--data", folder + "/data"]).errors.contains("ask its server with --url"))
        #expect(try run(["show", "--data", folder + "/data"] + remote).status == 2)
        #expect(try run(["show", "--url", "ftp://x"]).status == 2)
        #expect(server.stop() == 0)
        let gone = try run(["show"] + remote)
        #expect(gone.status == 1 && gone.errors.hasPrefix("tidemark: http://127.0.0.1:"))

        // Only where it was asked for.
        let closed = try ServerProcess(data: folder + "/data")
        let refused = try run(["set", "--url", "http://127.0.0.1:\(closed.port)"] + options)
        #expect(refused.status == 1 && refused.errors.contains("--enable-admin-api"), "\(refused.errors)")
        #expect(closed.stop() == 0)
        #expect(try run(["show", "--data", folder + "/data", "--number", "2"]).output.contains("age: 1 observations"))
    }
}
