// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import TestSupport
import Testing

/// Every step that changes the disk, and everything that can go wrong with it.
///
/// Some commands are run one after the other on one directory. For each of them, and each of its steps, the disk as it
/// was before is brought back, the command is run with the fault, what can be read is compared, and then the command
/// and those behind it are run again.
struct FaultInjectionTests {
    /// How many steps of each command are tried with each kind of fault; with `make crash` all are.
    private static let most = ProcessInfo.processInfo.environment["TIDEMARK_KILLS"] == nil ? 3 : Int.max

    @Test(arguments: FaultyDisk.Kind.allCases)
    func `at any step leaves what was acknowledged, once, and the work can be done again`(
        _ kind: FaultyDisk.Kind
    ) throws {
        var random = SeededRandom(for: "faults, \(kind)")
        let work = try FaultyWork()
        defer { work.remove() }
        let disk = try FaultyDisk(below: work.disk, in: work.path)
        var runs: [String: Int] = [:]
        for (index, command) in work.commands.enumerated() {
            try work.bring("before \(index)")
            let before = try work.readings()
            let steps = try disk.steps(of: command)
            let after = try work.readings()
            try work.keep("before \(index + 1)")
            // In some other process' run there may be a step or two more or less: LevelDB has a thread of its own.
            var chosen = Set((1...steps).shuffled(using: &random).prefix(Self.most))
            // What is made gets its name at the end.
            if work.folder(madeBy: command) != nil { chosen.formUnion(max(1, steps - 1)...steps) }
            for step in chosen.sorted() {
                // An error may pass at once, or stay.
                let count = kind == .eio || kind == .enospc ? [1, 1_000_000][random.below(2)] : 1
                let here: Comment = "\(command[0]) (\(index)), step \(step) of \(steps), \(count)"
                try work.bring("before \(index)")
                let broken = try disk.run(command, kind, at: step, count: count)
                // A step may be one that the work does not need: LevelDB's removal of old files.
                let statuses = kind == .eio || kind == .enospc ? [0, 1] : [0, -SIGKILL]
                #expect(statuses.contains(broken.status), "\(here): \(broken.errors)")
                let lines = broken.errors.split(separator: "\n").count
                #expect(broken.status != 1 || lines <= 2, "\(here): \(broken.errors)")
                try work.expectFolders(behind: command, broken.status, mayStay: count > 1, here)
                let left = try work.readings()
                left.expect(between: before, and: after, here)
                if broken.status == 0 { #expect(left == after, here) }
                for command in work.commands[index...] {
                    if let made = work.folder(madeBy: command), Program.exists(made) { continue }
                    let again = try Program.run(Program.tidemark, command)
                    #expect(again.status == 0, "\(here): \(again.errors)")
                }
                #expect(try work.readings() == work.truth, here)
                #expect(try work.readings(of: work.restored) == work.truth, here)
                runs[command[0], default: 0] += 1
            }
        }
        print("\(kind): \(runs.values.reduce(0, +)) faults, \(runs); every counter of every day is exact")
    }

    @Test func `of a disk that works again is forgotten by a server without a restart`() throws {
        var random = SeededRandom(for: "faults of a server")
        let work = try FaultyWork()
        defer { work.remove() }
        let disk = try FaultyDisk(below: work.data, in: work.path)
        let truth = try work.ingested()
        var failed = 0
        for kind in [FaultyDisk.Kind.eio, .enospc, .eio, .enospc] {
            try work.bring("before 0")
            // Opening takes 35 steps; behind them a batch is a write and a sync.
            let settings = disk.settings(kind, at: 36 + random.below(30), count: 1 + random.below(5))
            let server = try ServerProcess(data: work.data, environment: settings)
            for file in work.files {
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
            #expect(try work.readings() == truth, "\(settings)")
        }
        #expect(failed > 0)
        print("\(failed) batches were refused; every counter is exact")
    }
}
