// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Store
@testable import Tidemark

struct `The passing of time` {
    private let directory: TemporaryDirectory
    /// Five minutes past an hour.
    private let clock = ManualClock(1_772_366_700)

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func open(window: Int = 7_200, idle: Int = 86_400) throws -> MetricsStore {
        var options = StoreOptions()
        options.clock = clock
        options.dedupeWindow = window
        options.idleTimeout = idle
        return try MetricsStore.open(directory, options)
    }

    @Test func `takes a series off the page when it has not grown for the idle time, and its return brings it back`()
        throws
    {
        let store = try open(idle: 600)
        _ = try store.submit(clicks([0])).wait()
        clock.advance(seconds: 300)
        _ = try store.submit(clicks([1])).wait()
        clock.advance(seconds: 300)
        #expect(store.totals == clickTotals([0, 1]))
        clock.advance(seconds: 1)
        #expect(store.totals == clickTotals([1]))
        // A duplicate does not keep a series alive.
        _ = try store.submit(clicks([0])).wait()
        #expect(store.totals == clickTotals([1]))
        #expect(store.total(of: "clicks_total", ["campaign": "c0"]) == 1)
        _ = try store.submit(clicks([7])).wait()
        #expect(store.totals == clickTotals([0, 1, 7]))
        try store.close()
    }

    /// The promise: for at least the window, and at most an hour longer. Nobody has to wait for a tidying thread.
    @Test(arguments: [false, true]) func `forgets an identity after the window and an hour, not within the window`(
        reopens: Bool
    ) throws {
        for (age, isRemembered) in [(0, true), (7_199, true), (7_200, true), (7_200 + 3_600, false), (50_000, false)] {
            let directory = try TemporaryDirectory()
            var options = StoreOptions()
            let clock = ManualClock(1_772_366_700)
            options.clock = clock
            options.dedupeWindow = 7_200
            var store = try MetricsStore.open(directory, options)
            #expect(try store.submit(clicks([7])).wait().accepted == 1)
            clock.advance(seconds: Int64(age))
            if reopens {
                try store.close()
                store = try MetricsStore.open(directory, options)
            }
            let report = try store.submit(clicks([7])).wait()
            #expect(report.duplicates == (isRemembered ? 1 : 0), "after \(age) s")
            #expect(report.accepted == (isRemembered ? 0 : 1), "after \(age) s")
            try store.close()
        }
    }

    @Test func `takes expired identities off the disk`() throws {
        let store = try open()
        _ = try store.submit(clicks(0..<100)).wait()
        clock.advance(seconds: 4 * 3_600)
        _ = try store.submit(clicks(200..<201)).wait()
        // Close waits for the commit thread, and with it for the tidying behind the commit.
        try store.close()
        let files = try SeriesStore.open(at: directory.store)
        var left = 0
        try files.forEachIdentity { _, _, _ in left += 1 }
        #expect(left == 1)
        files.close()
    }

    @Test func `across an hour inside one commit forgets nothing, in memory and on the disk`() throws {
        var options = StoreOptions()
        options.clock = clock
        options.dedupeWindow = 7_200
        options.identityMemory = 1
        clock.holdCommits()
        let store = try MetricsStore.open(directory, options)
        clock.advance(seconds: 3_299, milliseconds: 999)
        _ = try store.submit(clicks([0, 1])).wait()
        clock.waitUntilHeld()
        // Both into the commit that is open while the thread stands still; the hour changes between them.
        let before = try store.submit(clicks([2]))
        clock.advance(milliseconds: 1)
        let after = try store.submit(clicks([3]))
        clock.letThrough()
        _ = try before.wait()
        #expect(try after.wait().accepted == 1)
        clock.waitUntilHeld()
        // The first hour goes to the archive, behind the commit that held both, and the second does not.
        clock.advance(seconds: 61)
        clock.releaseCommits()
        _ = try store.submit(clicks([4])).wait()
        try store.close()
        let reopened = try MetricsStore.open(directory, options)
        #expect(try reopened.submit(clicks([2, 3, 4])).wait().duplicates == 3)
        #expect(reopened.totals == clickTotals([0, 1, 2, 3, 4]))
        try reopened.close()
    }
}
