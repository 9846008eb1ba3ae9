// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Rules

@Suite struct `Rules after a stop` {
    // MARK: - The grace period

    @Test(
        arguments: [
            // for, how long the condition has held, and how long after the stop the alert fires.
            ("15m", 60, 840), ("15m", 240, 660), ("15m", 300, 600), ("15m", 360, 600), ("15m", 840, 600),
            ("10m", 0, 600), ("10m", 60, 600), ("10m", 540, 600),
            // Too short for the grace period.
            ("599s", 60, 539), ("9m", 480, 60), ("1m", 0, 60),
        ] as [(String, Int64, Int64)]
    )
    func `with a long wait have their alerts wait for ten minutes at least`(
        _ hold: String,
        _ waited: Int64,
        _ fires: Int64
    ) throws {
        let before = try RuleWorld(alertFile(for: hold))
        for time in stride(from: 60, through: 60 + waited, by: 60) { before.evaluate(["a"], at: time) }
        #expect(before.alerts.map(\.text) == ["a pending since 60"])
        let world = try before.restarted()
        let start = 60 + waited + 1_000
        for (time, told) in [(start, []), (start + fires - 1, []), (start + fires, ["a firing"])] {
            #expect(world.evaluate(["a"], at: time).told == told)
        }
    }

    @Test func `with a long wait have alerts that fired go on at once`() throws {
        let before = try RuleWorld(alertFile(for: "15m"))
        for time in stride(from: 60, through: 960, by: 60) as StrideThrough<Int64> { before.evaluate(["a"], at: time) }
        let world = try before.restarted()
        #expect(world.evaluate(["a"], at: 2_000).told == ["a firing"])
        #expect(world.alerts.map(\.text) == ["a firing since 60"])
        #expect(world.alerts.first?.firedAt == Timestamp(seconds: 960))
    }

    @Test func `may have another grace period and another tolerance`() throws {
        let before = try RuleWorld(alertFile(for: "5m"))
        before.settings.graceForPeriod = 240_000
        before.settings.outageTolerance = 100_000
        for time in [60, 120, 180] as [Int64] { before.evaluate(["a"], at: time) }
        let world = try before.restarted()
        world.evaluate(["a"], at: 280)
        #expect(world.alerts.map(\.text) == ["a pending since 220"])
        let late = try before.restarted()
        late.evaluate(["a"], at: 381)
        #expect(late.alerts.map(\.text) == ["a pending since 381"])
    }

    // MARK: - keep_firing_for

    @Test func `keep an alert firing whose condition was over meanwhile`() throws {
        let before = try RuleWorld(alertFile(keep: "2m"))
        before.evaluate(["a"], at: 60)
        let world = try before.restarted()
        #expect(world.evaluate([], at: 300).told == ["a firing"])
        #expect(world.evaluate([], at: 360).told == [])
        #expect(world.evaluate([], at: 420).told == ["a resolved"])
    }

    @Test func `keep an alert firing whose condition was over before, counted anew`() throws {
        let before = try RuleWorld(alertFile(keep: "2m"))
        before.evaluate(["a"], at: 60)
        before.evaluate([], at: 120)
        let world = try before.restarted()
        #expect(world.evaluate([], at: 300).told == ["a firing"])
        #expect(world.alerts.map(\.text) == ["a firing since 60"])
        #expect(world.evaluate([], at: 419).told == ["a firing"])
        #expect(world.evaluate([], at: 420).told == ["a resolved"])
    }

    // MARK: - Which alerts are whose

