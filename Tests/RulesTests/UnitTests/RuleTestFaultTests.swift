// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Rules

@Suite struct `Faults in files of rule unit tests` {
    /// Files of one line each with a fault, and how it is told.
    private static let faults: [(String, String)] = [
        (
            "rules: []",
            "unknown key 'rules'; known are evaluation_interval, fuzzy_compare, group_eval_order, rule_files, tests"
        ),
        ("rule_files: rules.yml", "a list is expected here"),
        ("group_eval_order: [a, b, a]", #"the group "a" is repeated in the order of evaluation"#),
        ("evaluation_interval: 1 m", #"unknown unit " m" in duration "1 m""#),
        ("fuzzy_compare: maybe", "'maybe' is neither true nor false"),
        ("tests: {name: a}", "a list is expected here"),
        ("tests: [5]", "a mapping is expected here"),
        ("tests: [{interval: 1}]", #"not a valid duration string: "1""#),
        ("tests: [{start_timestamp: now}]", "a start is seconds since 1970, or a time such as 2026-03-01T12:00:00Z"),
        ("tests: [{external_labels: [a]}]", "a mapping is expected here"),
        (#"tests: [{external_labels: {true: a, "true": b}}]"#, "key given twice: true"),
        ("tests: [{external_url: [a]}]", "text is expected here"),
        ("tests: [{input_series: [{values: 1}]}]", "an input series needs 'series'"),
        ("tests: [{input_series: [{series: '{}', values: 1}]}]", "an input series needs a label"),
        (
            "tests: [{input_series: [{series: up, values: 1 2 x}]}]",
            #"cannot read the values: bad number "x""#
        ),
        (
            "tests: [{input_series: [{series: up, values: 1x999999999}]}]",
            "cannot read the values: expected a count behind x, less than 1000000"
        ),
        (
            "tests: [{interval: 290y, input_series: [{series: up, values: 1x999999}]}]",
            "the time of a value is out of range"
        ),
        ("tests: [{alert_rule_test: [{eval_time: 5m}]}]", "an item of 'alert_rule_test' needs 'alertname'"),
        ("tests: [{alert_rule_test: [{eval_time: -5m, alertname: A}]}]", #"not a valid duration string: "-5m""#),
        (
            "tests: [{alert_rule_test: [{alertname: A, exp_alerts: [{labels: {}}]}]}]",
            "unknown key 'labels'; known are exp_annotations, exp_labels"
        ),
        ("tests: [{alert_rule_test: [{alertname: A, exp_alerts: [{exp_labels: {a: [b]}}]}]}]", "text is expected here"),
        ("tests: [{promql_expr_test: [{eval_time: 5m}]}]", "an item of 'promql_expr_test' needs 'expr'"),
        (
            "tests: [{promql_expr_test: [{expr: 'up[5m]'}]}]",
            "cannot read the expression: it gives a range vector, not a vector or a scalar"
        ),
        (
            "tests: [{promql_expr_test: [{expr: sum(}]}]",
            "cannot read the expression: 1:5: parse error: unclosed left parenthesis"
        ),
        (
            "tests: [{promql_expr_test: [{expr: up, exp_samples: [{value: five}]}]}]",
            "'five' is not a number such as 5, 0.25, 1e-3, .inf, -.inf or .nan"
        ),
        (
            "tests: [{promql_expr_test: [{expr: up, exp_samples: [{value: Inf}]}]}]",
            "'Inf' is not a number such as 5, 0.25, 1e-3, .inf, -.inf or .nan"
        ),
        (
            "tests: [{promql_expr_test: [{expr: up, exp_samples: [{histogram: '5'}]}]}]",
            "one histogram is expected here, such as {{count:3 sum:2}}"
        ),
        (
            "tests: [{promql_expr_test: [{expr: up, exp_samples: [{histogram: '{{}}x3'}]}]}]",
            "one histogram is expected here, such as {{count:3 sum:2}}"
        ),
        (
            "tests: [{promql_expr_test: [{expr: up, exp_samples: [{histogram: '{{cont:3}}'}]}]}]",
            #"cannot read the values: histogram: unknown property "cont""#
        ),
    ]

    @Test(arguments: faults)
    func `are told with their line`(_ text: String, _ reason: String) throws {
        let files = try RuleTestFiles(rules: budgetRules, tests: "# A comment.\n" + text)
        #expect(files.faults() == ["tests.yml:2: \(reason)"])
    }

    @Test func `are all found at once`() throws {
        let files = try RuleTestFiles(
            rules: "groups: [{name: a, rules: [{record: r, expr: sum(}, {alert: A}]}]",
            tests: """
                rule_files: [rules.yml, absent.yml]
                evaluation_interval: soon
                tests:
                  - alert_rule_test:
                      - {eval_time: 5m}
                    promql_expr_test:
                      - {expr: up, evaltime: 5m}
                  - interval: never
                """
        )
        let places = files.faults().map { String($0.prefix { $0 != " " }) }
        #expect(
            places == [
                "rules.yml:1:", "rules.yml:1:", "tests.yml:1:", "tests.yml:2:", "tests.yml:5:", "tests.yml:7:",
                "tests.yml:8:",
            ]
        )
    }

    @Test func `a rule file that is not there is one`() throws {
        let files = try RuleTestFiles(rules: budgetRules, tests: "tests: []\nrule_files:\n  - absent*.yml")
        let faults = files.faults()
        #expect(faults.count == 1)
        #expect(faults.first?.hasPrefix("tests.yml:3: no rule file matches \"/") == true)
        #expect(faults.first?.hasSuffix("/absent*.yml\"") == true)
    }

    @Test(arguments: ["", "# nothing\n"])
    func `a file without content is one`(_ text: String) throws {
        #expect(try RuleTestFiles(rules: budgetRules, tests: text).faults() == ["tests.yml: the file is empty"])
    }

    @Test func `a test file that is not there is one`() throws {
        #expect(throws: RuleFileFaults.self) { try RuleUnitTests(contentsOf: "/absent/tests.yml") }
    }
}
