// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Rules

@Suite struct `Alerting rules that fail` {
    private static let same = "vector contains metrics with the same labelset after applying alert labels"

    @Test func `by giving two alerts of the same labels give none and tell nothing`() throws {
        let world = try RuleWorld(file("- {alert: A, expr: x > 0, labels: {host: ''}}\n- {alert: B, expr: x > 0}"))
        let outcome = world.evaluate(["a", "b"], at: 60)
        #expect(outcome.failures == 1)
        #expect(outcome.notifications.map { $0.labels["alertname"] } == ["B", "B"])
        #expect(outcome.samples.allSatisfy { $0.labels["alertname"] == "B" } && outcome.samples.count == 4)
        let rules = world.evaluator.status.rules
        #expect(rules.map(\.health) == [.failed, .ok] && rules[0].lastError == Self.same && rules[0].alerts.isEmpty)
    }

    @Test func `keep their alerts as they were`() throws {
        let world = try RuleWorld(file("- {alert: A, expr: x > 0, for: 2m, labels: {host: ''}}"))
        world.evaluate(["a"], at: 60)
        world.evaluate(["a", "b"], at: 120)
        #expect(world.alerts.map(\.text) == [" pending since 60"])
        #expect(world.evaluate(["b"], at: 180).told == [" firing"])
        #expect(world.alerts.first?.activeAt == Timestamp(seconds: 60))
    }

    @Test func `tell nothing, and go on telling once they have an answer`() throws {
        let world = try RuleWorld(file("- {alert: A, expr: x > 0, labels: {host: ''}}"))
        world.evaluate(["a"], at: 60)
        let outcome = world.evaluate(["a", "b"], at: 180)
        #expect(outcome.failures == 1 && outcome.told.isEmpty && outcome.samples.isEmpty)
        let next = world.evaluate(["a"], at: 240)
        #expect(next.told == [" firing"])
        #expect(next.notifications.first?.startsAt == Timestamp(seconds: 60))
    }

    @Test(arguments: [("0s", 1), ("5m", 1), ("0s", 0), ("0s", 2)])
    func `by giving more alerts than the limit have all cleared`(_ hold: String, _ limit: Int) throws {
        let world = try RuleWorld(alertFile(for: hold, keys: "limit: \(limit)"))
        world.evaluate(["a"], at: 60)
        let outcome = world.evaluate(["a", "b"], at: 180)
        let isOver = limit == 1
        #expect(outcome.failures == (isOver ? 1 : 0) && world.alerts.count == (isOver ? 0 : 2))
        #expect(outcome.notifications.isEmpty == (isOver || hold != "0s"))
        let status = world.evaluator.status.rules[0]
        #expect(status.lastError == (isOver ? "exceeded limit of 1 with 2 alerts" : nil))
        world.evaluate(["a"], at: 240)
        #expect(world.alerts.map(\.activeAt) == [Timestamp(seconds: isOver ? 240 : 60)])
    }

    @Test func `count alerts that keep_firing_for holds against the limit, not those that are resolved`() throws {
        let held = try RuleWorld(alertFile(keep: "1h", keys: "limit: 1"))
        held.evaluate(["a"], at: 60)
        #expect(held.evaluate(["b"], at: 120).failures == 1)
        let resolved = try RuleWorld(alertFile(keys: "limit: 1"))
        resolved.evaluate(["a"], at: 60)
        #expect(resolved.evaluate(["b"], at: 120).failures == 0)
        #expect(resolved.alerts.map(\.text) == ["b firing since 120"])
    }
}