    @Test func `of one name and other labels have their own alerts`() throws {
        let rules = """
            - {alert: A, expr: x > 0, labels: {severity: warning}}
            - {alert: A, expr: x > 5, labels: {severity: page}}
            - {alert: B, expr: x > 0, labels: {severity: page}}
            """
        let before = try RuleWorld(file(rules))
        for (host, value) in [("a", 1), ("b", 9)] as [(String, Double)] {
            before.set("x", ["host": host], to: value, at: 60)
        }
        before.evaluate(at: 60)
        let world = try before.restarted()
        for (host, value) in [("a", 1), ("b", 9)] as [(String, Double)] {
            world.set("x", ["host": host], to: value, at: 600)
        }
        let outcome = world.evaluate(at: 600)
        #expect(outcome.told == ["a firing", "b firing", "b firing", "a firing", "b firing"])
        #expect(
            world.evaluator.status.rules.map { $0.alerts.map(\.text) } == [
                ["a firing since 60", "b firing since 60"], ["b firing since 60"],
                ["a firing since 60", "b firing since 60"],
            ]
        )
    }

    @Test func `of one name and the same labels do not resolve each other's alerts`() throws {
        let before = try RuleWorld(file("- {alert: A, expr: x == 1}\n- {alert: A, expr: x == 2}"))
        before.set("x", ["host": "a"], to: 1, at: 60)
        before.evaluate(at: 60)
        let world = try before.restarted()
        world.set("x", ["host": "a"], to: 1, at: 600)
        let told = world.evaluate(at: 600).told
        #expect(told == ["a firing"])
    }

    @Test func `that are new or have another name have no past`() throws {
        let before = try RuleWorld(alertFile(for: "1m"))
        for time in [60, 120] as [Int64] { before.evaluate(["a"], at: time) }
        let world = try before.restarted(file("- {alert: B, expr: x > 0, for: 1m}"))
        #expect(world.evaluate(["a"], at: 180).told == [])
        #expect(world.alerts.map(\.text) == ["a pending since 180"])
    }

    @Test func `with a label that takes one away find their alerts`() throws {
        let text = alertFile(for: "1m", more: "labels: {zone: '', team: t}")
        let before = try RuleWorld(text)
        for time in [60, 120] as [Int64] {
            before.set("x", ["host": "a", "zone": "z"], to: 1, at: time)
            before.evaluate(at: time)
        }
        let world = try before.restarted()
        world.set("x", ["host": "a", "zone": "z"], to: 1, at: 600)
        #expect(world.evaluate(at: 600).told == ["a firing"])
        #expect(world.alerts.map(\.text) == ["a firing since 60"])
    }

    @Test func `with a label alertname find their alerts, though their own name is over it`() throws {
        let before = try RuleWorld(alertFile(for: "1m", more: "labels: {alertname: B}"))
        for time in [60, 120] as [Int64] { before.evaluate(["a"], at: time) }
        let world = try before.restarted()
        let told = world.evaluate(["a"], at: 600).told
        #expect(told == ["a firing"])
    }

    // MARK: - The query offset

    @Test(arguments: [0, 300, -120] as [Int64])
    func `that ask for another time have the times that their alerts had`(_ offset: Int64) throws {
        let text = alertFile(for: "1m", keys: "query_offset: \(offset)s")
        let before = try RuleWorld(text)
        for time in stride(from: 0, through: 3_000, by: 60) as StrideThrough<Int64> {
            before.set("x", ["host": "a"], to: 1, at: time)
        }
        for time in [600, 660, 720, 780, 840, 900, 960] as [Int64] { before.evaluate(at: time) }
        #expect(before.alerts.first?.firedAt == Timestamp(seconds: 660))
        let world = try before.restarted()
        world.evaluate(at: 1_200)
        #expect(world.alerts.map(\.text) == ["a firing since 600"])
        #expect(world.alerts.first?.firedAt == Timestamp(seconds: 660))
    }

    @Test(arguments: [0, 300, -120] as [Int64])
    func `that ask for another time have their alerts wait for as long as they had`(_ offset: Int64) throws {
        let before = try RuleWorld(alertFile(for: "9m", keys: "query_offset: \(offset)s"))
        for time in stride(from: 0, through: 3_000, by: 60) as StrideThrough<Int64> {
            before.set("x", ["host": "a"], to: 1, at: time)
        }
        for time in [600, 660, 720] as [Int64] { before.evaluate(at: time) }
        let world = try before.restarted()
        world.evaluate(at: 1_200)
        #expect(world.alerts.map(\.text) == ["a pending since 1080"])
    }
}
