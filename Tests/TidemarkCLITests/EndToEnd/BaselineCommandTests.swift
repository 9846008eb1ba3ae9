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
}
