// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Rules

@Suite struct `A group that takes the place of another` {
    private static let record = "- {record: y, expr: x > 0}"
    private static let alert = "- {alert: A, expr: x > 0, for: 2m, labels: {of: one}}"

    private func world(_ rules: String, keys: String = "") throws -> RuleWorld {
        let world = try RuleWorld(file(rules, keys: keys))
        world.evaluate(["a"], at: 60)
        world.evaluate(["a"], at: 120)
        return world
    }

    @Test func `goes on with the alerts of a rule that is the same`() throws {
        let world = try world(Self.alert)
        try world.replace(by: file(Self.record + "\n" + Self.alert.replacing("x > 0", with: "x>0")), at: 150)
        let outcome = world.evaluate(["a"], at: 180)
        #expect(outcome.told == ["a firing"] && world.alerts.map(\.text) == ["a firing since 60"])
        #expect(outcome.lines.contains(#"ALERTS{alertname="A",alertstate="pending",host="a",of="one"} stale @180"#))
    }

    @Test func `does not tell again what was told`() throws {
        let world = try world("- {alert: A, expr: x > 0}")
        #expect(world.alerts.map(\.lastSentAt) == [Timestamp(seconds: 60)])
        try world.replace(by: file("- {alert: A, expr: x > 0}"), at: 110)
        #expect(world.evaluate(["a"], at: 120).told == [])
        #expect(world.evaluate(["a"], at: 121).told == ["a firing"])
    }

    @Test(arguments: [
        "- {alert: A, expr: x > 0.5, for: 2m, labels: {of: one}}",
        "- {alert: A, expr: x > 0, for: 1m, labels: {of: one}}",
        "- {alert: A, expr: x > 0, for: 2m, labels: {of: one}, annotations: {b: c}}",
        "- {alert: A, expr: x > 0, for: 2m, keep_firing_for: 1m, labels: {of: one}}",
    ])
    func `goes on with the alerts of a rule that was edited`(_ rule: String) throws {
        let world = try world(Self.alert)
        try world.replace(by: file(rule), at: 150)
        #expect(world.evaluate(["a"], at: 180).told == ["a firing"])
        #expect(world.alerts.map(\.text) == ["a firing since 60"])
    }

