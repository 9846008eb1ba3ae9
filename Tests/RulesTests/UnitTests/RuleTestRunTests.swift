// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Rules

@Suite struct `Running unit tests of rules` {
    @Test func `tells of alerts that are missing, unexpected and right`() throws {
        let failed = try failures(
            """
            tests:
              - name: budgets
                input_series:
                  - {series: 'spend{campaign="spring"}', values: 200x9}
                  - {series: 'spend{campaign="winter"}', values: 300x9}
                alert_rule_test:
                  - eval_time: 5m30s
                    alertname: OverBudget
                    exp_alerts:
                      - exp_labels: {campaign: spring, severity: page}
                        exp_annotations: {summary: Too much money}
                      - exp_labels: {campaign: autumn}
            """
        )
        let failure = try #require(failed.first)
        #expect(failed.count == 1)
        #expect(failure.line == 8 && failure.test == "budgets")
        #expect(
            failure.message == """
                alert OverBudget at 5m30s
                  expected 2 firing alerts, got 2 firing alerts
                  - {alertname="OverBudget", campaign="autumn"}
                  + {alertname="OverBudget", campaign="winter", severity="page"} annotations {summary="Too much money"}
                    {alertname="OverBudget", campaign="spring", severity="page"} annotations {summary="Too much money"}
                """
        )
        #expect(failure.description == "\(failure.file):8: test budgets: \(failure.message)")
    }

    @Test func `tells of samples that are missing, unexpected and right`() throws {
        let failed = try failures(
            """
            tests:
              - input_series: [{series: 'spend{a="1"}', values: 0.3}, {series: 'spend{a="2"}', values: '{{count:2 sum:1}}'}]
                promql_expr_test:
                  - expr: spend
                    exp_samples: [{labels: 'spend{a="1"}', value: 0.3}, {labels: 'spend{a="2"}', value: 1}]
            """
        )
        #expect(
            failed.map(\.message) == [
                """
                expression spend at 0s
                  expected 2 samples, got 2 samples
                  - spend{a="2"} 1
                  + spend{a="2"} {{count:2 sum:1}}
                    spend{a="1"} 0.3
                """
            ]
        )
    }

    @Test func `tells of a query without an answer`() throws {
        let failed = try failures(
            """
            tests:
              - input_series: [{series: 'spend{a="1"}', values: 1}, {series: 'spend{a="2"}', values: 1}]
                promql_expr_test: [{expr: spend + on() spend}]
            """
        )
        #expect(failed.count == 1)
        #expect(failed.first?.message.hasPrefix("expression spend + on() spend at 0s\n  no answer: ") == true)
    }

    @Test func `a rule that cannot be evaluated ends its test, and the next one runs`() throws {
        let failed = try failures(
            """
            tests:
              - input_series: [{series: 'spend{a="1"}', values: _ 1 1}, {series: 'spend{a="2"}', values: _ 1 1}]
                promql_expr_test: [{expr: vector(1), eval_time: 5m}]
              - promql_expr_test: [{expr: vector(1), eval_time: 5m}]
            """,
            rules: "groups: [{name: a, rules: [{record: r, expr: spend + on() spend}]}]"
        )
        #expect(failed.map(\.test) == ["#1", "#2"])
        #expect(failed.first?.message.hasPrefix("group a cannot be evaluated at 1m: rule r: ") == true)
    }

    @Test func `a rule that records over input is told`() throws {
        let failed = try failures(
            "tests: [{input_series: [{series: spend, values: 1}], promql_expr_test: [{expr: vector(1)}]}]",
            rules: "groups: [{name: a, rules: [{record: spend, expr: vector(2)}]}]"
        )
        #expect(
            failed.map(\.message) == [
                #"group a cannot be evaluated at 0s: duplicate sample of {__name__="spend"} for the same timestamp"#
            ]
        )
    }

    @Test func `a rule may record what is input already`() throws {
        #expect(
            try failures(
                """
                tests:
                  - input_series: [{series: spend, values: 1 1 _ 3}]
                    promql_expr_test:
                      - {expr: 'count_over_time(spend[10m])', eval_time: 3m, exp_samples: [{value: 4}]}
                """,
                rules: "groups: [{name: a, rules: [{record: spend, expr: sum(spend)}]}]"
            ).isEmpty
        )
    }

    @Test func `time begins with the start`() throws {
        #expect(
            try failures(
                """
                tests:
                  - start_timestamp: 2026-03-01T00:00:00Z
                    input_series: [{series: spend, values: 1+1x9}]
                    alert_rule_test:
                      - {eval_time: 3m, alertname: Late, exp_alerts: [{exp_labels: {}}]}
                      - {eval_time: 2m, alertname: Late}
                    promql_expr_test:
                      - {expr: time(), eval_time: 1m, exp_samples: [{value: 1772323260}]}
                      - {expr: spend, eval_time: 2m, exp_samples: [{labels: spend, value: 3}]}
                      - {expr: timestamp(spend), eval_time: 2m, exp_samples: [{value: 1772323320}]}
                      - {expr: month(), exp_samples: [{value: 3}]}
                """,
                rules: "groups: [{name: a, rules: [{alert: Late, expr: spend > 2, for: 1m}]}]"
            ).isEmpty
        )
    }

    @Test func `fuzzily the next number will do, and no other`() throws {
        func failed(_ value: String, fuzzy: Bool) throws -> Int {
            try failures(
                """
                fuzzy_compare: \(fuzzy)
                tests: [{promql_expr_test: [{expr: vector(0.1) + 0.2, exp_samples: [{value: \(value)}]}]}]
                """
            ).count
        }
        #expect(try failed("0.30000000000000004", fuzzy: false) == 0)
        #expect(try failed("0.3", fuzzy: false) == 1)
        #expect(try failed("0.3", fuzzy: true) == 0)
        #expect(try failed("0.3000000000000001", fuzzy: true) == 0)
        #expect(try failed("0.29999999999999993", fuzzy: true) == 1)
        #expect(try failed("0.30000000000000016", fuzzy: true) == 1)
    }

    @Test func `histograms are input, recorded, and compared by their notation`() throws {
        let rules = "groups: [{name: a, rules: [{record: total, expr: sum(wait)}]}]"
        func failed(_ histogram: String) throws -> Int {
            try failures(
                """
                tests:
                  - input_series: [{series: wait, values: '{{schema:1 count:3 sum:4 buckets:[1 2]}}x5'}]
                    promql_expr_test:
                      - {expr: wait, eval_time: 2m, exp_samples: [{labels: wait, histogram: '\(histogram)'}]}
                      - expr: sum(total)
                        eval_time: 2m
                        exp_samples:
                          - histogram: '{{schema:1 count:3 sum:4 buckets:[1 2] counter_reset_hint:not_reset}}'
                            value: 7
                      - {expr: histogram_count(total), eval_time: 1m, exp_samples: [{value: 3}]}
                """,
                rules: rules
            ).count
        }
        #expect(try failed("{{schema:1 count:3 sum:4 buckets:[1 2] counter_reset_hint:not_reset}}") == 0)
        #expect(try failed("{{schema:1 count:3 sum:4 buckets:[1 2]}}") == 1)
        #expect(try failed("{{schema:1 count:3 sum:5 buckets:[1 2] counter_reset_hint:not_reset}}") == 1)
    }

    @Test func `that NaN is like no number is explained`() throws {
        let failed = try failures("tests: [{promql_expr_test: [{expr: vector(NaN), exp_samples: [{value: .nan}]}]}]")
        #expect(
            failed.first?.message.hasSuffix(
                "(NaN is like no number, itself not excepted: ask for what has 'x != x' instead)"
            ) == true
        )
    }

    @Test func `what is recorded lies so far back as the group asks`() throws {
        #expect(
            try failures(
                """
                tests:
                  - input_series: [{series: spend, values: 1+1x9}]
                    promql_expr_test:
                      - {expr: timestamp(total), eval_time: 5m, exp_samples: [{value: 180}]}
                      - {expr: total, eval_time: 5m, exp_samples: [{labels: total, value: 4}]}
                """,
                rules: "groups: [{name: a, query_offset: 2m, rules: [{record: total, expr: sum(spend)}]}]"
            ).isEmpty
        )
    }

    @Test func `a run leaves nothing behind for the next`() throws {
        let files = try RuleTestFiles(
            rules: budgetRules,
            tests: """
                rule_files: [rules.yml]
                tests:
                  - input_series: [{series: spend, values: 0x9}]
                    alert_rule_test: [{eval_time: 3m, alertname: NoSpend}]
                """
        )
        let unit = try RuleUnitTests(contentsOf: files.path)
        let first = unit.run()
        #expect(first.count == 1 && unit.run() == first)
    }

    @Test func `may have a day of a hundred series`() throws {
        let series = (0..<100).map { index in
            "      - {series: 'spend{campaign=\"c\(index % 20)\",ad=\"\(index)\"}', values: '\(index)+1x1440'}"
        }
        #expect(
            try failures(
                """
                tests:
                  - input_series:
                \(series.joined(separator: "\n"))
                    alert_rule_test: [{eval_time: 1d, alertname: NoSpend}]
                    promql_expr_test:
                      - {expr: count(campaign:spend:sum), eval_time: 1d, exp_samples: [{value: 20}]}
                """
            ).isEmpty
        )
    }
}
