// SPDX-License-Identifier: Apache-2.0

import Tidemark
import TimeSeries

extension RuleEngine.Counts {
    /// Appends the families of rules.
    func append(to page: inout PageText) {
        counter("tidemark_rule_evaluations_total", evaluations, "Evaluations of rules, since the start.", &page)
        counter(
            "tidemark_rule_evaluation_failures_total",
            failures,
            "Evaluations of rules that gave no answer, since the start.",
            &page
        )
        counter(
            "tidemark_rule_group_iterations_missed_total",
            missed,
            "Instants at which a rule group was not evaluated because the one before took too long, since the start.",
            &page
        )
        let samples = "tidemark_rule_samples_total"
        page.beginFamily(samples, help: "Samples of rules by what became of them, since the start.", kind: .counter)
        page.sample(samples, labels: ["result": "written"], String(written))
        page.sample(samples, labels: ["result": "refused"], String(refused))
        page.sample(samples, labels: ["result": "dropped"], String(dropped))

        let duration = "tidemark_rule_evaluation_duration_seconds"
        page.beginFamily(duration, help: "Time of an evaluation of a rule group, writing included.", kind: .histogram)
        var cumulative: UInt64 = 0
        for (bound, count) in zip(Self.bounds, durations) {
            cumulative += count
            page.sample(duration + "_bucket", labels: ["le": page.bucketBound(bound)], String(cumulative))
        }
        let all = durations.reduce(0, +)
        page.sample(duration + "_bucket", labels: ["le": "+Inf"], String(all))
        page.sample(duration + "_sum", doubleText(seconds))
        page.sample(duration + "_count", String(all))
    }

    private func counter(_ name: String, _ value: Int, _ help: String, _ page: inout PageText) {
        page.beginFamily(name, help: help, kind: .counter)
        page.sample(name, String(value))
    }
}
