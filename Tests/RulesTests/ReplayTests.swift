// SPDX-License-Identifier: Apache-2.0

import PromQL
import TestSupport
import Testing
import TimeSeries

@testable import Rules

/// A replay gives what single evaluations would have given.
@Suite struct `A replay` {
    private static let day: Int64 = 86_400_000

    /// A counter and a gauge that come and go, over two and a half days.
    private static func series(_ random: inout SeededRandom) -> InMemorySeries {
        let series = InMemorySeries()
        for host in ["a", "b", "c"] {
            var value = 0.0
            var samples: [(Int64, Double)] = []
            var isThere = true
            for step in 0..<3_600 {
                if Int.random(in: 0..<200, using: &random) == 0 { isThere.toggle() }
                value += Double(Int.random(in: 0..<5, using: &random))
                if isThere { samples.append((Int64(step) * 60_000, value)) }
            }
            series.add(["__name__": "x_total", "host": host], samples)
        }
        return series
    }

    private static let rules = """
        groups:
          - name: alerts
            query_offset: 10m
            rules:
              - alert: Fast
                expr: rate:x > 0.034
                for: 3m
                keep_firing_for: 5m
                labels: {level: "{{ if gt $value 0.036 }}high{{ else }}low{{ end }}"}
              - {alert: Gone, expr: 'absent(rate:x{host="a"})'}
          - name: recording
            interval: 2m
            limit: 2
            rules:
              - {record: rate:x, expr: 'rate(x_total[5m])'}
              - {record: part, expr: 'sum(rate:x) > 0.1'}
              - {record: part, expr: 'sum(rate:x) <= 0.1'}
              - {record: "sum:x", labels: {window: now}, expr: 'sum(rate:x)'}
              - {record: "sum:x", labels: {window: before}, expr: 'sum:x{window="now"} offset 4m'}
        """

    @Test func `takes many steps at once where a rule asks for another label than it gives`() throws {
        let rules = try RuleGroup.parse(Self.rules, file: "r.yml").flatMap(\.rules).filter { $0.name == "sum:x" }
        #expect(rules[1].reads(rules[0]))
        #expect(!rules[1].reads(rules[1]))
        let open = try RuleGroup.parse(
            "groups: [{name: g, rules: [{record: a, labels: {w: x}, expr: 'a{v=\"y\"}'}]}]",
            file: "r.yml"
        )
        #expect(open[0].rules[0].reads(open[0].rules[0]))
    }

    @Test func `fires and resolves as a running engine would`() throws {
        var random = SeededRandom(for: "replay")
        let base = Self.series(&random)
        let groups = try RuleGroup.parse(Self.rules, file: "r.yml")
        let end = Timestamp(milliseconds: Self.day * 5 / 2)
        let replayed = RuleReplay(groups).run(from: Timestamp(milliseconds: 600_000), through: end, on: base)

        // One step after the other, as a server does it.
        let recorded = RecordedSeries(over: base)
        let order = GroupOrder(groups).places.map { groups[$0] }
        let evaluators = order.map { GroupEvaluator($0, settings: RuleSettings()) }
        var firing: [Labels: (fired: Timestamp, resolved: Timestamp?)] = [:]
        var expected: [String] = []
        for time in stride(from: 600_000, through: end.milliseconds, by: 60_000) as StrideThrough<Int64> {
            let now = Timestamp(milliseconds: time)
            for evaluator in evaluators where time % evaluator.interval == 0 {
                recorded.append(evaluator.evaluate(at: now, on: recorded).samples)
                guard evaluator.group.name == "alerts" else { continue }
                let alerts = evaluator.status.rules.flatMap(\.alerts).filter { $0.state == .firing }
                let now = Set(alerts.map(\.labels))
                for alert in alerts where firing[alert.labels] == nil {
                    firing[alert.labels] = (Timestamp(milliseconds: time), nil)
                }
                for (labels, times) in firing where !now.contains(labels) {
                    expected.append("\(labels) \(times.fired.milliseconds) \(time)")
                    firing[labels] = nil
                }
            }
        }
        for (labels, times) in firing { expected.append("\(labels) \(times.fired.milliseconds) -") }
        let actual = replayed.firings.map { firing in
            "\(firing.labels) \(firing.firedAt.milliseconds) \(firing.resolvedAt.map { String($0.milliseconds) } ?? "-")"
        }
        #expect(expected.count > 20)
        #expect(actual.sorted() == expected.sorted())
        #expect(replayed.failures > 0, "the limit is exceeded where all three hosts are there")
    }
}
