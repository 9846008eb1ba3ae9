// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Store
@testable import Tidemark

/// So little memory for identities that every hour but the present one goes to the disk.
struct `Identities that do not fit in memory` {
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    private var options: StoreOptions {
        var options = StoreOptions()
        options.clock = clock
        options.identityMemory = 1
        return options
    }

    @Test func `go to the disk hour by hour, and none is forgotten, also after opening again`() throws {
        var store = try MetricsStore.open(directory, options)
        var ids: [Int] = []
        for hour in 0..<8 {
            let added = Array(hour * 1_000..<hour * 1_000 + 700)
            #expect(try store.submit(clicks(added)).wait().accepted == 700)
            ids += added
            if hour == 4 {
                try store.close()
                store = try MetricsStore.open(directory, options)
            }
            #expect(try store.submit(clicks(ids)).wait().duplicates == ids.count, "hour \(hour)")
            clock.advance(seconds: 3_600)
        }
        _ = try store.submit(clicks([9_000])).wait()
        try store.close()
        let files = try SeriesStore.open(at: directory.store)
        var hours: Set<UInt32> = []
        try files.forEachIdentity { hour, _, _ in hours.insert(hour) }
        #expect(hours.count <= 2 && files.identitiesArchivedBefore > 0, "the other hours are in the archive")
        files.close()
        store = try MetricsStore.open(directory, options)
        #expect(store.statistics().identities < 1_000)
        #expect(try store.submit(clicks(ids + [9_000])).wait().duplicates == ids.count + 1)
        #expect(store.totals == clickTotals(ids + [9_000]))
        try store.close()
    }

    @Test func `still tell a conflict from a duplicate`() throws {
        let store = try MetricsStore.open(directory, options)
        _ = try store.submit(clicks(0..<10)).wait()
        clock.advance(seconds: 3_600)
        for _ in 0..<3 {
            clock.advance(seconds: 61)
            _ = try store.submit(clicks([100 + Int(clock.now.milliseconds % 1_000_000)])).wait()
        }
        let report = try store.submit(clicks(0..<10, cost: { $0 == 4 ? 99 : $0 })).wait()
        #expect(report.conflicts == 1 && report.duplicates == 9 && report.accepted == 0)
        // And the first content stays the one that counts.
        #expect(try store.submit(clicks(0..<10)).wait().duplicates == 10)
        try store.close()
    }

    @Test func `leave memory under load too, when another commit is always open`() throws {
        let store = try MetricsStore.open(directory, options)
        clock.holdCommits()
        _ = try store.submit(clicks(0..<30_000)).wait()
        let full = store.statistics().identityBytes
        for round in 0..<3 {
            clock.waitUntilHeld()
            clock.advance(seconds: 3_600)
            // Somebody waits already when the thread gets to tidying.
            let next = try store.submit(clicks([100_000 + round]))
            clock.letThrough()
            _ = try next.wait()
        }
        clock.releaseCommits()
        #expect(store.statistics().identityBytes < full)
        #expect(try store.submit(clicks(0..<30_000)).wait().duplicates == 30_000)
        #expect(try store.submit(clicks([100_000, 100_001, 100_002])).wait().duplicates == 3)
        try store.close()
    }

    @Test func `are forgotten in the archive too when the window has passed`() throws {
        var options = options
        options.dedupeWindow = 7_200
        var store = try MetricsStore.open(directory, options)
        _ = try store.submit(clicks(0..<10)).wait()
        for hour in 1...2 {
            clock.advance(seconds: 3_600)
            _ = try store.submit(clicks([100 * hour])).wait()
        }
        #expect(try store.submit(clicks(0..<10)).wait().duplicates == 10)
        clock.advance(seconds: 3_600)
        #expect(try store.submit(clicks(0..<5)).wait().accepted == 5)
        try store.close()
        store = try MetricsStore.open(directory, options)
        #expect(try store.submit(clicks(0..<10)).wait().accepted == 5)
        #expect(store.totals == clickTotals(Array(0..<10) + Array(0..<10) + [100, 200]))
        try store.close()
    }
}
