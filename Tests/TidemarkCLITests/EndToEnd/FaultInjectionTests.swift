// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import TestSupport
import Testing

/// Every step that changes the disk, and everything that can go wrong with it.
///
/// Some commands are run one after the other on one directory. For each of them, and each of its steps, the directory as
/// it was before is brought back, the command is run with the fault, what can be read is compared, and then the command
/// and those behind it are run again.
struct FaultInjectionTests {
    /// How many steps of each command are tried with each kind of fault; with `make crash` all are.
    private static let most = ProcessInfo.processInfo.environment["TIDEMARK_KILLS"] == nil ? 6 : Int.max

    @Test(arguments: FaultyDisk.Kind.allCases)
    func `at any step leaves what was acknowledged, once, and the work can be done again`(
        _ kind: FaultyDisk.Kind
    ) throws {
        var random = SeededRandom(for: "faults, \(kind)")
        let folder = try Folder()
        defer { folder.remove() }
        let disk = try FaultyDisk(below: folder.data, in: folder.path)
        var runs = 0
        for (index, command) in folder.commands.enumerated() {
            try folder.bring("before \(index)")
            let before = try folder.counters()
            let steps = try disk.steps(of: command)
            let complete = try folder.counters()
            try folder.keep("before \(index + 1)")
            // In some other process' run there may be a step or two more or less: LevelDB has a thread of its own.
            let chosen = (1...steps).shuffled(using: &random).prefix(Self.most)
            for step in chosen {
                // An error may pass at once, or stay.
                let count = kind == .eio || kind == .enospc ? [1, 1_000_000][random.below(2)] : 1
                let here: Comment = "\(command[0]), step \(step) of \(steps), \(count)"
                try folder.bring("before \(index)")
                let broken = try disk.run(command, kind, at: step, count: count)
                // A step may be one that the work does not need: LevelDB's removal of old files.
                let statuses = kind == .eio || kind == .enospc ? [0, 1] : [0, -SIGKILL]
                #expect(statuses.contains(broken.status), "\(here): \(broken.errors)")
                let lines = broken.errors.split(separator: "\n").count
                #expect(broken.status != 1 || lines <= 2, "\(here): \(broken.errors)")
                let left = try folder.counters()
                for (name, value) in complete {
                    let value = (least: before[name] ?? 0, found: left[name] ?? 0, most: value)
                    #expect(value.least <= value.found && value.found <= value.most, "\(here): \(name) \(value)")
                    if broken.status == 0 { #expect(value.found == value.most, "\(here): \(name)") }
                }
                for command in folder.commands[index...] {
                    let again = try Program.run(Program.tidemark, command)
                    #expect(again.status == 0, "\(here): \(again.errors)")
                }
                #expect(try folder.counters() == folder.truth, here)
                runs += 1
            }
        }
        print("\(kind): \(runs) faults; every counter is exact")
    }

    @Test func `of a disk that works again is forgotten by a server without a restart`() throws {
        var random = SeededRandom(for: "faults of a server")
        let folder = try Folder()
        defer { folder.remove() }
        let disk = try FaultyDisk(below: folder.data, in: folder.path)
        var failed = 0
        for kind in [FaultyDisk.Kind.eio, .enospc, .eio, .enospc] {
            try folder.bring("before 0")
            // Opening takes 35 steps; behind them a batch is a write and a sync.
            let settings = disk.settings(kind, at: 36 + random.below(30), count: 1 + random.below(5))
            let server = try ServerProcess(data: folder.data, environment: settings)
            for file in folder.files {
                let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
                for start in stride(from: 0, to: lines.count, by: 50) {
                    let body = lines[start..<min(start + 50, lines.count)].joined(separator: "\n")
                    var status: Int?
                    while status != 200 {
                        status = PlainHTTP.send("POST", "/api/v1/events", port: server.port, body: body)?.status
                        try #require(status == 200 || status == 503, "\(status as Int?), \(settings)")
                        // Reading goes on meanwhile.
                        let page = try #require(PlainHTTP.send("GET", "/metrics", port: server.port))
                        #expect(page.status == 200)
                        if status == 503 {
                            failed += 1
                            _ = DispatchSemaphore(value: 0).wait(timeout: .now() + 0.1)
                        }
                    }
                }
            }
            #expect(server.stop() == 0)
            #expect(try folder.counters() == folder.truth, "\(settings)")
        }
        #expect(failed > 0)
        print("\(failed) batches were refused; every counter is exact")
    }

    /// A directory, the commands, and what they come to.
    private struct Folder {
        let path: String
        var data: String { path + "/data" }
        let commands: [[String]]
        private(set) var files: [String] = []
        private(set) var truth: [String: Double] = [:]

        init() throws {
            path = try Program.temporaryFolder()
            let data = path + "/data"
            let generated = try Program.run(
                Program.tidemark,
                ["events", "generate", "--seed", "3", "--events", "1200", "--duration", "3d"]
            )
            let lines = generated.output.split(separator: "\n")
            // The second half has a third of the first once more, and comes first in part: late and doubled events.
            let parts = [lines.prefix(600), lines.suffix(600) + lines.prefix(200)]
            var commands: [[String]] = []
            for (number, part) in parts.enumerated() {
                let file = path + "/events\(number).ndjson"
                try (part.joined(separator: "\n") + "\n").write(toFile: file, atomically: true, encoding: .utf8)
                files.append(file)
                commands += [["ingest", "--data", data, file], ["compact", "--data", data]]
            }
            self.commands = commands
            for command in commands {
                let result = try Program.run(Program.tidemark, command)
                guard result.status == 0 else { throw ServerProcess.Failure(result.errors) }
            }
            // Two of the days are over: compact seals them, and seals them again for what is late.
            let days = try FileManager.default.contentsOfDirectory(atPath: data + "/day").sorted()
            guard days.count >= 2, days.allSatisfy({ $0.hasSuffix(".2") || $0.hasSuffix(".1") }) else {
                throw ServerProcess.Failure("the sealed days are \(days)")
            }
            print("sealed days: \(days)")
            truth = try counters()
            guard truth.count >= 3, truth.values.allSatisfy({ $0 > 0 }) else {
                throw ServerProcess.Failure("the truth is \(truth)")
            }
            try FileManager.default.removeItem(atPath: data)
            try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
            try keep("before 0")
        }

        /// The counters of campaigns behind all events.
        func counters() throws -> [String: Double] {
            // A store is one from the moment it has its format.
            guard Program.exists(data + "/FORMAT") else { return [:] }
            let query = try Program.run(
                Program.tidemark,
                [
                    "query", "--data", data, "--time", "2026-01-08T01:00:00Z", "--output", "json",
                    #"sum by (name) (label_replace(last_over_time({__name__=~"campaign_.+_total"}[4d]), "name", "$1", "__name__", "(.+)"))"#,
                ]
            )
            guard query.status == 0 else { throw ServerProcess.Failure(query.errors) }
            let json = try JSONSerialization.jsonObject(with: Data(query.output.utf8)) as? [String: Any]
            var counters: [String: Double] = [:]
            for element in json?["result"] as? [[String: Any]] ?? [] {
                guard let name = (element["metric"] as? [String: String])?["name"],
                    let text = (element["value"] as? [Any])?.last as? String
                else { continue }
                counters[name] = Double(text)
            }
            return counters
        }

        func remove() {
            try? FileManager.default.removeItem(atPath: path)
        }

        func keep(_ name: String) throws {
            try? FileManager.default.removeItem(atPath: path + "/" + name)
            try FileManager.default.copyItem(atPath: data, toPath: path + "/" + name)
        }

        func bring(_ name: String) throws {
            try? FileManager.default.removeItem(atPath: data)
            try FileManager.default.copyItem(atPath: path + "/" + name, toPath: data)
        }
    }
}
