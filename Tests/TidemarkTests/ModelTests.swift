// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing

@testable import Store
@testable import Tidemark

struct `A metrics store and its dictionary twin` {
    /// Events in any order, many of them again, in bodies of many forms, with checkpoints, reloads and reopenings between.
    @Test func `agree after thousands of bodies`() throws {
        var random = SeededRandom(for: "metrics store twin")
        let directory = try TemporaryDirectory()
        let clock = ManualClock(1_772_400_000)
        var store = try MetricsStore.open(directory, clock: clock)
        var seen: Set<Int> = []
        var counts = (accepted: 0, duplicates: 0, rejected: 0, unmatched: 0)
        for step in 0..<1_500 {
            switch random.below(100) {
            case 0..<2:
                try store.close()
                store = try MetricsStore.open(directory, clock: clock)
                #expect(store.totals == clickTotals(seen), "step \(step)")
            case 2..<4:
                try store.seriesStore.checkpoint()
            case 4..<6:
                try store.reload(definitions: random.chance(50) ? .campaigns : [MetricDefinition].campaigns.reversed())
            case 6..<9:
                clock.advance(seconds: Int64(random.below(1_000)))
            default:
                let ids = (0...random.below(20)).map { _ in random.below(30_000) }
                var text = clicks(ids)
                let (bad, foreign) = (random.below(3), random.below(3))
                for _ in 0..<bad { text += "{\"type\":\"click\",\"cost\":\"much\"}\n" }
                for _ in 0..<foreign { text += "{\"type\":\"visit\"}\n" }
                let fresh = Set(ids).subtracting(seen)
                let report = try store.submit(text).wait()
                #expect(report.accepted == fresh.count, "step \(step)")
                #expect(report.duplicates == ids.count - fresh.count && report.conflicts == 0, "step \(step)")
                #expect(report.rejected == bad && report.unmatched == foreign, "step \(step)")
                seen.formUnion(fresh)
                counts.accepted += report.accepted
                counts.duplicates += report.duplicates
                counts.rejected += bad
                counts.unmatched += foreign
            }
        }
        #expect(store.totals == clickTotals(seen))
        try store.close()
        store = try MetricsStore.open(directory, clock: clock)
        let found = store.statistics().counts
        #expect(found.accepted == UInt64(counts.accepted) && found.duplicates == UInt64(counts.duplicates))
        #expect(found.rejected.reduce(0, +) == UInt64(counts.rejected) && found.unmatched == UInt64(counts.unmatched))
        try store.close()
    }
}
