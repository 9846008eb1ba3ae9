// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Rules

@Suite struct `Templates of alerts that fail` {
    private static let rule = """
        - alert: A
          expr: x > 0
          labels: {of: "{{ $value.x }}"}
          annotations: {plain: text, bad: "\\n{{ $labels.host.b }}"}
        """

    @Test func `are told of once for each label or annotation, with rule, file and line`() throws {
        let world = try RuleWorld(file(Self.rule))
        let complaints = world.evaluate(["a", "b"], at: 60).complaints
        #expect(complaints.count == 2)
        #expect(complaints.allSatisfy { $0.hasPrefix("rule 'A' of group 'g' in rules.yml: the ") })
        #expect(complaints.contains { $0.contains("label 'of' cannot be expanded: line 1: can't evaluate field x") })
        #expect(complaints.contains { $0.contains("annotation 'bad' cannot be expanded: line 2: can't") })
        #expect(world.evaluate(["a", "b"], at: 120).complaints == [])
    }

    @Test func `are told of again when the rule was edited, not when it is the same`() throws {
        let world = try RuleWorld(file(Self.rule))
        #expect(world.evaluate(["a"], at: 60).complaints.count == 2)
        try world.replace(by: file(Self.rule), at: 90)
        #expect(world.evaluate(["a"], at: 120).complaints == [])
        try world.replace(by: file(Self.rule.replacing("text", with: "other")), at: 150)
        #expect(world.evaluate(["a"], at: 180).complaints.count == 2)
    }

    @Test func `are not told of without bound where they name values`() throws {
        let rule = #"- {alert: A, expr: x > 0, annotations: {a: "{{ $labels.host | toTime }}"}}"#
        let world = try RuleWorld(file(rule))
        let hosts = (0..<50).map { "h\($0)" }
        let complaints = world.evaluate(hosts, of: hosts, at: 60).complaints
        #expect(complaints.count == 8)
        #expect(complaints.allSatisfy { $0.contains("strconv.ParseFloat") })
    }
}
