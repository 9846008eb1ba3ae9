// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Synchronization
import TestSupport
import Testing

/// A disk that does everything, and takes a second for each write and each sync.
struct SlowDiskTests {
    @Test func `senders share its syncs, readers do not wait for it, and nothing is lost`() throws {
        let work = try FaultyWork()
        defer { work.remove() }
        let disk = try FaultyDisk(below: work.data, in: work.path)
        let truth = try work.ingested()
        try work.bring("before 0")
        // Opening takes 35 steps.
        let server = try ServerProcess(
            data: work.data,
            environment: disk.settings(slowFrom: 36, milliseconds: 1_000)
        )
        let lines = try work.files.flatMap { try String(contentsOfFile: $0, encoding: .utf8).split(separator: "\n") }
        let senders = 8
        let batches = 3
        let size = (lines.count + senders * batches - 1) / (senders * batches)
        let before = try commits(server)
        let statuses = Mutex<[Int]>([])
        let group = DispatchGroup()
        for sender in 0..<senders {
            let thread = Thread {
                for batch in 0..<batches {
                    let start = min((sender * batches + batch) * size, lines.count)
                    let body = lines[start..<min(start + size, lines.count)].joined(separator: "\n")
                    let answer = PlainHTTP.send("POST", "/api/v1/events", port: server.port, body: body)
                    statuses.withLock { $0.append(answer?.status ?? 0) }
                }
                group.leave()
            }
            group.enter()
            thread.start()
        }
        var pages = 0
        while group.wait(timeout: .now() + 0.05) == .timedOut {
            for path in ["/metrics", "/api/v1/query?query=sum(campaign_clicks_total)"] {
                #expect(PlainHTTP.send("GET", path, port: server.port)?.status == 200)
                pages += 1
            }
        }
        #expect(statuses.withLock { $0 } == Array(repeating: 200, count: senders * batches))
        let made = try commits(server) - before
        #expect(made < senders * batches, "\(made) commits of \(senders * batches) batches")
        #expect(pages > made, "\(pages) pages during \(made) commits")
        print("\(senders * batches) batches in \(made) commits, \(pages) pages meanwhile")
        #expect(server.stop() == 0)
        #expect(try work.readings() == truth)
    }

    private func commits(_ server: ServerProcess) throws -> Int {
        let page = try #require(PlainHTTP.send("GET", "/metrics", port: server.port)).body
        let line = try #require(page.split(separator: "\n").first { $0.hasPrefix("tidemark_commits_total ") })
        return try #require(line.split(separator: " ").last.flatMap { Double($0) }.map { Int($0) })
    }
}