    @Test func `resolves what an edited rule gives other labels`() throws {
        let world = try world("- {alert: A, expr: x > 0, labels: {of: one}}")
        try world.replace(by: file("- {alert: A, expr: x > 0, labels: {of: two}}"), at: 150)
        let outcome = world.evaluate(["a"], at: 180)
        #expect(
            Set(outcome.notifications.map { "\($0.labels["of"] ?? "") \($0.isResolved)" }) == ["one true", "two false"]
        )
        #expect(outcome.lines.filter { $0.hasSuffix("stale @180") }.count == 2)
    }

    @Test func `matches rules of one name by what they do, whatever their order`() throws {
        let one = "- {alert: A, expr: x > 0, for: 2m, labels: {of: one}}"
        let two = "- {alert: A, expr: x > 0, for: 5m, labels: {of: two}}"
        let world = try world(one + "\n" + two)
        try world.replace(by: file(two + "\n" + one), at: 150)
        #expect(world.evaluate(["a"], at: 180).notifications.map { $0.labels["of"] } == ["one"])
        #expect(world.alerts.map(\.activeAt) == [Timestamp(seconds: 60), Timestamp(seconds: 60)])
        #expect(world.evaluator.status.rules.map { $0.alerts.first?.labels["of"] } == ["two", "one"])
    }

    @Test func `prefers the same rule to one that is before it and has the name`() throws {
        let edited = "- {alert: A, expr: x > 1, labels: {of: one}}"
        let same = "- {alert: A, expr: x > 0, labels: {of: two}}"
        let world = try world(same)
        try world.replace(by: file(edited + "\n" + same), at: 150)
        #expect(world.evaluate(["a"], at: 180).told == ["a firing"])
        #expect(world.evaluator.status.rules.map { $0.alerts.map(\.text) } == [[], ["a firing since 60"]])
    }

    @Test func `resolves the alerts of a rule that is gone, and ends its series`() throws {
        var settings = RuleSettings()
        (settings.externalLabels, settings.externalURL) = (["site": "s"], "http://tidemark")
        let world = try RuleWorld(file("- {alert: A, expr: x > 0}\n- {record: y, expr: '1'}"), settings: settings)
        world.evaluate(["a"], at: 60)
        try world.replace(by: file("- {record: y, expr: '1'}"), at: 100)
        let outcome = world.evaluate(["a"], at: 120)
        #expect(outcome.told == ["a resolved"] && outcome.notifications.first?.labels["site"] == "s")
        #expect(outcome.notifications.first?.startsAt == Timestamp(seconds: 60))
        #expect(outcome.notifications.first?.endsAt == Timestamp(seconds: 100))
        #expect(outcome.notifications.first?.generatorURL.hasPrefix("http://tidemark") == true)
        #expect(
            outcome.lines == [
                "y 1 @120", #"ALERTS{alertname="A",alertstate="firing",host="a"} stale @120"#,
                #"ALERTS_FOR_STATE{alertname="A",host="a"} stale @120"#,
            ]
        )
        let next = world.evaluate(["a"], at: 180)
        #expect(next.notifications.isEmpty && next.lines == ["y 1 @180"])
    }

    @Test func `tells the end of alerts of a rule that is gone for a quarter of an hour, as of others`() throws {
        let world = try world("- {alert: A, expr: x > 0}")
        try world.replace(by: file(Self.record), at: 130)
        var told: [Int64] = []
        for time in stride(from: 140, through: 1_200, by: 10) as StrideThrough<Int64> {
            let outcome = world.evaluate(["a"], at: time)
            if outcome.told == ["a resolved"] { told.append(time) }
            #expect(outcome.notifications.allSatisfy { $0.endsAt == Timestamp(seconds: 130) })
        }
        #expect(told == Array(stride(from: 140, through: 1_030, by: 70)))
        #expect(!world.evaluator.hasOrphans)
    }

    @Test func `goes on telling the end of what had ended before its rule went`() throws {
        let world = try world("- {alert: A, expr: x > 0}")
        #expect(world.evaluate([], at: 180).told == ["a resolved"])
        try world.replace(by: file(Self.record), at: 200)
        #expect(world.evaluate([], at: 210).told == [])
        let outcome = world.evaluate([], at: 241)
        #expect(outcome.told == ["a resolved"] && outcome.notifications.first?.endsAt == Timestamp(seconds: 180))
    }

    @Test func `tells no end of what is alive again, here or in another group`() throws {
        let world = try world("- {alert: A, expr: x > 0}")
        try world.replace(by: file(Self.record), at: 130)
        #expect(world.evaluate(["a"], at: 140).told == ["a resolved"])
        try world.replace(by: file("- {alert: A, expr: x > 0, for: 10m}"), at: 150)
        #expect(world.evaluate(["a"], at: 300).told == [] && !world.evaluator.hasOrphans)

        let other = try self.world("- {alert: A, expr: x > 0}")
        #expect(other.end(at: 130).told == ["a resolved"] && other.evaluator.hasOrphans)
        let living: Set<Labels> = [["alertname": "A", "host": "a"]]
        let outcome = other.evaluator.evaluate(at: Timestamp(seconds: 300), on: other.series, living: living)
        #expect(outcome.told == [] && !other.evaluator.hasOrphans)
        // Not at the end of its group either.
        let third = try self.world("- {alert: A, expr: x > 0}")
        #expect(third.evaluator.end(at: Timestamp(seconds: 130), living: living).told == [])
        #expect(!third.evaluator.hasOrphans)
    }

    @Test func `drops the pending alerts of a rule that is gone without a word`() throws {
        let world = try RuleWorld(file(Self.alert))
        world.evaluate(["a"], at: 60)
        try world.replace(by: file(Self.record), at: 100)
        let outcome = world.evaluate([], at: 120)
        #expect(outcome.notifications.isEmpty && outcome.lines.count == 2)
        #expect(outcome.lines.allSatisfy { $0.hasSuffix("stale @120") })
    }

    @Test func `does not end series that another of its rules gives now`() throws {
        let world = try world(Self.record)
        try world.replace(by: file("- {record: z, expr: '1'}\n- {record: y, expr: x >= 1, labels: {a: ''}}"), at: 150)
        #expect(world.evaluate(["a"], at: 180).lines == ["z 1 @180", #"y{host="a"} 1 @180"#])
        try world.replace(by: file("- {alert: y, expr: x}"), at: 200)
        #expect(Set(world.evaluate([], at: 240).lines.filter { $0.contains("stale") }).count == 2)
    }

    @Test func `does not end series that moved to a rule of another labels' making`() throws {
        let world = try world("- {record: y, expr: x > 0}\n- {record: y, expr: 'vector(5)', labels: {host: c}}")
        let one = #"x > 0 or label_replace(vector(6), "host", "c", "", "")"#
        try world.replace(by: file("- record: y\n  expr: \(one)"), at: 150)
        #expect(world.evaluate(["a"], at: 180).lines == [#"y{host="a"} 1 @180"#, #"y{host="c"} 6 @180"#])
    }

    @Test func `ends at the asked time what is gone`() throws {
        let world = try world(Self.record, keys: "query_offset: 1m")
        try world.replace(by: file("- {record: z, expr: '1'}", keys: "query_offset: 1m"), at: 150)
        #expect(world.evaluate(at: 180).lines == ["z 1 @120", #"y{host="a"} stale @120"#])
    }

    @Test func `keeps what it has still to tell when it is replaced before it was evaluated`() throws {
        let world = try world("- {alert: A, expr: x > 0}")
        try world.replace(by: file(Self.record), at: 130)
        try world.replace(by: file("- {record: z, expr: '1'}"), at: 140)
        let outcome = world.evaluate(at: 180)
        #expect(outcome.told == ["a resolved"])
        #expect(outcome.lines.filter { $0.contains("ALERTS") }.count == 2)
    }

    @Test func `shows the alerts that it has taken over at once`() throws {
        let world = try world("- {alert: A, expr: x > 0}")
        try world.replace(by: file("- {alert: A, expr: x > 0}"), at: 150)
        #expect(world.evaluator.status.lastEvaluation == Timestamp(seconds: 120))
        #expect(world.alerts.map(\.text) == ["a firing since 60"])
    }

    @Test func `still restores when the one before was never evaluated`() throws {
        let world = try world("- {alert: A, expr: x > 0}")
        let next = try world.restarted()
        try next.replace(by: file("- {alert: A, expr: x > 0}"), at: 150)
        next.evaluate(["a"], at: 180)
        #expect(next.alerts.map(\.text) == ["a firing since 60"])
    }
}
