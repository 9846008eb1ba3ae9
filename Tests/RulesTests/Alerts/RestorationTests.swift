// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Rules

@Suite struct `Alerts after a stop` {
    /// A world in which `x` of host `a` was more than nothing at these seconds, with the rule that is given.
    private func stopped(_ text: String, after times: [Int64] = [60, 120, 180], _ hosts: [String] = ["a"]) throws
        -> RuleWorld
    {
        let world = try RuleWorld(text)
        for time in times { world.evaluate(hosts, at: time) }
        return world
    }

    @Test func `go on firing, with the times that they had`() throws {
        let world = try stopped(alertFile(for: "1m")).restarted()
        let outcome = world.evaluate(["a"], at: 600)
        #expect(world.alerts.map(\.text) == ["a firing since 60"])
        #expect(world.alerts.first?.firedAt == Timestamp(seconds: 120))
        #expect(outcome.told == ["a firing"] && outcome.notifications.first?.startsAt == Timestamp(seconds: 120))
        #expect(
            outcome.lines == [
                #"ALERTS{alertname="A",alertstate="firing",host="a"} 1 @600"#,
                #"ALERTS_FOR_STATE{alertname="A",host="a"} 60 @600"#,
            ]
        )
    }

    @Test func `are looked for once, and only when asked to`() throws {
        let world = try stopped(alertFile(for: "1m"))
        let deaf = GroupEvaluator(world.evaluator.group, settings: world.settings)
        #expect(deaf.evaluate(at: Timestamp(seconds: 240), on: world.series).notifications.isEmpty)
        let next = try world.restarted()
        next.evaluate([], at: 240)
        #expect(next.alerts.isEmpty)
        next.evaluate(["a"], at: 300)
        #expect(next.alerts.map(\.text) == ["a pending since 300"])
    }

    @Test func `have the value and the annotations of now when the condition holds`() throws {
        let world = try stopped(alertFile(more: "annotations: {text: plain}")).restarted()
        world.set("x", ["host": "a"], to: 5, at: 600)
        world.evaluate(at: 600)
        #expect(world.alerts.map(\.value) == [5] && world.alerts.map(\.annotations) == [["text": "plain"]])
    }

    @Test func `go on waiting, the outage not counted`() throws {
        let world = try stopped(alertFile(for: "5m")).restarted()
        #expect(world.evaluate(["a"], at: 1_000).told == [])
        #expect(world.alerts.map(\.text) == ["a pending since 880"])
        #expect(world.evaluate(["a"], at: 1_179).told == [])
        #expect(world.evaluate(["a"], at: 1_180).told == ["a firing"])
    }

    @Test func `are resolved and told so at once when the condition was over meanwhile`() throws {
        let world = try stopped(alertFile(for: "1m", more: "annotations: {text: plain}")).restarted()
        let outcome = world.evaluate([], at: 600)
        #expect(outcome.told == ["a resolved"] && world.alerts.isEmpty)
        #expect(outcome.notifications.first?.startsAt == Timestamp(seconds: 120))
        #expect(outcome.notifications.first?.endsAt == Timestamp(seconds: 600))
        #expect(outcome.notifications.first?.annotations == ["text": "plain"])
        #expect(
            outcome.lines == [
                #"ALERTS{alertname="A",alertstate="firing",host="a"} stale @600"#,
                #"ALERTS_FOR_STATE{alertname="A",host="a"} stale @600"#,
            ]
        )
    }

    @Test func `are gone without a word when they waited and the condition was over meanwhile`() throws {
        let world = try stopped(alertFile(for: "5m")).restarted()
        let outcome = world.evaluate([], at: 600)
        #expect(outcome.notifications.isEmpty && world.alerts.isEmpty)
        #expect(outcome.lines.count == 2 && outcome.lines.allSatisfy { $0.hasSuffix("stale @600") })
    }

    @Test(arguments: [("0s", 3_780, true), ("0s", 3_781, false), ("5m", 3_780, true), ("5m", 3_781, false)])
    func `are taken up for an hour after the last evaluation`(_ hold: String, _ time: Int64, _ isTaken: Bool) throws {
        let world = try stopped(alertFile(for: hold)).restarted()
        world.evaluate(["a"], at: time)
        let since = isTaken ? hold == "0s" ? 60 : time - 120 : time
        #expect(world.alerts.map(\.activeAt) == [Timestamp(seconds: since)])
    }

    @Test func `that had ended before the stop are not taken up`() throws {
        let before = try stopped(alertFile(for: "1m"))
        before.evaluate([], at: 240)
        let world = try before.restarted()
        #expect(world.evaluate([], at: 300).notifications.isEmpty)
        world.evaluate(["a"], at: 360)
        #expect(world.alerts.map(\.text) == ["a pending since 360"])
    }

    @Test func `that fired twice have the second time`() throws {
        let before = try stopped(alertFile(for: "1m"))
        before.evaluate([], at: 240)
        for time in [300, 360, 420] as [Int64] { before.evaluate(["a"], at: time) }
        let world = try before.restarted()
        world.evaluate(["a"], at: 480)
        #expect(world.alerts.map(\.text) == ["a firing since 300"])
        #expect(world.alerts.first?.firedAt == Timestamp(seconds: 360))
    }

    @Test func `that wait are not taken for those of the same labels that fired before`() throws {
        // A process between did not restore, so that nobody ended the series of what fired.
        let first = try stopped(alertFile(for: "1m"))
        let second = try RuleWorld(alertFile(for: "10m"), over: first.series)
        second.evaluate(["a"], at: 240)
        let third = try second.restarted()
        #expect(third.evaluate(["a"], at: 300).told == [])
        #expect(third.alerts.map(\.state) == [.pending])
    }

    @Test func `are taken up each by itself`() throws {
        let before = try RuleWorld(alertFile(for: "2m"))
        before.evaluate(["a"], at: 60)
        before.evaluate(["a", "b"], at: 120)
        before.evaluate(["a", "b"], at: 180)
        let world = try before.restarted()
        world.evaluate(["a", "b", "c"], of: ["a", "b", "c"], at: 600)
        #expect(world.alerts.map(\.text) == ["a firing since 60", "b pending since 540", "c pending since 600"])
    }

    @Test func `survive several stops`() throws {
        var world = try stopped(alertFile(for: "1m"))
        for time in [1_000, 3_000, 6_000, 9_600] as [Int64] {
            world = try world.restarted()
            #expect(world.evaluate(["a"], at: time).notifications.map(\.startsAt) == [Timestamp(seconds: 120)])
            #expect(world.alerts.map(\.text) == ["a firing since 60"])
        }
    }

    @Test func `do not mind the rules that are not alerting, nor what is no time`() throws {
        let world = try RuleWorld(file("- {record: ALERTS_FOR_STATE, expr: '1'}\n- {alert: A, expr: x > 0, for: 5m}"))
        for (host, value) in [("a", Double.nan), ("b", .infinity), ("c", 1e300), ("d", -1e300), ("e", 1e16)] {
            world.set("x", ["host": host], to: 1, at: 60)
            world.set("ALERTS_FOR_STATE", ["alertname": "A", "host": host], to: value, at: 60)
            world.set("x", ["host": host], to: 1, at: 120)
        }
        for (host, value) in [("f", 1e15), ("g", -1e15), ("h", 0)] {
            world.set("x", ["host": host], to: 1, at: 60)
            world.set("ALERTS_FOR_STATE", ["alertname": "A", "host": host], to: value, at: 60)
        }
        let next = try world.restarted()
        #expect(next.evaluate(at: 120).failures == 0)
        #expect(next.alerts.prefix(5).allSatisfy { $0.activeAt == Timestamp(seconds: 120) && $0.state == .pending })
    }
}
