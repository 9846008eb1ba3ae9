// SPDX-License-Identifier: Apache-2.0

import Synchronization
import Testing
import Tidemark

@testable import TidemarkCLI

/// Collects lines.
final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    @Sendable func add(_ line: String) { lines.withLock { $0.append(line) } }
}

@Suite struct IngestOutputTests {
    @Test func `the summary has the contract's keys in its order`() {
        var totals = IngestTotals(accepted: 1, duplicates: 2, conflicts: 3, rejected: 4, late: 5, unmatched: 6)
        #expect(
            totals.summary(seconds: 1.5)
                == #"{"accepted":1,"duplicates":2,"conflicts":3,"rejected":4,"late":5,"unmatched":6,"seconds":1.500}"#
        )
        totals += totals
        #expect(totals.summary(seconds: 0.0321).hasSuffix(#""unmatched":12,"seconds":0.032}"#))
        #expect(totals.summary(seconds: 61.9999).hasSuffix(#""seconds":62.000}"#))
    }

    @Test func `the first 20 rejects are shown, the rest is counted by reason`() throws {
        let scratch = try Scratch()
        let shown = Lines()
        let path = scratch.path + "/rejects"
        let log = try RejectLog(path: path, show: shown.add)
        for line in 1...25 {
            log.add(
                file: "-",
                line: line,
                reason: line < 4 ? "future" : "malformed",
                message: "no",
                text: "text \(line)"
            )
        }
        try log.finish(rejected: 30)
        #expect(shown.all.count == 21)
        #expect(shown.all.first == "stdin:1: future: no")
        #expect(shown.all.last == "30 rejected: malformed 22, future 3, not named by the server 5")
        let file = try TextFile.read(path).split(separator: "\n")
        #expect(file.count == 25)
        #expect(file.last == "stdin:25: malformed: no\ttext 25")
    }

    @Test func `nothing is said when all was shown`() throws {
        let shown = Lines()
        let log = try RejectLog(path: nil, show: shown.add)
        log.add(file: "a", line: 1, reason: "future", message: "no")
        try log.finish(rejected: 1)
        #expect(shown.all == ["a:1: future: no"])
        #expect(throws: CommandFailure.self) { try RejectLog(path: "/nowhere/rejects") }
    }

    @Test func `lines are found in any order`() throws {
        let scratch = try Scratch()
        let path = try scratch.file("lines", (1...10_000).map { "line \($0)\r\n" }.joined() + "last")
        let finder = try #require(LineFinder(path))
        for line in [1, 2, 9_000, 5, 4_096, 4_097, 4_098, 8_193, 10_000, 1] {
            #expect(finder.text(ofLine: line) == "line \(line)")
        }
        #expect(finder.text(ofLine: 10_001) == "last")
        #expect(finder.text(ofLine: 10_002) == nil)
        #expect(finder.text(ofLine: 3) == "line 3")
        #expect(finder.text(ofLine: 0) == nil)
        #expect(LineFinder("-") == nil)
    }

    @Test func `waits double up to ten seconds and honour the server`() {
        var backoff = Backoff()
        let waits = (0..<9).map { _ in backoff.next(retryAfter: nil, random: 1) }
        #expect(waits.first == .seconds(0.1))
        #expect(waits[3] == .seconds(0.8))
        #expect(waits.last == .seconds(10))
        var other = Backoff()
        #expect(other.next(retryAfter: 7, random: 0) >= .seconds(7))
        #expect(other.next(retryAfter: 7, random: 1) < .seconds(7.2))
    }
}
