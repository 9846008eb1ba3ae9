// SPDX-License-Identifier: Apache-2.0

import Rules
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
}
