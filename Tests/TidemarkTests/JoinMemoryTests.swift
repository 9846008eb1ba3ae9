// SPDX-License-Identifier: Apache-2.0

import LevelDB
import TestSupport
import Testing

@testable import Ingest
@testable import Store
@testable import Tidemark

/// So little memory for records of joins that days go to the disk behind each commit, or nearly.
struct `Predictions that do not fit in memory` {
    private static let start: Int64 = 1_772_366_400
    private static let day: Int64 = 86_400
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func open(_ path: String? = nil, memory: Int = 1, dedupe: Bool = true) throws -> MetricsStore {
        var options = StoreOptions()
        options.clock = clock
        options.joinMemory = memory
        return try MetricsStore.open(
            at: path ?? directory.store,
            definitions: MetricDefinition.shipped,
            options: options
        )
    }

    private func prediction(_ id: Int, score: Double = 0.9, at seconds: Int64 = 0) -> Event {
        Event(
            "prediction",
            id: "p\(id)",
            time: Timestamp(seconds: Self.start + seconds),
            ["model": .text("m\(id % 3)"), "prediction": .text("p\(id)"), "score": .number(score)]
        )
    }

    private func outcome(_ id: Int, _ label: Int64, at seconds: Int64, name: String? = nil) -> Event {
        Event(
            "outcome",
            id: name,
            time: Timestamp(seconds: Self.start + seconds),
            ["prediction": .text("p\(id)"), "label": .integer(label)]
        )
    }

    private func outcomes(_ store: MetricsStore) -> Double {
        store.totals.filter { $0.key.hasPrefix("model_outcomes_total") }.values.reduce(0) { $0 + Double($1) }
    }

    private func waiting(_ store: MetricsStore) -> Int {
        store.statistics().waiting.reduce(0) { $0 + $1.counts.values.reduce(0, +) }
    }

