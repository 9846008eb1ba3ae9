// SPDX-License-Identifier: Apache-2.0

import Testing

/// A test file for promtool and us, with what both are to say of it.
struct PromtoolCase: Sendable, CustomTestStringConvertible {
    let name: String
    let passes: Bool
    let rules: String
    let tests: String

    init(_ name: String, passes: Bool, rules: String = budgetRules, _ tests: String) {
        (self.name, self.passes, self.rules) = (name, passes, rules)
        self.tests = "rule_files: [rules.yml]\n" + tests
    }

    var testDescription: String { name }
}

extension PromtoolCase {
    /// The tests of a file with one input series.
    static func spend(_ values: String, _ checks: String, head: String = "") -> String {
        """
        \(head)
        tests:
          - interval: 1m
            input_series:
              - series: 'spend{campaign="spring",device="mobile"}'
                values: '\(values)'
        \(checks)
        """
    }

    static func alert(_ name: String, at time: String, _ expected: String) -> String {
        "    alert_rule_test: [{eval_time: \(time), alertname: \(name), exp_alerts: [\(expected)]}]"
    }

    static func expression(_ query: String, at time: String, _ expected: String) -> String {
        "    promql_expr_test: [{expr: '\(query)', eval_time: \(time), exp_samples: [\(expected)]}]"
    }

    static let overBudget =
        "{exp_labels: {campaign: spring, severity: page}, exp_annotations: {summary: Too much money}}"

    static func sample(_ name: String, _ value: Double) -> String {
        "{labels: '\(name){campaign=\"spring\"}', value: \(value)}"
    }
}
