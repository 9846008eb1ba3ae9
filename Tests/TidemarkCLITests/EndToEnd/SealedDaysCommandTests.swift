// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Glibc
import TestSupport
import Testing

/// Directories with sealed days, as the commands treat them when something has gone wrong.
struct SealedDaysCommandTests {
    private let query = [
        "query", "--step", "1d", "--output", "json", "--start", "2026-01-01T23:59:59Z", "--end", "2026-01-12T23:59:59Z",
        "sum_over_time(campaign_clicks_total[1d])",
    ]

    @Test func `are as they were, once, however often sealing them is killed`() throws {
        var random = SeededRandom(for: "killed seals")
        let work = try FaultyWork()
        defer { work.remove() }
        for command in work.commands.prefix(5) {
            let done = try Program.run(Program.tidemark, command)
            try #require(done.status == 0, "\(done.errors)")
        }
        let truth = try work.readings()
        // Seals, seals again and drops nothing. How long it takes with nobody in its way is how long a life may be.
        try work.keep("unsealed")
        let begun = ContinuousClock.now
        _ = try Program.run(Program.tidemark, work.commands[5])
        let longest = (ContinuousClock.now - begun) / .seconds(1)
        var killed = 0
        for life in 0..<16 {
            // Two lives in a row on one directory: what is left to be done gets less.
            if life % 2 == 0 { try work.bring("unsealed") }
            let process = Process()
            process.executableURL = URL(filePath: Program.tidemark)
            process.arguments = work.commands[5]
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
            let isOver = DispatchSemaphore(value: 0)
            process.terminationHandler = { _ in isOver.signal() }
            let patience = Double.random(in: 0...longest, using: &random)
            if isOver.wait(timeout: .now() + patience) == .timedOut {
                kill(process.processIdentifier, SIGKILL)
                killed += 1
            }
            process.waitUntilExit()
            #expect(try work.readings() == truth)
        }
        let done = try Program.run(Program.tidemark, work.commands[5])
        #expect(done.status == 0, "\(done.errors)")
        #expect(try work.readings() == truth)
        let verified = try Program.run(Program.tidemark, ["verify", "--data", work.data])
        #expect(verified.status == 0, "\(verified.errors)")
        #expect(killed > 0)
        print("killed seals: \(killed)")
    }

    @Test func `belong to one process at a time; every other one is told which`() throws {
        let work = try FaultyWork()
        defer { work.remove() }
        for command in work.commands.prefix(2) { _ = try Program.run(Program.tidemark, command) }
        let truth = try work.readings()
        let server = try ServerProcess(data: work.data)
        let others = [
            work.commands[2], work.commands[3], ["verify", "--data", work.data],
            ["backup", "--data", work.data, work.disk + "/backup"], ["query", "--data", work.data, "up"],
        ]
        for command in others {
            let refused = try Program.run(Program.tidemark, command)
            #expect(refused.status == 1, "\(command)")
            let lines = refused.errors.split(separator: "\n")
            #expect(lines.count == 1 && lines[0].contains("\(work.data) is in use"), "\(command): \(refused.errors)")
        }
        let refused = try Program.run(Program.tidemark, work.commands[3])
        #expect(refused.errors.contains("process \(server.processIdentifier)"), "\(refused.errors)")
        #expect(!Program.exists(work.disk + "/backup") && !Program.exists(work.disk + "/backup.tmp"))
        #expect(server.stop() == 0)
        #expect(try work.readings() == truth)
    }

    @Test func `of which one is lost or cut fail by its file's name where it is needed, and answer elsewhere`() throws {
        let work = try FaultyWork()
        defer { work.remove() }
        for command in work.commands.prefix(6) { _ = try Program.run(Program.tidemark, command) }
        let folder = work.data + "/day"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        try #require(names.count >= 4)
        let (name, file) = (names[1], folder + "/" + names[1])
        let day = "\(name.prefix(4))-\(name.dropFirst(4).prefix(2))-\(name.dropFirst(6).prefix(2))"
        let whole = try Data(contentsOf: URL(filePath: file))
        // Of that day, and of the two last ones. Every sample is looked at: for a day's end its sums would do.
        func ask(_ start: String, _ end: String) throws -> (status: Int32, output: String, errors: String) {
            let sums = #"sum(sum_over_time(campaign_clicks_total[1d]))"#
            let arguments = [
                "query", "--data", work.data, "--start", start, "--end", end, "--step", "1d", "--output", "csv",
            ]
            return try Program.run(Program.tidemark, arguments + [sums])
        }
        let last = "2026-01-12T23:59:59Z"
        let behind =
            "\(names[3].prefix(4))-\(names[3].dropFirst(4).prefix(2))-\(names[3].dropFirst(6).prefix(2))T23:59:59Z"
        let right = try ask(behind, last)
        #expect(right.status == 0 && right.output.split(separator: "\n").count > 1, "\(right)")
        for cut in [nil, 0, whole.count / 2, whole.count - 1] {
            if Program.exists(file) { try FileManager.default.removeItem(atPath: file) }
            if let cut { try whole.prefix(cut).write(to: URL(filePath: file)) }
            let lost = try ask("\(day)T23:59:59Z", "\(day)T23:59:59Z")
            let lines = lost.errors.split(separator: "\n")
            #expect(lost.status == 1 && lost.output.isEmpty && lines.count == 1, "\(lost)")
            #expect(lost.errors.contains(file), "\(lost.errors)")
            let all = try Program.run(Program.tidemark, query + ["--data", work.data])
            #expect(all.status == 1 && all.errors.contains(file), "\(all)")
            #expect(try ask(behind, last).output == right.output)
            let verified = try Program.run(Program.tidemark, ["verify", "--data", work.data])
            #expect(verified.status == 1 && verified.errors.contains(file), "\(verified.errors)")
            let server = try ServerProcess(data: work.data)
            let answer = PlainHTTP.send(
                "GET",
                "/api/v1/query?time=\(day)T23:59:59Z&query=sum_over_time(campaign_clicks_total%5B1d%5D)",
                port: server.port
            )
            let failed = try #require(answer)
            #expect(failed.status >= 400 && failed.body.contains(file), "\(failed)")
            let page = PlainHTTP.send("GET", "/metrics", port: server.port)
            #expect(page?.status == 200)
            #expect(server.stop() == 0)
        }
        try whole.write(to: URL(filePath: file))
        let again = try Program.run(Program.tidemark, query + ["--data", work.data])
        #expect(again.status == 0, "\(again.errors)")
    }
}
