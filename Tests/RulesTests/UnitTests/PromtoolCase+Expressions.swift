// SPDX-License-Identifier: Apache-2.0

extension PromtoolCase {
    /// Those about expressions and what they see.
    static let expressions: [PromtoolCase] = [
        PromtoolCase(
            "a recorded series",
            passes: true,
            spend("1+2x5", expression("campaign:spend:sum", at: "2m", sample("campaign:spend:sum", 5)))
        ),
        PromtoolCase(
            "a number that is a little off",
            passes: false,
            spend("1+2x5", expression("campaign:spend:sum", at: "2m", sample("campaign:spend:sum", 5.000001)))
        ),
        PromtoolCase(
            "a series without its name",
            passes: false,
            spend("1+2x5", expression("campaign:spend:sum", at: "2m", sample("", 5)))
        ),
        PromtoolCase("a sample too few", passes: false, spend("1x5", expression("spend", at: "2m", ""))),
        PromtoolCase(
            "a sample too many",
            passes: false,
            spend("1x5", expression("spend > 5", at: "2m", sample("spend", 1)))
        ),
        PromtoolCase("nothing, as expected", passes: true, spend("1x5", expression("spend > 5", at: "2m", ""))),
        PromtoolCase(
            "a scalar is a sample without labels",
            passes: true,
            spend("1x5", expression("3 * 4", at: "0m", "{labels: '{}', value: 12}"))
        ),
        PromtoolCase("a string is no vector", passes: false, spend("1x5", expression("\"a\"", at: "0m", ""))),
        PromtoolCase("a range is no vector", passes: false, spend("1x5", expression("spend[5m]", at: "0m", ""))),
        PromtoolCase(
            "NaN is not like NaN",
            passes: false,
            spend(
                "NaN NaN NaN",
                expression("spend * 2", at: "1m", "{labels: '{campaign=\"spring\",device=\"mobile\"}', value: .nan}")
            )
        ),
        PromtoolCase(
            "infinity is like infinity",
            passes: true,
            spend("Inf Inf -5", expression("sum(spend)", at: "1m", "{labels: '{}', value: .inf}"))
        ),
        PromtoolCase(
            "zero has no sign",
            passes: true,
            spend("-0x5", expression("sum(spend)", at: "1m", "{labels: '{}', value: 0}"))
        ),
        PromtoolCase(
            "the order of samples plays no part",
            passes: true,
            """
            tests:
              - interval: 30s
                input_series: [{series: 'spend{a="1"}', values: 1+1x9}, {series: 'spend{a="2"}', values: 2x9}]
                promql_expr_test:
                  - {expr: spend, eval_time: 1m, exp_samples: [{labels: 'spend{a="2"}', value: 2}, {labels: 'spend{a="1"}', value: 3}]}
            """
        ),
        PromtoolCase(
            "labels without braces need quotes",
            passes: false,
            spend("1x5", expression("spend", at: "2m", "{labels: 'spend{campaign=spring}', value: 1}"))
        ),
        PromtoolCase(
            "blank labels are none",
            passes: true,
            spend("1x5", expression("sum(spend)", at: "2m", "{labels: '', value: 1}"))
        ),
        PromtoolCase(
            "a stale series has ended",
            passes: true,
            spend("1 1 stale 1", expression("sum(spend)", at: "2m", ""))
        ),
        PromtoolCase(
            "a recorded series ends with its input",
            passes: true,
            spend("1 1 stale _x5", expression("campaign:spend:sum", at: "3m", ""))
        ),
        PromtoolCase(
            "a missing sample is looked back over",
            passes: true,
            spend("1 _x3 7", expression("sum(spend)", at: "3m", "{labels: '{}', value: 1}"))
        ),
        PromtoolCase(
            "ALERTS tells of pending alerts",
            passes: true,
            spend(
                "200x10",
                expression(
                    "ALERTS{alertname=\"OverBudget\"}",
                    at: "1m",
                    "{labels: 'ALERTS{alertname=\"OverBudget\",alertstate=\"pending\",campaign=\"spring\",severity=\"page\"}', value: 1}"
                )
            )
        ),
        PromtoolCase(
            "ALERTS of the state before has ended",
            passes: true,
            spend(
                "200x10",
                expression("count(ALERTS{alertname=\"OverBudget\"})", at: "2m", "{labels: '{}', value: 1}")
            )
        ),
        PromtoolCase(
            "ALERTS_FOR_STATE tells since when",
            passes: true,
            spend(
                "0 200x10",
                expression("sum(ALERTS_FOR_STATE{alertname=\"OverBudget\"})", at: "3m", "{labels: '{}', value: 60}")
            )
        ),
        PromtoolCase(
            "time is counted from nothing",
            passes: true,
            spend("1x5", expression("time()", at: "1h30m", "{labels: '{}', value: 5400}"))
        ),
        PromtoolCase(
            "input behind the last step is not there yet",
            passes: true,
            """
            tests:
              - interval: 30s
                input_series: [{series: spend, values: 1+1x9}]
                promql_expr_test: [{expr: spend, eval_time: 90s, exp_samples: [{labels: spend, value: 3}]}]
            """
        ),
        PromtoolCase(
            "the future is as far as the last step",
            passes: true,
            spend("1+1x9", expression("sum(spend offset -4m)", at: "2m", "{labels: '{}', value: 3}"))
        ),
        PromtoolCase(
            "subqueries step by the evaluation interval",
            passes: true,
            spend(
                "1+1x20",
                expression(
                    "count_over_time(spend[65s:])",
                    at: "10m",
                    "{labels: '{campaign=\"spring\",device=\"mobile\"}', value: 7}"
                ),
                head: "evaluation_interval: 10s"
            )
        ),
        PromtoolCase(
            "steps are as wide as the evaluation interval",
            passes: true,
            spend(
                "1+1x20",
                expression("campaign:spend:sum", at: "4m", sample("campaign:spend:sum", 1)),
                head: "evaluation_interval: 5m"
            )
        ),
    ]
}
