// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension RuleEvaluation {
    /// Takes up the alerts that a rule had before a stop, from `ALERTS` and `ALERTS_FOR_STATE` in the store.
    ///
    /// As Prometheus does (`rules/group.go`, `RestoreForState`): an alert that fired goes on firing; one that was pending
    /// has waited for as long as it had, the outage not counted, and waits at least the grace period when its `for` is
    /// that long. Beyond what Prometheus does, this also holds when `for` is short or none, and an alert that fired and
    /// whose condition is over is resolved and told so: so its receiver need not wait for it to run out.
    ///
    /// What an alert had of value and annotations is found by asking the rule's expression once more at the time of the
    /// last evaluation.
    ///
    /// - Returns: why it could not, to be tried again.
    func restore(_ state: inout RuleState) -> String? {
        guard state.rule.kind == .alerting else { return nil }
        do {
            try restoreAlerts(&state)
            return nil
        } catch {
            return "cannot restore the alerts from before the stop: \(error)"
        }
    }

    private func restoreAlerts(_ state: inout RuleState) throws {
        // All or nothing: a failure half-way leaves no alert behind.
        var restored: [Alert] = []
        let rule = state.rule
        let remembered = try lastSamples(of: "ALERTS_FOR_STATE", rule, from: outageStart)
        guard !remembered.isEmpty else { return }
        let firing = try lastSamples(of: "ALERTS", rule, from: outageStart).filter {
            $0.labels["alertstate"] == "firing"
        }
        let firedThen = Dictionary(
            firing.map { ($0.labels.changing([("__name__", ""), ("alertstate", "")]), $0.time) },
            uniquingKeysWith: max
        )
        let isOnly = group.rules.filter { $0.kind == .alerting && $0.name == rule.name }.count == 1
        var findings: [Timestamp: [Labels: AlertingState.Finding]] = [:]
        for memory in remembered {
            let seenAt = memory.time
            let then = evaluationTime(of: seenAt)
            if findings[seenAt] == nil {
                let vector = try query(rule.query, at: seenAt)
                // A template that fails then fails now, and is told of now.
                var failures: [TemplateFailure] = []
                findings[seenAt] = try RuleEvaluation(
                    group: group,
                    settings: settings,
                    interval: interval,
                    time: then,
                    source: source,
                    cancellation: cancellation
                ).findings(rule, in: vector, &failures)
            }
            let labels = memory.labels.withoutName
            let finding = findings[seenAt]?[labels]
            let fired = firedThen[labels] == seenAt
            // What the expression gives for that time may be another thing now: a late event, an edited rule. What fired is
            // the rule's all the same, unless a rule of the same name may have made it.
            guard finding != nil || fired && (rule.keepFiringFor > 0 || isOnly), belongs(labels, to: rule) else {
                continue
            }
            let activeAt = Timestamp(milliseconds: Int64(memory.value * 1_000))
            var alert = Alert(
                labels: labels,
                annotations: finding?.annotations ?? [:],
                value: finding?.value ?? .nan,
                state: fired ? .firing : .pending,
                activeAt: fired ? activeAt : resumed(activeAt, seenAt: then, rule)
            )
            if fired {
                alert.firedAt = try firstFiring(labels, since: activeAt) ?? activeAt
                // As far as anybody knows it was told until the stop.
                alert.lastSentAt = nil
            }
            restored.append(alert)
        }
        for alert in restored {
            state.alerting.restore(alert)
            state.series.formUnion(alert.samples(at: queryTime).map(\.labels))
        }
    }

    /// The instant of the evaluation that made samples of a time.
    private func evaluationTime(of sample: Timestamp) -> Timestamp {
        Timestamp(milliseconds: sample.milliseconds + group.queryOffset)
    }

    private var outageStart: Timestamp {
        Timestamp(milliseconds: queryTime.milliseconds - settings.outageTolerance)
    }

    /// Since when a pending alert counts as active: the outage is not counted.
    private func resumed(_ activeAt: Timestamp, seenAt: Timestamp, _ rule: Rule) -> Timestamp {
        let waited = seenAt.milliseconds - activeAt.milliseconds
        let remaining = rule.holdDuration - waited
        if rule.holdDuration >= settings.graceForPeriod, remaining < settings.graceForPeriod {
            return Timestamp(milliseconds: time.milliseconds + settings.graceForPeriod - rule.holdDuration)
        }
        return Timestamp(milliseconds: time.milliseconds - waited)
    }

    /// Whether the labels carry those of the rule that are no templates.
    private func belongs(_ labels: Labels, to rule: Rule) -> Bool {
        rule.labels.allSatisfy { $0.name == "alertname" || $0.template != nil || (labels[$0.name] ?? "") == $0.text }
    }

    private struct Memory {
        let labels: Labels
        let time: Timestamp
        let value: Double
    }

    /// The newest sample of each series that one of the two names has for the rule, unless the series had ended.
    private func lastSamples(of name: String, _ rule: Rule, from start: Timestamp) throws -> [Memory] {
        let matchers = [
            try LabelMatcher("__name__", .equal, name), try LabelMatcher("alertname", .equal, rule.name),
        ]
        let set = try source.select(SeriesSelection(matchers, from: start, through: queryTime))
        let columns = SampleColumns()
        var memories: [Memory] = []
        for index in 0..<set.count {
            try set.read(index, into: columns)
            guard columns.count > 0 else { continue }
            let last = columns.count - 1
            let value = columns.values[last]
            if SampleColumns.isStale(value) || !value.isFinite || value.magnitude > 1e15 { continue }
            memories.append(
                Memory(
                    labels: set.labels(index),
                    time: Timestamp(milliseconds: columns.timestamps[last]),
                    value: value
                )
            )
        }
        return memories
    }

    /// When an alert that fires began to.
    private func firstFiring(_ labels: Labels, since activeAt: Timestamp) throws -> Timestamp? {
        var matchers = [
            try LabelMatcher("__name__", .equal, "ALERTS"), try LabelMatcher("alertstate", .equal, "firing"),
        ]
        for pair in labels.pairs { matchers.append(try LabelMatcher(pair.name, .equal, pair.value)) }
        let start = Timestamp(milliseconds: min(activeAt.milliseconds - group.queryOffset, queryTime.milliseconds))
        let set = try source.select(SeriesSelection(matchers, from: start, through: queryTime))
        let columns = SampleColumns()
        for index in 0..<set.count where set.labels(index).pairs.count == labels.pairs.count + 2 {
            try set.read(index, into: columns)
            if columns.count > 0 { return evaluationTime(of: Timestamp(milliseconds: columns.timestamps[0])) }
        }
        return nil
    }
}
