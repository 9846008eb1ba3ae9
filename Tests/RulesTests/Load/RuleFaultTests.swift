// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Rules

@Suite struct `Rule files that are refused` {
    /// A file with one rule of these lines, which begin at line 4.
    private func faults(ofRule lines: String) -> String {
        let rule = lines.split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n    ")
        return faults(of: "groups:\n- name: g\n  rules:\n  - \(rule)")
    }

    private func faults(of text: String) -> String {
        do throws(RuleFileFaults) {
            _ = try RuleGroup.parse(text, file: "r.yml")
            return "none"
        } catch {
            return error.description
        }
    }

    @Test(arguments: [
        ("- a", "r.yml:1: a mapping is expected here"),
        ("text", "r.yml:1: a mapping is expected here"),
        ("groups: {}", "r.yml:1: a list is expected here"),
        ("groups: text", "r.yml:1: a list is expected here"),
        ("group: []", "r.yml:1: unknown key 'group'; known are groups"),
        ("groups: []\n\nrules: []", "r.yml:3: unknown key 'rules'; known are groups"),
        ("groups: []\ngroups: []", "r.yml:1: key given twice: groups"),
        ("groups:\n- text", "r.yml:2: a mapping is expected here"),
        ("groups:\n- [a]", "r.yml:2: a mapping is expected here"),
        ("groups: [}", "r.yml:1: did not find expected node content"),
        ("groups:\n\t- name: a", "r.yml:2: found character that cannot start any token"),
        ("groups: *nobody", "r.yml:1: found undefined alias"),
    ])
    func `whose outside is no list of groups`(_ text: String, _ fault: String) {
        #expect(faults(of: text) == fault)
    }

    @Test(arguments: [
        ("interval: 1m", "r.yml:2: a group needs a name"),
        ("name: ''", "r.yml:2: a group needs a name"),
        ("name: ", "r.yml:2: a group needs a name"),
        ("name: [a]", "r.yml:2: text is expected here"),
        ("name: a\n  name: b", "r.yml:2: key given twice: name"),
        (
            "name: a\n  every: 1m",
            "r.yml:3: unknown key 'every'; known are interval, labels, limit, name, query_offset, rules"
        ),
        ("name: a\n  interval: 0", "r.yml:2: an interval is longer than nothing"),
        ("name: a\n  interval: 0s", "r.yml:2: an interval is longer than nothing"),
        ("name: a\n  interval: soon", "r.yml:3: not a valid duration string: \"soon\""),
        ("name: a\n  interval: -1m", "r.yml:3: not a valid duration string: \"-1m\""),
        ("name: a\n  query_offset: 1", "r.yml:3: not a valid duration string: \"1\""),
        ("name: a\n  query_offset: --1m", "r.yml:3: not a valid duration string: \"-1m\""),
        ("name: a\n  query_offset: [1m]", "r.yml:3: text is expected here"),
        ("name: a\n  limit: -1", "r.yml:2: a limit is not negative"),
        ("name: a\n  limit: some", "r.yml:3: 'some' is not a whole number"),
        ("name: a\n  limit: 1.5", "r.yml:3: '1.5' is not a whole number"),
        ("name: a\n  limit: 9223372036854775808", "r.yml:3: '9223372036854775808' is not a whole number"),
        ("name: a\n  rules: {}", "r.yml:3: a list is expected here"),
        ("name: a\n  labels: [b]", "r.yml:3: a mapping is expected here"),
        ("name: a\n  labels:\n    b-c: d", "r.yml:4: \"b-c\" is not a label name"),
        ("name: a\n  labels: {__name__: b}", "r.yml:3: the label '__name__' is the rule's name"),
        ("name: a\n  labels: {b: [c]}", "r.yml:3: text is expected here"),
        ("name: a\n\n- name: a", "r.yml:4: the group name \"a\" is repeated in the same file"),
    ])
    func `whose group is wrong`(_ lines: String, _ fault: String) {
        #expect(faults(of: "groups:\n- \(lines)") == fault)
    }

