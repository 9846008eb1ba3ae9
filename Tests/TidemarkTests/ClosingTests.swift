// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Tidemark

struct `Closing a store` {
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test func `commits what is open`() throws {
        let store = try MetricsStore.open(directory, clock: clock)
        // The commit thread stands behind the first commit, so the second one stays open until the end.
        clock.holdCommits()
        _ = try store.submit(clicks(0..<5)).wait()
        clock.waitUntilHeld()
        let open = try store.submit(clicks(5..<9))
        #expect(store.totals == clickTotals(0..<5))
        let isClosed = Flag()
        let closing = Background {
            try store.close()
            isClosed.set()
        }
        store.monitor.wait { $0.isClosing ? () : nil }
        #expect(!isClosed.isSet)
        clock.releaseCommits()
        #expect(try open.wait().accepted == 4)
        try closing.value()
        #expect(store.totals == clickTotals(0..<9))
        let reopened = try MetricsStore.open(directory, clock: clock)
        #expect(reopened.totals == clickTotals(0..<9))
        try reopened.close()
    }

    @Test func `may be repeated, and refuses everything but reading afterwards`() async throws {
        let store = try MetricsStore.open(directory, clock: clock)
        _ = try store.submit(clicks(0..<5)).wait()
        try store.close()
        try store.close()
        #expect(store.health == .closed)
        func expectClosed(_ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) {
            let error = #expect(throws: MetricsStoreError.self, sourceLocation: sourceLocation) { try body() }
            #expect(error?.code == .closed, sourceLocation: sourceLocation)
        }
        let file = directory.path + "/events.ndjson"
        try writeBytes(clicks(5..<9).utf8, to: file)
        expectClosed { _ = try store.submit(clicks(5..<9)) }
        expectClosed { _ = try store.record([Event("click")]) }
        expectClosed { _ = try store.ingest(file: file) }
        expectClosed { try store.reload(definitions: .campaigns) }
        #expect(store.totals == clickTotals(0..<5))
        #expect(store.total(of: "clicks_total", ["campaign": "c0"]) == 1)
        let statistics = store.statistics()
        #expect(statistics.counts.accepted == 5 && statistics.series == 10)
        // Another one may have the directory now.
        try MetricsStore.open(directory, clock: clock).close()
    }

    @Test func `keeps the counts of what was not accepted, which no commit brought to the disk`() throws {
        var store = try MetricsStore.open(directory, clock: clock)
        _ = try store.submit(clicks(0..<3)).wait()
        let text =
            clicks(0..<3) + "{\"type\":\"click\",\"id\":\"1\",\"campaign\":\"other\"}\n{\"type\":\"visit\"}\n[]\n{}\n"
        let report = try store.submit(text, format: .ndjson).wait()
        #expect(report.duplicates == 3 && report.conflicts == 1 && report.unmatched == 1 && report.rejected == 2)
        let counts = store.statistics().counts
        for _ in 0..<2 {
            try store.close()
            store = try MetricsStore.open(directory, clock: clock)
            let statistics = store.statistics()
            #expect(statistics.counts == counts)
            #expect(statistics.rejected(.malformed) == 1 && statistics.rejected(.missingField) == 1)
            #expect(statistics.rejected(.badUTF8) == 0)
        }
        // Nothing new: nothing is written.
        let commits = store.statistics().commits
        try store.close()
        store = try MetricsStore.open(directory, clock: clock)
        #expect(store.statistics().commits == commits)
        try store.close()
    }
}