    @Test func `have their outcomes as all others do, however often the store is opened again`() throws {
        var random = SeededRandom(for: "predictions that do not fit in memory")
        let twin = try open(directory.path + "/twin", memory: 1 << 30)
        var store = try open(memory: 1)
        var time: Int64 = -30 * Self.day
        for step in 0..<120 {
            var events: [Event] = []
            for _ in 0..<random.below(20) {
                let seconds = time + Int64(random.below(Int(random.chance(80) ? Self.day : 12 * Self.day)))
                let id = random.below(300)
                if random.chance(50) {
                    var event = prediction(id, score: Double(random.below(10)) / 10, at: seconds)
                    event.id = nil
                    events.append(event)
                } else {
                    events.append(outcome(id, Int64(random.below(2)), at: seconds))
                }
            }
            try store.record(events)
            try twin.record(events)
            if random.chance(10) {
                try store.close()
                store = try open(memory: [1, 400, 4_000, 1 << 30][random.below(4)])
            }
            if random.chance(5) {
                for one in [store, twin] {
                    try one.reload(definitions: .campaigns)
                    try one.reload(definitions: MetricDefinition.shipped)
                }
            }
            if random.chance(30) { time = min(time + Self.day / 2, -13 * Self.day) }
            #expect(store.totals == twin.totals, "step \(step)")
            #expect(
                store.statistics().waiting.map(\.counts) == twin.statistics().waiting.map(\.counts),
                "step \(step)"
            )
        }
        #expect(store.statistics().joinPagedRecords > 0)
        try store.close()
        try twin.close()
    }

    @Test func `are on the disk before the answer to the next, the open commit first`() throws {
        let store = try open()
        clock.holdCommits()
        try store.record((0..<3_000).map { prediction($0) })
        for round in 0..<5 {
            clock.waitUntilHeld()
            // Somebody waits already when the thread gets to making pages.
            let next = try store.submit((0..<300).map { outcome($0 * 10 + round, 1, at: 60) })
            clock.letThrough()
            _ = try next.wait()
            #expect(outcomes(store) == Double(300 * (round + 1)), "round \(round)")
        }
        clock.releaseCommits()
        try store.record([])
        #expect(waiting(store) == 1_500)
        try store.close()
        let again = try open()
        #expect(waiting(again) == 1_500)
        #expect(again.statistics().joinRecords == 0 && again.statistics().joinPagedRecords == 3_000)
        try again.record((0..<3_000).map { outcome($0, 1, at: 120) })
        #expect(outcomes(again) == 3_000 && waiting(again) == 0)
        try again.close()
    }

    @Test func `are forgotten on the disk too when their window is over`() throws {
        var store = try open()
        try store.record((0..<10).map { prediction($0, at: -40 * Self.day) })
        clock.advance(seconds: 2 * Self.day)
        try store.record([prediction(100)])
        clock.advance(seconds: 61)
        try store.record([prediction(101)])
        // Behind the answer, between two commits.
        for _ in 0..<6_000 where store.statistics().joinPagedRecords != 2 {
            _ = store.monitor.wait(atMostMilliseconds: 50) { _ -> Void? in nil }
        }
        #expect(store.statistics().joinPagedRecords == 2)
        try store.close()
        store = try open()
        #expect(store.statistics().joinPagedRecords == 2)
        try store.record([outcome(3, 1, at: -40 * Self.day)])
        #expect(store.total(of: "model_labels_total", ["result": "orphan"]) == 1)
        try store.close()
    }

    @Test func `whose page is damaged stop the store, which says which entry it is`() throws {
        var store = try open()
        try store.record((0..<500).map { prediction($0) })
        try store.close()
        let files = try SeriesStore.open(at: directory.store)
        var keys: [[UInt8]] = []
        try files.database.makeCursor().scan(prefix: KeySpace.joinPage.prefix) { key, _ in
            keys.append(Array(key))
            return true
        }
        #expect(keys.count == 4)
        for key in keys { try files.database.put(key, [1, 0, 9], sync: true) }
        files.close()
        store = try open()
        let error = #expect(throws: MetricsStoreError.self) { try store.record([outcome(1, 1, at: 60)]) }
        #expect(error?.code == .poisoned)
        #expect(error?.message.contains("entry Q") == true && error?.message.contains("malformed") == true)
        #expect(throws: MetricsStoreError.self) { try store.close() }
    }

    @Suite(.enabled("needs the right to mount a tmpfs") { SmallDisk.isPermitted })
    struct `on a full disk` {
        private let tests: `Predictions that do not fit in memory`
        private let disk: SmallDisk

        init() throws {
            tests = try `Predictions that do not fit in memory`()
            disk = try SmallDisk(megabytes: 8)
        }

        @Test func `stop the store until there is room, and none is lost`() throws {
            // Nothing has left memory when the disk is filled: the first pages find no room, commits do.
            let store = try tests.open(disk.path + "/store", memory: 3_000 * JoinRecords.recordBytes)
            try store.record((0..<2_900).map { tests.prediction($0) })
            try disk.fill(leaving: 90_000)
            var next = 2_900
            var failure: MetricsStoreError?
            while failure == nil, next < 20_000 {
                do throws(MetricsStoreError) {
                    try store.record((next..<next + 50).map { tests.prediction($0) })
                    next += 50
                } catch {
                    failure = error
                }
                if failure == nil, case .poisoned(let reason) = store.health {
                    failure = MetricsStoreError(.poisoned, reason)
                }
            }
            #expect(failure?.message.contains("No space left on device") == true, "\(failure as Any)")
            try disk.makeRoom()
            try #require(store.waitUntilHealthy(), "\(store.health)")
            try store.record((0..<next + 50).map { tests.prediction($0) })
            try store.record((0..<next + 50).map { tests.outcome($0, 1, at: 60) })
            #expect(tests.outcomes(store) == Double(next + 50))
            #expect(tests.waiting(store) == 0 && store.statistics().joinPagedRecords > 0)
            try store.close()
        }
    }
}
