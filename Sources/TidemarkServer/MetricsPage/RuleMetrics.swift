// SPDX-License-Identifier: Apache-2.0

import Tidemark
import TimeSeries

extension RuleEngine.Counts {
    /// Appends the families of rules.
    func append(to page: inout PageText) {
        page.family(
            "tidemark_rule_evaluations_total",
            help: "Evaluations of rules, since the start.",
            kind: .counter,
            String(evaluations)
        )
        page.family(
            "tidemark_rule_evaluation_failures_total",
            help: "Evaluations of rules that gave no answer, since the start.",
            kind: .counter,
            String(failures)
        )
        page.family(
            "tidemark_rule_group_iterations_missed_total",
            help:
                "Instants at which a rule group was not evaluated because the one before took too long, since the start.",
            kind: .counter,
            String(missed)
        )
        let samples = "tidemark_rule_samples_total"
        page.beginFamily(samples, help: "Samples of rules by what became of them, since the start.", kind: .counter)
        page.sample(samples, labels: ["result": "written"], String(written))
        page.sample(samples, labels: ["result": "refused"], String(refused))
        page.sample(samples, labels: ["result": "dropped"], String(dropped))

        page.histogram(
            "tidemark_rule_evaluation_duration_seconds",
            help: "Time of an evaluation of a rule group, writing included.",
            bounds: Self.bounds,
            counts: durations,
            sum: seconds
        )
    }
}