    @Test(arguments: [
        ("text", "r.yml:4: a mapping is expected here"),
        ("expr: x", "r.yml:4: one of 'record' and 'alert' must be set"),
        ("record: ''\nexpr: x", "r.yml:4: one of 'record' and 'alert' must be set"),
        ("record: a\nalert: b\nexpr: x", "r.yml:4: only one of 'record' and 'alert' must be set"),
        ("record: a", "r.yml:4: the field 'expr' must be set"),
        ("record: a\nexpr: ", "r.yml:4: the field 'expr' must be set"),
        ("record: a\nexpr: [x]", "r.yml:5: text is expected here"),
        ("record: a\nexpr: x\nfor: 0s", "r.yml:6: the field 'for' has no meaning in a recording rule"),
        (
            "record: a\nexpr: x\nkeep_firing_for: 1m",
            "r.yml:6: the field 'keep_firing_for' has no meaning in a recording rule"
        ),
        (
            "record: a\nexpr: x\nannotations: {b: c}",
            "r.yml:6: the field 'annotations' has no meaning in a recording rule"
        ),
        (
            "record: 'a{b=\"c\"}'\nexpr: x",
            "r.yml:4: braces in the name \"a{b=\\\"c\\\"}\": labels belong to 'labels', selectors to 'expr'"
        ),
        ("record: a-b\nexpr: x", "r.yml:4: \"a-b\" is not a metric name"),
        ("record: größe\nexpr: x", "r.yml:4: \"größe\" is not a metric name"),
        ("record: 1a\nexpr: x", "r.yml:4: \"1a\" is not a metric name"),
        ("record: a\nexpr: x\nlabels: {1a: b}", "r.yml:6: \"1a\" is not a label name"),
        ("record: a\nexpr: x\nlabels: {'': b}", "r.yml:6: \"\" is not a label name"),
        ("record: a\nexpr: x\nlabels: {größe: b}", "r.yml:6: \"größe\" is not a label name"),
        ("record: a\nexpr: x\nlabels: {'a:b': c}", "r.yml:6: \"a:b\" is not a label name"),
        ("record: a\nexpr: x\nlabels:\n  __name__: b", "r.yml:7: the label '__name__' is the rule's name"),
        ("alert: A\nexpr: x\nlabels:\n  __name__: ''", "r.yml:7: the label '__name__' is the rule's name"),
        ("alert: A\nexpr: x\nlabels: {a: b, a: c}", "r.yml:6: key given twice: a"),
        ("alert: A\nexpr: x\nlabels: {a: {b: c}}", "r.yml:6: text is expected here"),
        ("alert: A\nexpr: x\nlabels: {[a]: b}", "r.yml:6: a key must be plain text"),
        ("alert: A\nexpr: x\nannotations: {a-b: c}", "r.yml:6: \"a-b\" is not an annotation name"),
        ("alert: A\nexpr: x\nannotations: [a]", "r.yml:6: a mapping is expected here"),
        ("alert: A\nexpr: x\nfor: [1m]", "r.yml:6: text is expected here"),
        ("alert: A\nexpr: x\nkeep_firing_for: 1", "r.yml:6: not a valid duration string: \"1\""),
        (
            "alert: A\nexpr: x\nlabel: {a: b}",
            "r.yml:6: unknown key 'label'; known are alert, annotations, expr, for, keep_firing_for, labels, record"
        ),
        (
            "alert: A\nexpr: x[5m]",
            "r.yml:5: A: cannot read the expression: a rule's expression gives a vector or a scalar, not a range vector"
        ),
        (
            "alert: A\nexpr: '\"x\"'",
            "r.yml:5: A: cannot read the expression: a rule's expression gives a vector or a scalar, not a string"
        ),
    ])
    func `whose rule is wrong`(_ lines: String, _ fault: String) {
        #expect(faults(ofRule: lines) == fault)
    }

    @Test(arguments: ["x ==", "sum(", "x[5m", "nothing(x)", "1 +", "{}", ")", "x{a=~'*'}"])
    func `whose expression cannot be read say which rule it is`(_ query: String) {
        let fault = faults(ofRule: "alert: Some\nexpr: |-\n  \(query)")
        #expect(fault.hasPrefix("r.yml:5: Some: cannot read the expression: "))
        #expect(fault.count > "r.yml:5: Some: cannot read the expression: ".count)
    }

    @Test func `have all their faults told, with their lines`() {
        let text = """
            groups:
              - name: a
                rules:
                  - expr: x
                  - {record: ok, expr: x}
                  - {alert: A, expr: 'x >'}
                  - {record: r, expr: x, for: 1m}
                query_offset: later
              - interval: 1m
              - name: b
                rules:
                  - {alert: B, expr: x, for: 1 m}
              - name: b
                rules:
                  - {record: "b{}", expr: x}
            """
        let faults = #expect(throws: RuleFileFaults.self) { try RuleGroup.parse(text, file: "r.yml") }
        #expect(
            faults?.places == [
                "r.yml:4:", "r.yml:6:", "r.yml:7:", "r.yml:8:", "r.yml:9:", "r.yml:12:", "r.yml:15:", "r.yml:13:",
            ]
        )
    }

    @Test func `give no groups, not even those without a fault`() {
        let faults = #expect(throws: RuleFileFaults.self) {
            try RuleGroup.parse("groups: [{name: good}, {name: bad, limit: x}]", file: "r.yml")
        }
        #expect(faults?.faults.count == 1)
    }
}
