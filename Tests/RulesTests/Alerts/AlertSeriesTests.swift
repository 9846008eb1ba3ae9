// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Rules

@Suite struct `The series of alerts` {
    private func alerts(_ state: String, _ host: String, _ value: String, _ time: Int64) -> String {
        "ALERTS{alertname=\"A\",alertstate=\"\(state)\",host=\"\(host)\"} \(value) @\(time)"
    }

    private func forState(_ host: String, _ value: String, _ time: Int64) -> String {
        "ALERTS_FOR_STATE{alertname=\"A\",host=\"\(host)\"} \(value) @\(time)"
    }

    @Test func `tell of the state, and since when the condition holds`() throws {
        let world = try RuleWorld(alertFile(for: "1m"))
        #expect(world.evaluate(["a"], at: 60).lines == [alerts("pending", "a", "1", 60), forState("a", "60", 60)])
        #expect(
            world.evaluate(["a", "b"], at: 120).lines == [
                alerts("firing", "a", "1", 120), forState("a", "60", 120), alerts("pending", "b", "1", 120),
                forState("b", "120", 120), alerts("pending", "a", "stale", 120),
            ]
        )
    }

    @Test func `end with the alert, once`() throws {
        let world = try RuleWorld(alertFile())
        world.evaluate(["a"], at: 60)
        #expect(
            world.evaluate([], at: 120).lines == [alerts("firing", "a", "stale", 120), forState("a", "stale", 120)]
        )
        #expect(world.evaluate([], at: 180).lines.isEmpty)
    }

    @Test func `end with an alert that only waited`() throws {
        let world = try RuleWorld(alertFile(for: "5m"))
        world.evaluate(["a"], at: 60)
        #expect(
            world.evaluate([], at: 120).lines == [alerts("pending", "a", "stale", 120), forState("a", "stale", 120)]
        )
    }

    @Test func `go on while keep_firing_for holds the alert`() throws {
        let world = try RuleWorld(alertFile(keep: "2m"))
        world.evaluate(["a"], at: 60)
        for time in [120, 180] as [Int64] {
            #expect(
                world.evaluate([], at: time).lines == [alerts("firing", "a", "1", time), forState("a", "60", time)]
            )
        }
        #expect(world.evaluate([], at: 240).lines.allSatisfy { $0.contains("stale") })
    }

    @Test func `do not end and do not go on in an evaluation that fails`() throws {
        let world = try RuleWorld(alertFile(keys: "limit: 1"))
        world.evaluate(["a"], at: 60)
        #expect(world.evaluate(["a", "b"], at: 120).lines.isEmpty)
        #expect(world.evaluate(["a"], at: 180).lines == [alerts("firing", "a", "1", 180), forState("a", "180", 180)])
    }

    @Test func `count whole seconds, as Prometheus does`() throws {
        let evaluator = GroupEvaluator(try group(file("- {alert: A, expr: '1'}")), settings: RuleSettings())
        for (time, since) in [(61_999, 61), (62_001, 61)] as [(Int64, Double)] {
            let samples = evaluator.evaluate(at: Timestamp(milliseconds: time), on: InMemorySeries()).samples
            #expect(samples.map(\.value) == [1, since])
            #expect(samples.allSatisfy { $0.time == Timestamp(milliseconds: time) })
        }
    }

    @Test func `have no external labels`() throws {
        var settings = RuleSettings()
        settings.externalLabels = ["site": "s"]
        let world = try RuleWorld(alertFile(), settings: settings)
        let outcome = world.evaluate(["a"], at: 60)
        #expect(outcome.samples.allSatisfy { $0.labels["site"] == nil } && outcome.samples.count == 2)
        #expect(outcome.notifications.first?.labels["site"] == "s")
        #expect(world.alerts.first?.labels["site"] == nil)
    }

    @Test func `can be asked for by the rules behind the alert's`() throws {
        let world = try RuleWorld(
            file(
                """
                - {alert: A, expr: x > 0}
                - record: firing
                  expr: sum(ALERTS{alertname="A", alertstate="firing"}) or vector(0)
                - {alert: B, expr: firing > 1}
                """
            )
        )
        #expect(world.evaluate(["a", "b"], at: 60).notifications.map { $0.labels["alertname"] } == ["A", "A", "B"])
        #expect(world.evaluate(["a"], at: 120).lines.contains("firing 1 @120"))
        #expect(world.evaluate([], at: 180).lines.contains("firing 0 @180"))
    }

    @Test func `of two rules of one name and one label set do not end each other`() throws {
        let world = try RuleWorld(file("- {alert: A, expr: x == 1}\n- {alert: A, expr: x == 2}"))
        world.set("x", ["host": "a"], to: 2, at: 60)
        world.evaluate(at: 60)
        world.set("x", ["host": "a"], to: 1, at: 120)
        let lines = world.evaluate(at: 120).lines
        #expect(lines == [alerts("firing", "a", "1", 120), forState("a", "120", 120)])
    }
}
