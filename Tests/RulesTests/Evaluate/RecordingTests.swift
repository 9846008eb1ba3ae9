// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Rules

@Suite struct `What is recorded` {
    /// `x{host="a",zone="1"}` is 1 and `x{host="b",zone="1"}` is 2 at second 60.
    private func world(_ rules: String, keys: String = "") throws -> RuleWorld {
        let world = try RuleWorld(file(rules, keys: keys))
        world.set("x", ["host": "a", "zone": "1"], to: 1, at: 60)
        world.set("x", ["host": "b", "zone": "1"], to: 2, at: 60)
        return world
    }

    private func lines(_ rules: String, keys: String = "") throws -> [String] {
        try world(rules, keys: keys).evaluate(at: 60).lines
    }

    @Test func `has the rule's name and the time of the evaluation`() throws {
        #expect(
            try lines("- {record: y, expr: x}") == [#"y{host="a",zone="1"} 1 @60"#, #"y{host="b",zone="1"} 2 @60"#]
        )
    }

    @Test func `has the rule's labels in place of the sample's, and none where the rule's is empty`() throws {
        #expect(
            try lines("- {record: y, expr: x, labels: {zone: '', team: t}}")
                == [#"y{host="a",team="t"} 1 @60"#, #"y{host="b",team="t"} 2 @60"#]
        )
        #expect(try lines("- {record: y, expr: sum(x), labels: {host: all}}") == [#"y{host="all"} 3 @60"#])
        #expect(try lines("- {record: y, expr: sum(x), labels: {host: ''}}") == ["y 3 @60"])
    }

    @Test func `has the group's labels under the rule's`() throws {
        #expect(
            try lines("- {record: y, expr: sum(x), labels: {tier: two}}", keys: "labels: {tier: one, team: t}")
                == [#"y{team="t",tier="two"} 3 @60"#]
        )
        #expect(
            try lines("- {record: y, expr: sum(x), labels: {tier: ''}}", keys: "labels: {tier: one, team: t}")
                == [#"y{team="t"} 3 @60"#]
        )
    }

    @Test func `has text in braces as it stands, for only alerts have templates`() throws {
        #expect(
            try lines("- {record: y, expr: sum(x), labels: {a: '{{ $value }}'}}") == [#"y{a="{{ $value }}"} 3 @60"#]
        )
    }

    @Test(arguments: [("1", 1.0), ("time()", 60), ("scalar(sum(x))", 3), ("1 / 0", .infinity), ("vector(4)", 4)])
    func `is one series without labels when the answer is a scalar`(_ query: String, _ value: Double) throws {
        let outcome = try world("- {record: y, expr: '\(query)'}").evaluate(at: 60)
        #expect(outcome.samples.map(\.labels) == [["__name__": "y"]] && outcome.samples.map(\.value) == [value])
    }

    @Test func `may be not a number, which ends nothing`() throws {
        let outcome = try world("- {record: y, expr: 0 / 0}").evaluate(at: 60)
        #expect(outcome.samples.count == 1 && outcome.failures == 0)
        let value = try #require(outcome.samples.first).value
        #expect(value.isNaN && !SampleColumns.isStale(value))
    }

    @Test func `is nothing when there is no sample`() throws {
        let world = try world("- {record: y, expr: nothing}")
        let outcome = world.evaluate(at: 60)
        #expect(outcome.samples.isEmpty && outcome.failures == 0)
        #expect(world.evaluator.status.rules[0].health == .ok)
    }

    @Test func `can be seen by the rules behind it in the same evaluation, not by those before it`() throws {
        let rules = """
            - {record: early, expr: sum(middle)}
            - {record: middle, expr: x * 10}
            - {record: late, expr: sum(middle) + 1}
            - {record: latest, expr: late + 1}
            """
        let world = try world(rules)
        #expect(Array(world.evaluate(at: 60).lines.suffix(2)) == ["late 31 @60", "latest 32 @60"])
        world.set("x", ["host": "a", "zone": "1"], to: 100, at: 120)
        let lines = world.evaluate(at: 120).lines
        #expect(lines.first == "early 30 @120" && lines.last == "latest 1022 @120")
    }

    @Test func `takes the place of what the store has at the same time`() throws {
        let world = try world("- {record: y, expr: sum(x)}\n- {record: z, expr: y}")
        world.set("y", to: 77, at: 60)
        #expect(world.evaluate(at: 60).lines == ["y 3 @60", "z 3 @60"])
    }

    @Test func `is seen by an alert of the same evaluation`() throws {
        let world = try world("- {record: y, expr: sum(x)}\n- {alert: A, expr: y == 3}")
        #expect(world.evaluate(at: 60).notifications.map(\.labels) == [["alertname": "A"]])
    }
}
