// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Tidemark

struct `Eight threads at once` {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// Runs `body` in eight threads of their own and returns what each gave.
    private func inThreads<Result: Sendable>(_ body: @escaping @Sendable (Int) throws -> Result) throws -> [Result] {
        let threads = (0..<8).map { number in Background { try body(number) } }
        return try threads.map { try $0.value() }
    }

    /// Everyone sends events of one pool, so that most arrive several times, some at the same moment.
    private func send(to store: MetricsStore, seed: UInt64, pool: Int) throws -> (report: IngestReport, sent: [Int]) {
        let parts = try inThreads { number in
            var random = SeededRandom(seed: seed &+ UInt64(number))
            var report = IngestReport()
            var sent: [Int] = []
            var pending: [PendingIngest] = []
            for _ in 0..<60 {
                let ids = (0...random.below(60)).map { _ in random.below(pool) }
                sent += ids
                pending.append(try store.submit(clicks(ids)))
                if random.chance(50) {
                    for one in pending { report.add(try one.wait()) }
                    pending = []
                }
            }
            for one in pending { report.add(try one.wait()) }
            return (report, sent)
        }
        return parts.reduce(into: (report: IngestReport(), sent: [])) {
            $0.report.add($1.0)
            $0.sent += $1.1
        }
    }

    @Test func `count each identity once, and their reports add up to the totals`() throws {
        let seed = UInt64.random(in: .min ... .max)
        print("eight threads: seed \(seed)")
        let store = try MetricsStore.open(directory)
        let (report, sent) = try send(to: store, seed: seed, pool: 6_000)
        let distinct = Set(sent)
        #expect(report.accepted == distinct.count)
        #expect(report.duplicates == sent.count - distinct.count && report.conflicts == 0 && report.rejected == 0)
        #expect(store.totals == clickTotals(distinct))
        let statistics = store.statistics()
        #expect(statistics.counts.accepted == UInt64(distinct.count))
        #expect(statistics.counts.duplicates == UInt64(report.duplicates))
        #expect(statistics.commits <= 480 && statistics.commits > 0)
        #expect(statistics.commitDurations.counts.reduce(0, +) == statistics.commits)
        try store.close()
        let reopened = try MetricsStore.open(directory)
        #expect(reopened.totals == clickTotals(distinct))
        #expect(try reopened.submit(clicks(distinct)).wait().duplicates == distinct.count)
        try reopened.close()
    }

    @Test func `lose nothing while definitions are reloaded under them`() throws {
        let seed = UInt64.random(in: .min ... .max)
        print("eight threads and reloads: seed \(seed)")
        let store = try MetricsStore.open(directory)
        let done = Flag()
        let reloads = Counter()
        let reloader = Background {
            var definitions = [MetricDefinition].campaigns
            while !done.isSet || reloads.value < 3 {
                // A new metric, another order, and another help: every click counts in the old two all the same.
                let more = MetricDefinition(name: "visits_total", help: "Visits.", events: ["visit", "click"])
                definitions = definitions.count == 2 ? [more] + definitions.reversed() : .campaigns
                try store.reload(definitions: definitions)
                reloads.add()
            }
        }
        let (report, sent) = try send(to: store, seed: seed, pool: 4_000)
        done.set()
        try reloader.value()
        let distinct = Set(sent)
        #expect(report.accepted == distinct.count && report.duplicates == sent.count - distinct.count)
        #expect(store.totals.filter { !$0.key.hasPrefix("visits") } == clickTotals(distinct))
        #expect((store.total(of: "visits_total") ?? 0) <= Double(distinct.count))
        try store.close()
    }

    @Test func `are answered, each of them, when the store is closed under them`() throws {
        let store = try MetricsStore.open(directory)
        let counter = Counter()
        let closer = Background {
            while counter.value < 40 {}
            try store.close()
        }
        let accepted = try inThreads { number in
            var accepted: [Int] = []
            for round in 0..<10_000 {
                let ids = (0..<5).map { number * 1_000_000 + round * 5 + $0 }
                do throws(MetricsStoreError) {
                    let report = try store.submit(clicks(ids)).wait()
                    #expect(report.accepted == 5)
                    accepted += ids
                    counter.add()
                } catch {
                    #expect(error.code == .closed)
                    break
                }
            }
            return accepted
        }
        try closer.value()
        #expect(store.health == .closed)
        #expect(store.totals == clickTotals(accepted.flatMap { $0 }))
        let reopened = try MetricsStore.open(directory)
        #expect(reopened.totals == clickTotals(accepted.flatMap { $0 }))
        try reopened.close()
    }
}
