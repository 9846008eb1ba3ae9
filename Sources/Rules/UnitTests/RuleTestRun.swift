// SPDX-License-Identifier: Apache-2.0

import PromQL
import TimeSeries

/// Runs one of the tests of a file.
///
/// Time begins with the test's start and goes on by the file's evaluation interval. At each step the input is let in up
/// to its time and all groups are evaluated, whatever interval they have themselves. Alerts of an `eval_time` between
/// two steps are those of the step before; expressions are asked at their own time, but after the last step, so they see
/// neither input nor recorded samples from behind it.
///
/// Source: Prometheus, `cmd/promtool/unittest.go`, `testGroup.test`.
struct RuleTestRun {
    private let file: RuleTestFile
    private let test: RuleTest
    private let settings: RuleSettings
    private let series: RuleTestSeries
    private let evaluators: [GroupEvaluator]

    init(of test: RuleTest, in file: RuleTestFile) {
        self.file = file
        self.test = test
        var settings = RuleSettings()
        settings.interval = test.interval
        settings.externalLabels = test.externalLabels
        settings.externalURL = test.externalURL
        settings.keepsHistograms = true
        settings.queryOptions.subqueryStep = file.evaluationInterval
        self.settings = settings
        series = RuleTestSeries(test.input)
        evaluators = file.groups.map { GroupEvaluator($0, settings: settings) }
    }

    /// Runs the test once. What it leaves is not to be used again.
    func failures() -> [RuleTestFailure] {
        var failures: [RuleTestFailure] = []
        var checks = test.alerts.sorted { $0.evalTime < $1.evalTime }[...]
        for step in stride(from: 0, through: test.lastEvalTime, by: Int64.Stride(file.evaluationInterval)) {
            let faults = evaluate(at: step)
            guard faults.isEmpty else { return failures + faults }
            while let check = checks.first, check.evalTime - step < file.evaluationInterval {
                if let failure = compare(check) { failures.append(failure) }
                checks.removeFirst()
            }
        }
        return failures + test.expressions.compactMap(compare)
    }

    /// The time that lies so many milliseconds behind the start.
    private func time(_ offset: Int64) -> Timestamp {
        Timestamp(milliseconds: test.start.milliseconds + offset)
    }

    // MARK: - Steps

    /// Evaluates all groups at a step.
    ///
    /// - Returns: what could not be evaluated.
    private func evaluate(at step: Int64) -> [RuleTestFailure] {
        do throws(RuleFault) {
            try series.show(through: time(step).milliseconds)
        } catch {
            let message = "the input cannot be loaded at \(DurationText.text(milliseconds: step)): \(error)"
            return [failure(line: nil, message)]
        }
        return evaluators.flatMap { evaluate($0, at: step) }
    }

    private func evaluate(_ evaluator: GroupEvaluator, at step: Int64) -> [RuleTestFailure] {
        let outcome = evaluator.evaluate(at: time(step), on: series)
        var reasons: [String] = []
        if outcome.failures > 0 {
            for rule in evaluator.status.rules where rule.health == .failed {
                reasons.append("rule \(rule.rule.name): \(rule.lastError ?? "no answer")")
            }
        }
        for sample in outcome.samples {
            do throws(RuleFault) {
                try series.record(sample)
            } catch {
                reasons.append("\(error)")
            }
        }
        return reasons.map {
            failure(
                line: nil,
                "group \(evaluator.group.name) cannot be evaluated at \(DurationText.text(milliseconds: step)): \($0)"
            )
        }
    }

    // MARK: - Comparisons

    /// Compares what fires now.
    private func compare(_ check: RuleTest.AlertCheck) -> RuleTestFailure? {
        var firing: [RuleTest.FiringAlert] = []
        for evaluator in evaluators
        where evaluator.group.rules.contains(where: { $0.kind == .alerting && $0.name == check.alertname }) {
            for rule in evaluator.status.rules where rule.rule.kind == .alerting && rule.rule.name == check.alertname {
                firing += rule.alerts.filter { $0.state == .firing }.map(RuleTest.FiringAlert.init)
            }
        }
        let difference = RuleTestDifference(expected: check.expected, got: firing) { $0 == $1 }
        if difference.isEmpty { return nil }
        let heading = "alert \(check.alertname) at \(DurationText.text(milliseconds: check.evalTime))"
        return failure(line: check.line, difference.message(heading, noun: "firing alert", \.text))
    }

    /// Asks an expression at its time and compares the answer.
    private func compare(_ check: RuleTest.ExpressionCheck) -> RuleTestFailure? {
        let heading = "expression \(check.query) at \(DurationText.text(milliseconds: check.evalTime))"
        let got: [RuleTest.Sample]
        do throws(QueryError) {
            let result = try QueryEngine(options: settings.queryOptions)
                .instant(check.query, at: time(check.evalTime), on: series)
            got = try VectorElement.elements(of: result)
                .map { RuleTest.Sample(labels: $0.labels, value: $0.value, histogram: $0.histogram) }
        } catch {
            return failure(line: check.line, "\(heading)\n  no answer: \(error.message)")
        }
        let isFuzzy = file.comparesFuzzily
        let difference = RuleTestDifference(expected: check.expected, got: got) { expected, got in
            expected.isMet(by: got, fuzzily: isFuzzy)
        }
        if difference.isEmpty { return nil }
        var message = difference.message(heading, noun: "sample", \.text)
        if difference.missing.contains(where: { $0.histogram == nil && $0.value.isNaN }) {
            message += "\n  (NaN is like no number, itself not excepted: ask for what has 'x != x' instead)"
        }
        return failure(line: check.line, message)
    }

    private func failure(line: Int?, _ message: String) -> RuleTestFailure {
        RuleTestFailure(file: file.path, line: line, test: test.name, message: message)
    }
}
