// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Rules

@Suite struct `Rule files that are read` {
    private static let whole = """
        # What the shop is watched by.
        groups:
          - name: shop
            interval: 30s
            query_offset: 1m30s
            limit: 7
            labels:
              team: shop
              tier: one
            rules:
              - record: job:orders:rate5m
                expr: sum by (job) (rate(orders_total[5m]))
                labels: {tier: two}
              - alert: NoOrders
                expr: |
                  job:orders:rate5m == 0
                for: 10m
                keep_firing_for: 1h30m
                labels:
                  severity: page
                annotations:
                  summary: Nobody buys.
                  runbook: ""
          - name: empty
        """

    @Test func `every key has its place`() throws {
        let groups = try RuleGroup.parse(Self.whole, file: "shop.yml")
        try #require(groups.map(\.name) == ["shop", "empty"])
        let group = groups[0]
        #expect(group.file == "shop.yml" && group.interval == 30_000 && group.queryOffset == 90_000 && group.limit == 7)
        #expect(group.rules.map(\.kind) == [.recording, .alerting])
        try #require(group.rules.count == 2)
        let (record, alert) = (group.rules[0], group.rules[1])
        #expect(record.name == "job:orders:rate5m" && alert.name == "NoOrders")
        #expect(record.query == "sum by (job) (rate(orders_total[5m]))")
        #expect(alert.query == "job:orders:rate5m == 0\n")
        #expect(record.line == 11 && alert.line == 14)
        #expect(alert.holdDuration == 600_000 && alert.keepFiringFor == 5_400_000)
        #expect(alert.annotations.map(\.name) == ["summary", "runbook"])
        #expect(alert.annotations.map(\.text) == ["Nobody buys.", ""])
    }

    @Test func `what is left out has Prometheus's default`() throws {
        let group = try group("groups: [{name: g, rules: [{alert: A, expr: x}, {record: r, expr: '1'}]}]")
        #expect(group.interval == nil && group.queryOffset == 0 && group.limit == 0)
        for rule in group.rules {
            #expect(rule.holdDuration == 0 && rule.keepFiringFor == 0 && rule.labels.isEmpty)
            #expect(rule.annotations.isEmpty)
        }
    }

    @Test func `a rule's labels lie over those of its group`() throws {
        let rules = try group(Self.whole).rules
        try #require(rules.count == 2)
        #expect(texts(rules[0].labels) == ["team": "shop", "tier": "two"])
        #expect(texts(rules[1].labels) == ["team": "shop", "tier": "one", "severity": "page"])
        #expect(rules.allSatisfy { Set($0.labels.map(\.name)).count == $0.labels.count })
    }

    @Test func `a label may be empty on the rule to take that of the group away`() throws {
        let text = """
            groups:
              - name: g
                labels: {team: shop, tier: one}
                rules:
                  - {record: r, expr: x, labels: {team: '', tier: }}
            """
        #expect(try group(text).rules.map { texts($0.labels) } == [["team": "", "tier": ""]])
    }

    @Test func `two files may name a group the same`() throws {
        let text = "groups: [{name: g}]"
        let first = try RuleGroup.parse(text, file: "a.yml")[0]
        let second = try RuleGroup.parse(text, file: "b.yml")[0]
        #expect(first.identity != second.identity)
        #expect(first.identity == (try RuleGroup.parse(text, file: "a.yml")[0].identity))
    }

    @Test(arguments: ["NoOrders", "No orders!", "größe", "注文なし", "a{b}", "1st", "\u{1F525}"])
    func `an alert may have any name`(_ name: String) throws {
        #expect(try group("groups: [{name: g, rules: [{alert: '\(name)', expr: x}]}]").rules.map(\.name) == [name])
    }

    @Test(arguments: ["g", "größe", "two words", "a/b:c", "\u{1F525}", "{}", "0"])
    func `a group may have any name`(_ name: String) throws {
        #expect(try group("groups: [{name: '\(name)'}]").name == name)
    }

    @Test(arguments: ["a", "_a", ":a", "job:orders:rate5m", "A9_"])
    func `a recording rule has a metric name`(_ name: String) throws {
        #expect(try group("groups: [{name: g, rules: [{record: '\(name)', expr: x}]}]").rules.map(\.name) == [name])
    }

    @Test(arguments: ["1", "x", "vector(1)", "scalar(x)", "time()", "x > bool 1"])
    func `an expression gives a vector or a scalar`(_ query: String) throws {
        let text = "groups:\n- name: g\n  rules:\n  - record: r\n    expr: |-\n      \(query)"
        #expect(try group(text).rules.map(\.query) == [query])
    }

    @Test func `label values and annotations keep what they are`() throws {
        let text = """
            groups:
              - name: g
                rules:
                  - alert: A
                    expr: x
                    labels: {number: 1, yes: true, quoted: "a\\"b", text: "é 😀", nothing: ''}
                    annotations:
                      folded: >-
                        two
                        words
                      kept: |
                        one
                        two
            """
        let rule = try #require(try group(text).rules.first)
        #expect(
            texts(rule.labels) == ["number": "1", "yes": "true", "quoted": "a\"b", "text": "é 😀", "nothing": ""]
        )
        #expect(texts(rule.annotations) == ["folded": "two words", "kept": "one\ntwo"])
    }

    private func texts(_ labels: [Rule.NamedTemplate]) -> [String: String] {
        Dictionary(uniqueKeysWithValues: labels.map { ($0.name, $0.text) })
    }
}
