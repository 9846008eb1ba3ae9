// SPDX-License-Identifier: Apache-2.0

extension PromtoolCase {
    /// Those about the order and the meeting of rules, and about the file itself.
    static let files: [PromtoolCase] = [
        PromtoolCase(
            "a group that goes first",
            passes: true,
            rules: chain,
            spend(
                "1+1x9",
                expression("second", at: "3m", "{labels: second, value: 4}"),
                head: "group_eval_order: [one, two]"
            )
        ),
        PromtoolCase(
            "a group that goes last",
            passes: true,
            rules: chain,
            spend(
                "1+1x9",
                expression("second", at: "3m", "{labels: second, value: 3}"),
                head: "group_eval_order: [two, one]"
            )
        ),
        PromtoolCase(
            "a group named twice",
            passes: false,
            spend(
                "1x9",
                expression("vector(1)", at: "1m", "{labels: '{}', value: 1}"),
                head: "group_eval_order: [a, a]"
            )
        ),
        PromtoolCase(
            "a group that is not there may be named",
            passes: true,
            spend(
                "1x9",
                expression("vector(1)", at: "1m", "{labels: '{}', value: 1}"),
                head: "group_eval_order: [a, b]"
            )
        ),
        PromtoolCase(
            "two rules that record the same",
            passes: true,
            rules: "groups: [{name: a, rules: [{record: r, expr: sum(spend)}, {record: r, expr: sum(spend)}]}]",
            spend("1x9", expression("r", at: "1m", "{labels: r, value: 1}"))
        ),
        PromtoolCase(
            "two rules that record different numbers",
            passes: false,
            rules: "groups: [{name: a, rules: [{record: r, expr: sum(spend)}, {record: r, expr: sum(spend) + 1}]}]",
            spend("1x9", expression("vector(1)", at: "1m", "{labels: '{}', value: 1}"))
        ),
        PromtoolCase(
            "a series that goes on by a rule before",
            passes: true,
            rules:
                "groups: [{name: a, rules: [{record: r, expr: sum(spend) > 1}, {record: r, expr: sum(spend) <= 1}]}]",
            spend("1x3 2x9", expression("r", at: "4m", "{labels: r, value: 2}"))
        ),
        PromtoolCase(
            "input that a rule records too",
            passes: false,
            rules: "groups: [{name: a, rules: [{record: spend, expr: vector(2)}]}]",
            "tests: [{interval: 1m, input_series: [{series: spend, values: 1x5}], promql_expr_test: [{expr: vector(1), eval_time: 1m, exp_samples: [{labels: '{}', value: 1}]}]}]"
        ),
        PromtoolCase(
            "of input series with the same labels the last counts",
            passes: true,
            """
            tests:
              - interval: 1m
                input_series: [{series: spend, values: 1x5}, {series: spend, values: _ 2x5}]
                promql_expr_test:
                  - {expr: spend, eval_time: 0m, exp_samples: []}
                  - {expr: spend, eval_time: 1m, exp_samples: [{labels: spend, value: 2}]}
            """
        ),
        PromtoolCase(
            "the second test fails",
            passes: false,
            """
            tests:
              - interval: 1m
                promql_expr_test: [{expr: vector(1), eval_time: 1m, exp_samples: [{labels: '{}', value: 1}]}]
              - interval: 1m
                name: this one
                promql_expr_test: [{expr: vector(1), eval_time: 1m, exp_samples: [{labels: '{}', value: 2}]}]
            """
        ),
        PromtoolCase("an unknown key", passes: false, "tests: [{interval: 1m, series: []}]"),
        PromtoolCase("an unknown key at the top", passes: false, "tests: []\nevaluation: 1m"),
        PromtoolCase("a duration without a unit", passes: false, "evaluation_interval: 5\ntests: []"),
        PromtoolCase("no tests", passes: true, "tests:\ngroup_eval_order:\nevaluation_interval:"),
        PromtoolCase(
            "values that are none",
            passes: false,
            spend("1 2 three", expression("vector(1)", at: "1m", "{labels: '{}', value: 1}"))
        ),
        PromtoolCase(
            "a series that is none",
            passes: false,
            "tests: [{interval: 1m, input_series: [{series: 'a{', values: 1}], promql_expr_test: []}]"
        ),
        PromtoolCase(
            "a rule file with a fault",
            passes: false,
            rules: "groups: [{name: a, rules: [{record: r, expr: 'sum('}]}]",
            "tests: [{interval: 1m}]"
        ),
        PromtoolCase(
            "merged mappings",
            passes: true,
            """
            tests:
              - &base
                interval: 1m
                input_series: [{series: spend, values: 1x5}]
                promql_expr_test: [{expr: spend, eval_time: 1m, exp_samples: [{labels: spend, value: 1}]}]
              - <<: *base
                input_series: [{series: spend, values: 1x9}]
            """
        ),
    ]

    private static let chain = """
        groups:
          - {name: one, rules: [{record: first, expr: sum(spend)}]}
          - {name: two, rules: [{record: second, expr: first + 0}]}
        """
}
