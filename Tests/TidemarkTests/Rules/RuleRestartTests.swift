// SPDX-License-Identifier: Apache-2.0

import Glibc
import Rules
import Synchronization
import TestSupport
import Testing

@testable import Tidemark

/// Alerts survive what processes do not.
@Suite struct `Alerts over a stop` {
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    private static let rules = """
        groups:
          - name: g
            rules:
              - alert: Busy
                expr: sum(clicks_total) > 2
                for: 5m
              - alert: Quick
                expr: sum(increase(clicks_total[5m])) > 2
        """

    /// The alerts of the API by name.
    private func alerts(_ bench: RuleBench) -> [String: Alert] {
        Dictionary(
            uniqueKeysWithValues: bench.engine.groups.flatMap(\.rules).flatMap { rule in
                rule.alerts.map { (rule.rule.name, $0) }
            }
        )
    }

    @Test func `a pending alert waits on for what was left, after a kill`() throws {
        let first = try RuleBench(Self.rules, in: directory, clock: clock)
        try first.click(3, prefix: "a")
        for _ in 0..<3 { first.advance(60) }
        #expect(alerts(first)["Busy"]?.state == .pending)
        // What a SIGKILL would leave, while the store is open.
        let copy = try directory.copy(of: directory.store)
        try first.store.close()

        clock.advance(seconds: 180)
        let second = try RuleBench(Self.rules, in: directory, at: copy, clock: clock)
        second.engine.evaluateDue()
        // It had waited for two minutes; the outage is not counted.
        #expect(alerts(second)["Busy"]?.state == .pending)
        #expect(alerts(second)["Busy"]?.activeAt == Timestamp(milliseconds: clock.now.milliseconds - 120_000))
        second.advance(60)
        second.advance(60)
        #expect(alerts(second)["Busy"]?.state == .pending)
        second.advance(60)
        #expect(alerts(second)["Busy"]?.state == .firing)
        #expect(second.told.notifications.contains { $0.labels["alertname"] == "Busy" && $0.startsAt == clock.now })
        try second.store.close()
    }

    @Test func `a firing alert goes on firing since when it did, and is told at once`() throws {
        let first = try RuleBench(Self.rules, in: directory, clock: clock)
        try first.click(3, prefix: "a")
        for _ in 0..<7 { first.advance(60) }
        let before = try #require(alerts(first)["Busy"])
        #expect(before.state == .firing)
        let copy = try directory.copy(of: directory.store)
        try first.store.close()

        clock.advance(seconds: 120)
        let second = try RuleBench(Self.rules, in: directory, at: copy, clock: clock)
        second.engine.evaluateDue()
        let after = try #require(alerts(second)["Busy"])
        #expect(after.state == .firing)
        #expect(after.activeAt == before.activeAt && after.firedAt == before.firedAt)
        #expect(second.told.take().contains { $0.labels["alertname"] == "Busy" && $0.startsAt == before.firedAt })
        try second.store.close()
    }

    @Test func `an alert whose condition ended meanwhile is told as resolved`() throws {
        let first = try RuleBench(Self.rules, in: directory, clock: clock)
        try first.click(3, prefix: "a")
        first.advance(60)
        #expect(alerts(first)["Quick"]?.state == .firing)
        let copy = try directory.copy(of: directory.store)
        try first.store.close()

        clock.advance(seconds: 900)
        let second = try RuleBench(Self.rules, in: directory, at: copy, clock: clock)
        second.engine.evaluateDue()
        let told = second.told.take().filter { $0.labels["alertname"] == "Quick" }
        #expect(told.map(\.isResolved) == [true])
        #expect(told.first?.endsAt == clock.now)
        #expect(alerts(second)["Quick"] == nil)
        try second.store.close()
    }

    @Test func `after more than an hour an alert begins anew`() throws {
        let first = try RuleBench(Self.rules, in: directory, clock: clock)
        try first.click(3, prefix: "a")
        for _ in 0..<7 { first.advance(60) }
        let copy = try directory.copy(of: directory.store)
        try first.store.close()
        clock.advance(seconds: 3_720)
        let second = try RuleBench(Self.rules, in: directory, at: copy, clock: clock)
        second.engine.evaluateDue()
        #expect(alerts(second)["Busy"]?.state == .pending)
        #expect(alerts(second)["Busy"]?.activeAt == clock.now)
        try second.store.close()
    }

