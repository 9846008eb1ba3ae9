// SPDX-License-Identifier: Apache-2.0

extension PromtoolCase {
    /// Those about alerts.
    static let alerts: [PromtoolCase] = [
        PromtoolCase(
            "an alert that fires",
            passes: true,
            spend("200x10", alert("OverBudget", at: "5m", overBudget))
        ),
        PromtoolCase(
            "an alert fires when its time to wait is over",
            passes: true,
            spend("200x10", alert("OverBudget", at: "2m", overBudget))
        ),
        PromtoolCase("a pending alert does not fire", passes: true, spend("200x10", alert("OverBudget", at: "1m", ""))),
        PromtoolCase(
            "a pending alert is not expected",
            passes: false,
            spend("200x10", alert("OverBudget", at: "1m", overBudget))
        ),
        PromtoolCase(
            "an alert that is not expected fires",
            passes: false,
            spend("200x10", alert("OverBudget", at: "5m", ""))
        ),
        PromtoolCase(
            "an alert of another name is nobody's concern",
            passes: true,
            spend("200x10", alert("Misspelled", at: "5m", ""))
        ),
        PromtoolCase(
            "labels have to be complete",
            passes: false,
            spend("200x10", alert("OverBudget", at: "5m", "{exp_labels: {campaign: spring}}"))
        ),
        PromtoolCase(
            "annotations have to be complete",
            passes: false,
            spend("200x10", alert("OverBudget", at: "5m", "{exp_labels: {campaign: spring, severity: page}}"))
        ),
        PromtoolCase(
            "annotations are compared exactly",
            passes: false,
            spend(
                "200x10",
                alert(
                    "OverBudget",
                    at: "5m",
                    "{exp_labels: {campaign: spring, severity: page}, exp_annotations: {summary: too much money}}"
                )
            )
        ),
        PromtoolCase(
            "alertname may stand among the labels, whatever it says",
            passes: true,
            spend(
                "0x3",
                alert(
                    "NoSpend",
                    at: "1m",
                    "{exp_labels: {alertname: X, campaign: spring, device: mobile, severity: info}}"
                )
            )
        ),
        PromtoolCase(
            "an empty label is like no alert's",
            passes: false,
            spend(
                "0x3",
                alert(
                    "NoSpend",
                    at: "1m",
                    "{exp_labels: {campaign: spring, device: mobile, severity: info, place: ''}}"
                )
            )
        ),
        PromtoolCase(
            "between two steps the alerts of the one before count",
            passes: true,
            spend("200 200 0x5", alert("OverBudget", at: "119s", "") + "\n")
        ),
        PromtoolCase(
            "the step at its own time counts",
            passes: true,
            spend("200 200 200 200 0x5", alert("OverBudget", at: "3m59s", overBudget))
        ),
        PromtoolCase(
            "an alert that was resolved fires no more",
            passes: false,
            spend("200 200 200 200 0x5", alert("OverBudget", at: "4m", overBudget))
        ),
        PromtoolCase(
            "the interval of a group is not heeded",
            passes: true,
            rules: """
                groups:
                  - name: slow
                    interval: 10m
                    rules: [{alert: Loud, expr: spend > 1, for: 1m}]
                """,
            spend("2x10", alert("Loud", at: "1m", "{exp_labels: {campaign: spring, device: mobile}}"))
        ),
        PromtoolCase(
            "an alert goes on firing for a while",
            passes: true,
            rules: "groups: [{name: a, rules: [{alert: Loud, expr: spend > 1, keep_firing_for: 3m}]}]",
            spend("2 0x9", alert("Loud", at: "3m", "{exp_labels: {campaign: spring, device: mobile}}"))
        ),
        PromtoolCase(
            "an alert does not go on firing for longer",
            passes: false,
            rules: "groups: [{name: a, rules: [{alert: Loud, expr: spend > 1, keep_firing_for: 3m}]}]",
            spend("2 0x9", alert("Loud", at: "4m", "{exp_labels: {campaign: spring, device: mobile}}"))
        ),
        PromtoolCase(
            "alerts of one name from two groups are one list",
            passes: true,
            rules: """
                groups:
                  - {name: a, rules: [{alert: Loud, expr: spend > 1, labels: {from: a}}]}
                  - {name: b, rules: [{alert: Loud, expr: spend > 1, labels: {from: b}}]}
                """,
            spend(
                "2x9",
                alert(
                    "Loud",
                    at: "1m",
                    """
                    {exp_labels: {campaign: spring, device: mobile, from: b}},
                    {exp_labels: {campaign: spring, device: mobile, from: a}}
                    """
                )
            )
        ),
        PromtoolCase(
            "a rule that cannot be evaluated",
            passes: false,
            rules: """
                groups: [{name: a, rules: [{record: total, expr: 'spend * on(campaign) group_right(place) spend'}]}]
                """,
            """
            tests:
              - interval: 1m
                input_series:
                  - {series: 'spend{campaign="spring",device="mobile"}', values: '1x5'}
                  - {series: 'spend{campaign="spring",device="desktop"}', values: '1x5'}
                promql_expr_test: [{expr: vector(1), eval_time: 1m, exp_samples: [{labels: '{}', value: 1}]}]
            """
        ),
        PromtoolCase(
            "more alerts than a group may have",
            passes: false,
            rules: "groups: [{name: a, limit: 1, rules: [{alert: Loud, expr: spend > 1}]}]",
            """
            tests:
              - interval: 1m
                input_series: [{series: 'spend{a="1"}', values: 2x9}, {series: 'spend{a="2"}', values: 2x9}]
                promql_expr_test: [{expr: vector(1), eval_time: 1m, exp_samples: [{labels: '{}', value: 1}]}]
            """
        ),
        PromtoolCase(
            "a missing alertname",
            passes: false,
            spend("200x10", "    alert_rule_test: [{eval_time: 5m}]")
        ),
        PromtoolCase(
            "external labels are not on alerts",
            passes: true,
            spend(
                "0x3",
                "    external_labels: {region: eu}\n"
                    + alert(
                        "NoSpend",
                        at: "1m",
                        "{exp_labels: {campaign: spring, device: mobile, severity: info}}"
                    )
            )
        ),
    ]

    /// Alerts whose labels and annotations are templates.
    static let templates: [PromtoolCase] = [true, false].map { passes in
        PromtoolCase(
            passes ? "templates" : "templates that give something else",
            passes: passes,
            rules: """
                groups:
                  - name: a
                    rules:
                      - alert: Loud
                        expr: spend > 1
                        labels: {device: 'a {{ $labels.device }}'}
                        annotations:
                          summary: 'It spends {{ $value }} in {{ $externalLabels.region }}, see {{ $externalURL }}'
                """,
            spend(
                "2.5x10",
                "    external_labels: {region: eu}\n    external_url: http://here\n"
                    + alert(
                        "Loud",
                        at: "1m",
                        """
                        {exp_labels: {campaign: spring, device: a mobile}, exp_annotations: {summary: 'It spends \
                        \(passes ? "2.5" : "2.6") in eu, see http://here'}}
                        """
                    )
            )
        )
    }
}
