// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Rules

@Suite struct `Reading files of rule unit tests` {
    @Test func `every key is understood`() throws {
        let files = try RuleTestFiles(
            rules: budgetRules,
            tests: """
                rule_files: [rules.yml]
                evaluation_interval: 30s
                group_eval_order: [budget]
                fuzzy_compare: true
                tests:
                  - name: all of it
                    interval: 2m
                    start_timestamp: 2026-03-01T00:00:00Z
                    external_labels: {region: eu, empty: ''}
                    external_url: http://here
                    input_series:
                      - series: 'spend{campaign="spring"}'
                        values: 1 _ stale {{count:2 sum:3}}
                    alert_rule_test:
                      - eval_time: 1h30m
                        alertname: NoSpend
                        exp_alerts:
                          - exp_labels: {campaign: spring, code: 500, on: true}
                            exp_annotations: {summary: a, nothing: }
                    promql_expr_test:
                      - expr: spend
                        eval_time: 2m
                        exp_samples:
                          - labels: 'spend{campaign="spring"}'
                            value: 1_6.0e0
                          - histogram: '{{count:2}}'
                """
        )
        let unit = try RuleUnitTests(contentsOf: files.path)
        #expect(unit.count == 2)
        #expect(unit.file.groups.map(\.name) == ["budget"])
        #expect(unit.file.evaluationInterval == 30_000 && unit.file.comparesFuzzily)
        let test = try #require(unit.file.tests.first)
        #expect(test.name == "all of it" && test.interval == 120_000)
        #expect(test.start == Timestamp(seconds: 1_772_323_200))
        #expect(test.externalLabels == ["region": "eu"] && test.externalURL == "http://here")
        let input = try #require(test.input[["__name__": "spend", "campaign": "spring"]])
        #expect(input.times.map { $0 - test.start.milliseconds } == [0, 240_000, 360_000])
        #expect(input.values[0] == 1 && SampleColumns.isStale(input.values[1]))
        #expect(input.histograms.map { $0?.count } == [nil, nil, 2])
        let alert = try #require(test.alerts.first)
        #expect(alert.line == 15 && alert.evalTime == 5_400_000 && alert.alertname == "NoSpend")
        #expect(
            alert.expected.map(\.text) == [
                #"{alertname="NoSpend", campaign="spring", code="500", on="true"} annotations {summary="a"}"#
            ]
        )
        let expression = try #require(test.expressions.first)
        #expect(expression.line == 21 && expression.evalTime == 120_000 && expression.query == "spend")
        #expect(expression.expected.map(\.text) == [#"spend{campaign="spring"} 16"#, "{} {{count:2}}"])
    }

    @Test func `what is left out has its default`() throws {
        let files = try RuleTestFiles(
            rules: budgetRules,
            tests: """
                rule_files:
                evaluation_interval: 0s
                tests:
                  - input_series: [{series: up}]
                    alert_rule_test: [{alertname: A, exp_alerts: ~}]
                    promql_expr_test: [{expr: up, exp_samples: }]
                  - {interval: 0s, name: '', alert_rule_test: null}
                """
        )
        let unit = try RuleUnitTests(contentsOf: files.path)
        #expect(unit.count == 2 && unit.file.groups.isEmpty)
        #expect(unit.file.evaluationInterval == 60_000 && !unit.file.comparesFuzzily)
        #expect(unit.file.tests.map(\.name) == ["#1", "#2"])
        #expect(unit.file.tests.map(\.interval) == [60_000, 60_000])
        #expect(unit.file.tests[0].start == Timestamp(milliseconds: 0))
        #expect(unit.file.tests[0].alerts[0].evalTime == 0 && unit.file.tests[0].expressions[0].evalTime == 0)
        #expect(unit.run().isEmpty)
    }

    @Test func `the interval of a test is the evaluation interval when it names none`() throws {
        let files = try RuleTestFiles(rules: budgetRules, tests: "tests: [{name: a}]\nevaluation_interval: 15s")
        #expect(try RuleUnitTests(contentsOf: files.path).file.tests[0].interval == 15_000)
    }

    @Test func `rule files are named by patterns from the test file on, each is read once`() throws {
        let files = try RuleTestFiles(rules: budgetRules, tests: "rule_files: ['r*.yml', rules.yml, other.yml]")
        try files.add("rules2.yml", "groups: [{name: second}]")
        try files.add("other.yml", "groups: [{name: other}]")
        let unit = try RuleUnitTests(contentsOf: files.path)
        #expect(unit.file.groups.map(\.name) == ["budget", "second", "other"])
    }

    @Test func `groups that are named come in that order, others before the second of them`() throws {
        let rules = "groups: [{name: a}, {name: b}, {name: c}, {name: d}]"
        let files = try RuleTestFiles(rules: rules, tests: "rule_files: [rules.yml]\ngroup_eval_order: [d, b, absent]")
        #expect(try RuleUnitTests(contentsOf: files.path).file.groups.map(\.name) == ["a", "c", "d", "b"])
    }

    @Test func `a value of several lines may end with a line feed`() throws {
        #expect(
            try failures(
                """
                tests:
                  - input_series:
                      - series: spend
                        values: |
                          1 2 3
                    promql_expr_test: [{expr: spend, eval_time: 2m, exp_samples: [{labels: spend, value: 3}]}]
                """
            ).isEmpty
        )
    }

    @Test func `merged mappings do not take the place of what is there`() throws {
        #expect(
            try failures(
                """
                tests:
                  - &one
                    name: one
                    input_series: &series [{series: spend, values: 1x5}]
                  - <<: [{name: two, interval: 30s}, *one]
                    name: three
                    promql_expr_test: [{expr: spend, eval_time: 1m, exp_samples: [{labels: spend, value: 2}]}]
                """
            ).map(\.test) == ["three"]
        )
    }

    @Test(arguments: [
        ("0", 0), ("1772323200", 1_772_323_200_000), ("1772323200.125", 1_772_323_200_125), ("-1.5", -1_500),
        ("1e3", 1_000_000), ("1970-01-01T00:00:00Z", 0), ("2026-03-01T00:00:00Z", 1_772_323_200_000),
        ("2024-02-29T23:59:59.1239Z", 1_709_251_199_123), ("2026-03-01T02:00:00+02:00", 1_772_323_200_000),
        ("2026-02-28T19:30:00-04:30", 1_772_323_200_000), ("0000-01-01T00:00:00Z", -62_167_219_200_000),
        ("9999-12-31T23:59:59Z", 253_402_300_799_000), ("1900-03-01T00:00:00Z", -2_203_891_200_000),
    ])
    func `a start is seconds or RFC 3339`(_ text: String, _ milliseconds: Int64) {
        #expect(StartTimestampText.parse(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "now", "NaN", "Inf", "1e30", "2026-03-01", "2026-03-01T00:00:00", "2026-13-01T00:00:00Z",
        "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T00:60:00Z",
        "2026-03-01T00:00:60Z", "2026-03-01T00:00:00.Z", "2026-03-01T00:00:00Z ", "2026-03-01t00:00:00z",
        "2026-03-01T00:00:00+0200", "26-03-01T00:00:00Z", "2026-03-01T00:00:00+25:00",
    ])
    func `anything else is no start`(_ text: String) {
        #expect(StartTimestampText.parse(text) == nil)
    }
}
