// SPDX-License-Identifier: Apache-2.0

import Rules
import TestSupport
import Testing
import TimeSeries

@testable import Tidemark

/// Rules run over events that came in with their past.
struct `A backfill` {
    private static let rules = """
        groups:
          - name: clicks
            interval: 1m
            rules:
              - {record: 'campaign:clicks:rate5m', expr: 'sum by (campaign) (rate(clicks_total[5m]))'}
              - {record: 'all:clicks:rate5m', expr: 'sum(campaign:clicks:rate5m) > 0.02'}
              - {record: 'campaigns:before', expr: 'count(campaign:clicks:rate5m offset 1h)'}
          - name: alerts
            interval: 2m
            rules:
              - {alert: Busy, expr: 'campaign:clicks:rate5m > 0.015', for: 3m, labels: {severity: page}}
        """
    private static let start: Int64 = 1_767_571_200
    private static let hours: Int64 = 30
    private static let names = [
        "campaign:clicks:rate5m", "all:clicks:rate5m", "campaigns:before", "ALERTS", "ALERTS_FOR_STATE",
    ]

    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
        let now = clock.now.milliseconds
        clock.advance(milliseconds: Self.start * 1_000 - now)
    }

    /// Clicks of two campaigns that come and go.
    private func events() -> [(time: Int64, event: Event)] {
        var random = SeededRandom(for: "backfill")
        return (0..<1_500).map { number in
            // Slots that are closed when their minute is evaluated, so that both see the same of it.
            let minute = Int64.random(in: 0..<Self.hours * 60, using: &random)
            let time = Self.start + minute * 60 + Int64.random(in: 0..<30, using: &random)
            let isBusy = time / 7_200 % 3 == 0
            let name = isBusy ? "a" : ["a", "b"].randomElement(using: &random) ?? "a"
            var event = Event("click", id: "\(number)", ["campaign": .text(name)])
            event.time = Timestamp(milliseconds: time * 1_000)
            return (time, event)
        }.sorted { $0.time < $1.time }
    }

    private func open(_ path: String) throws -> MetricsStore {
        var options = StoreOptions()
        options.clock = clock
        return try MetricsStore.open(at: path, definitions: .campaigns, options: options)
    }

    /// All samples of what rules record, staleness markers left out.
    private func recorded(_ store: MetricsStore) throws -> [String: [Int64: Double]] {
        var found: [String: [Int64: Double]] = [:]
        for name in Self.names {
            let set = try store.view().select(
                SeriesSelection(
                    [try LabelMatcher("__name__", .equal, name)],
                    from: Timestamp(milliseconds: 0),
                    through: Timestamp(milliseconds: (Self.start + 40 * 3_600) * 1_000)
                )
            )
            let columns = SampleColumns()
            for index in 0..<set.count {
                try set.read(index, into: columns)
                for at in 0..<columns.count where !SampleColumns.isStale(columns.values[at]) {
                    found["\(set.labels(index))", default: [:]][columns.timestamps[at]] = columns.values[at]
                }
            }
        }
        return found
    }

    @Test func `writes what an engine would have recorded that ran all the time`() throws {
        let groups = try RuleGroup.parse(Self.rules, file: "r.yml")
        // An engine that sees each event before the evaluation of its minute.
        let live = try open(directory.path + "/live")
        let engine = RuleEngine(store: live, groups: groups)
        let events = events()
        var waiting = events[...]
        for _ in 0..<Self.hours * 60 {
            clock.advance(seconds: 60)
            let now = clock.now.milliseconds / 1_000
            let due = waiting.prefix { $0.time < now }
            waiting = waiting.dropFirst(due.count)
            try live.record(due.map(\.event))
            engine.evaluateDue()
        }
        let end = clock.now
        // The same events at once.
        let store = try open(directory.path + "/later")
        try store.record(events.map(\.event))
        let outcome = try RuleBackfill(store, groups).run(
            from: Timestamp(milliseconds: Self.start * 1_000 + 1),
            through: end
        )
        #expect(outcome.refused == 0 && outcome.replay.failures == 0)
        let (expected, found) = (try recorded(live), try recorded(store))
        #expect(Set(expected.keys) == Set(found.keys))
        #expect(expected.keys.contains { $0.contains("firing") } && expected.count >= 7)
        for (series, samples) in expected {
            let others = found[series] ?? [:]
            let differing = Set(samples.keys).union(others.keys).filter { samples[$0] != others[$0] }.sorted()
            #expect(
                differing.isEmpty,
                "\(series): \(differing.prefix(3).map { ($0, samples[$0], others[$0]) }), \(differing.count) of \(samples.count)"
            )
        }
        // Once more, and through some minutes that are new: what is there stays.
        clock.advance(seconds: 600)
        let again = try RuleBackfill(store, groups).run(
            from: Timestamp(milliseconds: Self.start * 1_000 + 1),
            through: clock.now
        )
        #expect(again.written < outcome.written)
        let kept = try recorded(store)
        for (series, samples) in found {
            #expect(samples.allSatisfy { kept[series]?[$0.key] == $0.value }, "\(series)")
        }
        // Beginning where rules were recording a moment ago would begin alerts anew.
        let error = #expect(throws: MetricsStoreError.self) {
            try RuleBackfill(store, groups).run(from: clock.now, through: clock.now)
        }
        #expect(error?.description.contains("recorded until right before") == true)
        try live.close()
        try store.close()
    }

    @Test(.enabled("needs the right to mount a tmpfs") { SmallDisk.isPermitted })
    func `ends at a write that fails, and run again writes the rest`() throws {
        let groups = try RuleGroup.parse(Self.rules, file: "r.yml")
        let events = events().map(\.event)
        let disk = try SmallDisk(megabytes: 8)
        let (broken, whole) = (try open(disk.path + "/store"), try open(directory.store))
        for store in [broken, whole] { try store.record(events) }
        clock.advance(seconds: Self.hours * 3_600)
        let start = Timestamp(milliseconds: Self.start * 1_000 + 1)
        _ = try RuleBackfill(whole, groups).run(from: start, through: clock.now)
        let expected = try recorded(whole)

        var days = 0
        var thrown: MetricsStoreError?
        do {
            _ = try RuleBackfill(broken, groups).run(
                from: start,
                through: clock.now,
                progress: { _ in
                    days += 1
                    try? disk.fill(leaving: 0)
                }
            )
        } catch {
            thrown = error
        }
        #expect(thrown?.code == .poisoned)
        #expect(thrown?.description.contains("could not be written") == true, "\(thrown as Any)")
        #expect(days == 1, "nothing more is evaluated")
        try disk.makeRoom()
        #expect(broken.waitUntilHealthy(), "\(broken.health)")
        let partly = try recorded(broken)
        #expect(partly != expected)
        for (series, samples) in partly {
            #expect(samples.allSatisfy { expected[series]?[$0.key] == $0.value }, "\(series)")
        }
        _ = try RuleBackfill(broken, groups).run(from: start, through: clock.now)
        #expect(try recorded(broken) == expected)
        for store in [broken, whole] { try store.close() }
    }

    @Test func `does not begin before the days that are kept`() throws {
        var options = StoreOptions()
        options.clock = clock
        options.retention.age = 2 * 86_400
        let store = try MetricsStore.open(at: directory.store, definitions: .campaigns, options: options)
        for day in Int64(0)..<8 {
            try store.record([Event("click", id: "\(day)", ["campaign": .text("a")])])
            clock.advance(seconds: 86_400)
        }
        try store.compact()
        let floor = try #require(store.statistics().days.floor)
        let backfill = RuleBackfill(store, try RuleGroup.parse(Self.rules, file: "r.yml"))
        let error = #expect(throws: MetricsStoreError.self) {
            try backfill.run(from: Timestamp(milliseconds: floor.milliseconds - 1), through: clock.now)
        }
        #expect(error?.code == .invalidOptions && error?.description.contains(floor.rfc3339) == true)
        #expect(try backfill.run(from: floor, through: clock.now).written > 0)
        try store.close()
    }
}