    @Test func `other rules that are loaded take over, and what is gone is resolved and ends`() throws {
        let bench = try RuleBench(Self.rules, in: directory, clock: clock)
        try bench.click(3, prefix: "a")
        for _ in 0..<7 { bench.advance(60) }
        let before = try #require(alerts(bench)["Busy"])
        _ = bench.told.take()
        // Another annotation makes it another rule, of the same alert.
        let edited = """
            groups:
              - name: g
                rules:
                  - alert: Busy
                    expr: sum(clicks_total) > 1
                    for: 5m
                    annotations: {summary: "{{ $value }}"}
            """
        clock.advance(seconds: 30)
        bench.engine.reload(try RuleGroup.parse(edited, file: "r.yml"), settings: RuleSettings())
        bench.advance(30)
        #expect(alerts(bench)["Busy"]?.firedAt == before.firedAt)
        clock.advance(seconds: 1)
        bench.engine.reload([], settings: RuleSettings())
        let told = bench.told.take()
        #expect(told.contains { $0.labels["alertname"] == "Busy" && $0.isResolved })
        #expect(bench.engine.groups.isEmpty)
        clock.advance(seconds: 1)
        #expect(try bench.values("ALERTS").isEmpty)
        try bench.store.close()
    }

    @Test func `the end of alerts whose group is gone is told for a quarter of an hour, and it is not shown`() throws {
        let bench = try RuleBench(Self.rules, in: directory, clock: clock)
        try bench.click(3, prefix: "a")
        for _ in 0..<7 { bench.advance(60) }
        clock.advance(seconds: 30)
        _ = bench.told.take()
        bench.engine.reload([], settings: RuleSettings())
        let before = bench.engine.counts
        var times = 0
        for _ in 0..<20 {
            times += bench.told.take().filter { $0.labels["alertname"] == "Busy" && $0.isResolved }.count
            bench.advance(60)
        }
        // At once, and then every second minute: a minute is not more than the delay.
        #expect(times == 8)
        #expect(bench.engine.groups.isEmpty)
        #expect(bench.engine.counts.evaluations == before.evaluations && bench.engine.counts.missed == before.missed)
        bench.engine.reload(try RuleGroup.parse(Self.rules, file: "r.yml"), settings: RuleSettings())
        bench.advance(60)
        #expect(bench.engine.groups.map(\.group.name) == ["g"])
        try bench.store.close()
    }

    @Test func `an alert that moved to another group is told as ended once, and not again`() throws {
        let bench = try RuleBench(Self.rules, in: directory, clock: clock)
        try bench.click(3, prefix: "a")
        for _ in 0..<7 { bench.advance(60) }
        _ = bench.told.take()
        let moved = Self.rules.replacing("name: g", with: "name: other").replacing("for: 5m", with: "for: 0s")
        bench.engine.reload(try RuleGroup.parse(moved, file: "r.yml"), settings: RuleSettings())
        for _ in 0..<10 { bench.advance(60) }
        let told = bench.told.take().filter { $0.labels["alertname"] == "Busy" }.map(\.isResolved)
        #expect(told.first == true && told.dropFirst().allSatisfy { !$0 } && told.count > 3)
        try bench.store.close()
    }

    @Test func `a stop breaks off the evaluation under way: nothing of it is told or recorded`() throws {
        var options = StoreOptions()
        options.clock = clock
        let store = try MetricsStore.open(at: directory.store, definitions: .campaigns, options: options)
        let told = Told()
        let began = Bell(), engineBox = Mutex<RuleEngine?>(nil)
        var surroundings = told.surroundings
        surroundings.currentSamples = { _ in
            began.ring()
            // An evaluation that lasts until it is broken off.
            while engineBox.withLock({ $0?.stopping.isCancelled }) == false { sched_yield() }
            return []
        }
        let engine = RuleEngine(
            store: store,
            groups: try RuleGroup.parse(
                "groups: [{name: g, rules: [{record: y, expr: '1'}, {alert: A, expr: '1'}]}]",
                file: "r.yml"
            ),
            surroundings: surroundings
        )
        engineBox.withLock { $0 = engine }
        engine.start()
        began.wait()
        engine.stop()
        #expect(told.notifications.isEmpty && engine.counts.written == 0 && engine.counts.evaluations == 0)
        engineBox.withLock { $0 = nil }
        try store.close()
    }
}

/// Something a test waits for.
private final class Bell: Sendable {
    private let isRung = Monitor(false)

    func ring() {
        isRung.withLock { $0 = true }
        isRung.wake()
    }

    func wait() { isRung.wait { $0 ? () : nil } }
}
