// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Rules

@Suite struct `Shapes of rule files` {
    @Test(arguments: [
        "", "\n", "   \n\n", "# nothing yet", "# one\n  # two\n", "---", "---\n# nothing\n", "groups: []",
        "groups:\n  []\n",
    ])
    func `without content have no groups`(_ text: String) throws {
        #expect(try RuleGroup.parse(text, file: "r.yml").isEmpty)
    }

    @Test(arguments: ["{}", "---\ngroups: []\n...\n"])
    func `that say nothing have no groups`(_ text: String) throws {
        #expect(try RuleGroup.parse(text, file: "r.yml").isEmpty)
    }

    @Test(arguments: ["\n", "\r\n"]) func `may begin with a comment, whatever ends their lines`(_ end: String) throws {
        let lines = ["# ours", "groups:", "- name: g", "  rules:", "  - record: r", "    expr: x", ""]
        let groups = try RuleGroup.parse(lines.joined(separator: end), file: "r.yml")
        #expect(groups.flatMap(\.rules).map(\.query) == ["x"])
    }

    @Test func `may end their lines with CR LF`() throws {
        let lines = ["groups:", "- name: g", "  rules:", "  - alert: A", "    expr: x", "    for: 1m", ""]
        let rule = try #require(try group(lines.joined(separator: "\r\n")).rules.first)
        #expect(rule.query == "x" && rule.holdDuration == 60_000 && rule.line == 4)
    }

    @Test func `may use anchors, whose faults are told where they are set`() throws {
        let text = """
            groups:
              - name: a
                labels: &shared {team: shop}
                rules: &rules
                  - {record: r, expr: &expr x + y}
              - name: b
                labels: *shared
                rules: *rules
              - name: c
                rules:
                  - {alert: A, expr: *expr, labels: *shared}
            """
        let groups = try RuleGroup.parse(text, file: "r.yml")
        #expect(groups.map { $0.rules.map(\.query) } == [["x + y"], ["x + y"], ["x + y"]])
        #expect(groups.allSatisfy { $0.rules.map { $0.labels.map(\.text) } == [["shop"]] })
        let faults = #expect(throws: RuleFileFaults.self) {
            try RuleGroup.parse(text.replacing("x + y", with: "x +"), file: "r.yml")
        }
        #expect(faults?.places == ["r.yml:5:", "r.yml:5:", "r.yml:5:"])
    }

    @Test(arguments: [
        "groups:", "groups:\n- name: g\n  rules:", "groups: [{name: g, labels: , rules: []}]",
        "groups: [{name: g, rules: [{alert: A, expr: x, labels: , annotations: }]}]",
        "groups: [{name: g, rules: [{alert: A, expr: x, for: , keep_firing_for: }]}]",
        "groups: [{name: g, rules: [{alert: A, expr: x, labels: {a: null}}]}]", "--- # nothing",
    ])
    func `may leave a value out, as Prometheus's may`(_ text: String) throws {
        _ = try RuleGroup.parse(text, file: "r.yml")
    }

    @Test func `may merge a mapping into another, as Prometheus's may`() throws {
        let text = """
            groups:
              - name: g
                rules:
                  - {alert: A, expr: x, labels: &shared {team: shop, tier: one}}
                  - {alert: B, expr: x, labels: {<<: *shared, tier: two}}
            """
        let labels = try group(text).rules.last?.labels.map { "\($0.name) \($0.text)" }
        #expect(labels?.sorted() == ["team shop", "tier two"])
    }

    @Test func `may be large`() throws {
        var text = "groups:\n"
        for group in 0..<200 {
            text += "- name: g\(group)\n  rules:\n"
            for rule in 0..<50 { text += "  - {record: r\(rule), expr: 'sum by (a) (rate(x\(rule)_total[5m]))'}\n" }
        }
        let groups = try RuleGroup.parse(text, file: "r.yml")
        #expect(groups.count == 200 && groups.allSatisfy { $0.rules.count == 50 })
        #expect(groups[199].rules[49].line == 1 + 200 * 52)
    }

    @Test func `may have a long expression`() throws {
        let query = "x" + String(repeating: " + x", count: 300)
        let group = try group("groups: [{name: g, rules: [{record: r, expr: \(query)}]}]")
        #expect(group.rules.map(\.query) == [query])
    }

    @Test(arguments: [1_000, 20_000]) func `with much nesting are refused`(_ depth: Int) {
        for (open, close) in [("[", "]"), ("{a: ", "}")] {
            let text = String(repeating: open, count: depth) + String(repeating: close, count: depth)
            #expect(throws: RuleFileFaults.self) { try RuleGroup.parse("groups: " + text, file: "r.yml") }
        }
    }

    @Test func `with many faults have them all told`() {
        let text = "groups:\n- name: g\n  rules:\n" + String(repeating: "  - {record: r}\n", count: 500)
        let faults = #expect(throws: RuleFileFaults.self) { try RuleGroup.parse(text, file: "r.yml") }
        #expect(faults?.places == (4..<504).map { "r.yml:\($0):" })
    }
}
