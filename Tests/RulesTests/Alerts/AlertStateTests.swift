// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Rules

@Suite struct `The life of an alert` {
    @Test func `begins with firing when it need not wait`() throws {
        let world = try RuleWorld(alertFile())
        world.evaluate(["a"], at: 60)
        #expect(world.alerts.map(\.text) == ["a firing since 60"])
        #expect(world.alerts.first?.firedAt == Timestamp(seconds: 60) && world.alerts.first?.resolvedAt == nil)
    }

    @Test func `has an alert for each sample, with the rule's labels over the sample's and its name over all`() throws {
        let world = try RuleWorld(
            alertFile(keys: "labels: {team: t}", more: "labels: {zone: z, alertname: no, gone: ''}")
        )
        world.set("x", ["host": "a", "zone": "1", "gone": "g", "alertname": "n"], to: 1, at: 60)
        world.set("x", ["host": "b", "team": "u"], to: 2, at: 60)
        world.evaluate(at: 60)
        #expect(
            world.alerts.map(\.labels) == [
                ["alertname": "A", "host": "a", "team": "t", "zone": "z"],
                ["alertname": "A", "host": "b", "team": "t", "zone": "z"],
            ]
        )
        #expect(world.alerts.map(\.value) == [1, 2])
    }

    @Test(arguments: [("- {alert: A, expr: vector(1)}"), ("- {alert: A, expr: '1'}"), ("- {alert: A, expr: '0'}")])
    func `may be that of a number without labels`(_ rule: String) throws {
        let world = try RuleWorld(file(rule))
        #expect(world.evaluate(at: 60).notifications.map(\.labels) == [["alertname": "A"]])
    }

    @Test(
        arguments: [
            // for, the seconds of the evaluations, and whether it fires at each.
            ("10s", [60, 120], [false, true]), ("59s", [60, 120], [false, true]), ("60s", [60, 120], [false, true]),
            ("60001ms", [60, 120, 180], [false, false, true]),
            ("2m", [60, 120, 179, 180], [false, false, false, true]),
            ("5m", [0, 100, 299, 300, 301], [false, false, false, true, true]), ("1ms", [60, 61], [false, true]),
        ] as [(String, [Int64], [Bool])]
    )
    func `waits until the condition has held for so long`(_ hold: String, _ times: [Int64], _ fires: [Bool]) throws {
        let world = try RuleWorld(alertFile(for: hold))
        for (time, fires) in zip(times, fires) {
            world.evaluate(["a"], at: time)
            #expect(world.alerts.map(\.text) == ["a \(fires ? "firing" : "pending") since \(times[0])"])
            #expect((world.alerts.first?.firedAt != nil) == fires)
        }
    }

    @Test func `ends without a word while it waits, and begins anew`() throws {
        let world = try RuleWorld(alertFile(for: "2m"))
        world.evaluate(["a"], at: 60)
        world.evaluate(["a"], at: 120)
        #expect(world.evaluate([], at: 180).told == [] && world.alerts.isEmpty)
        for time in [240, 300] as [Int64] {
            #expect(world.evaluate(["a"], at: time).told == [])
            #expect(world.alerts.map(\.text) == ["a pending since 240"])
        }
        #expect(world.evaluate(["a"], at: 360).told == ["a firing"])
    }

    @Test func `ends resolved when it has fired, and begins anew`() throws {
        let world = try RuleWorld(alertFile(for: "1m"))
        world.evaluate(["a"], at: 60)
        world.evaluate(["a"], at: 120)
        let outcome = world.evaluate([], at: 180)
        #expect(outcome.told == ["a resolved"] && world.alerts.isEmpty)
        #expect(outcome.notifications.first?.endsAt == Timestamp(seconds: 180))
        world.evaluate(["a"], at: 240)
        #expect(world.alerts.map(\.text) == ["a pending since 240"])
        let again = world.evaluate(["a"], at: 300)
        #expect(again.told == ["a firing"] && again.notifications.first?.startsAt == Timestamp(seconds: 300))
    }

    @Test func `is apart for each label set`() throws {
        let world = try RuleWorld(alertFile(for: "1m"))
        world.evaluate(["a"], at: 60)
        world.evaluate(["a", "b"], at: 120)
        #expect(world.alerts.map(\.text) == ["a firing since 60", "b pending since 120"])
        world.evaluate(["b"], at: 180)
        #expect(world.alerts.map(\.text) == ["b firing since 120"])
    }

    @Test(
        arguments: [("60s", 180), ("61s", 240), ("119s", 240), ("2m", 240), ("2m1s", 300), ("1ms", 180)]
            as [(String, Int64)]
    )
    func `goes on firing for less than keep_firing_for`(_ keep: String, _ end: Int64) throws {
        let world = try RuleWorld(alertFile(keep: keep))
        world.evaluate(["a"], at: 60)
        for time in stride(from: 120, to: end, by: 60) {
            #expect(world.evaluate([], at: time).told.allSatisfy { $0 == "a firing" })
            #expect(world.alerts.map(\.text) == ["a firing since 60"])
            #expect(world.alerts.first?.keepFiringSince == Timestamp(seconds: 120))
        }
        let outcome = world.evaluate([], at: end)
        #expect(outcome.told == ["a resolved"] && outcome.notifications.first?.endsAt == Timestamp(seconds: end))
        #expect(world.alerts.isEmpty)
    }

    @Test func `has keep_firing_for counted anew when the condition comes back`() throws {
        let world = try RuleWorld(alertFile(keep: "2m"))
        world.evaluate(["a"], at: 60)
        world.evaluate([], at: 120)
        world.evaluate(["a"], at: 180)
        #expect(world.alerts.first?.keepFiringSince == nil)
        world.evaluate([], at: 240)
        world.evaluate([], at: 300)
        #expect(world.alerts.map(\.text) == ["a firing since 60"])
        #expect(world.evaluate([], at: 360).told == ["a resolved"])
    }

    @Test func `is not kept by keep_firing_for while it waits`() throws {
        let world = try RuleWorld(alertFile(for: "2m", keep: "1h"))
        world.evaluate(["a"], at: 60)
        world.evaluate([], at: 120)
        #expect(world.alerts.isEmpty)
    }

    @Test func `has the value of the last evaluation in which the condition held`() throws {
        let world = try RuleWorld(alertFile(keep: "1h", more: "annotations: {text: plain, nothing: ''}"))
        for (time, value) in [(60, 1), (120, 7), (180, 0)] as [(Int64, Double)] {
            world.set("x", ["host": "a"], to: value, at: time)
            world.evaluate(at: time)
            #expect(world.alerts.map(\.value) == [value == 0 ? 7 : value])
            #expect(world.alerts.map(\.annotations) == [["text": "plain"]])
        }
    }

    @Test func `has the annotations of the rule as it is now`() throws {
        let world = try RuleWorld(alertFile(more: "annotations: {text: old}"))
        world.evaluate(["a", "b"], at: 60)
        try world.replace(by: alertFile(more: "annotations: {text: new}"), at: 90)
        let told = world.evaluate(["a"], at: 121).notifications
        #expect(told.map(\.annotations) == [["text": "new"], ["text": "old"]])
        #expect(told.map(\.isResolved) == [false, true])
    }
}
