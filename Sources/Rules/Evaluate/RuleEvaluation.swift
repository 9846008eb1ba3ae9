// SPDX-License-Identifier: Apache-2.0

import PromQL
import TimeSeries

/// One evaluation of a group: what its rules share.
struct RuleEvaluation {
    let group: RuleGroup
    let settings: RuleSettings
    let interval: Int64
    let time: Timestamp
    /// The series, with what the rules of this evaluation have recorded so far.
    let source: RecordedSeries
    /// Ends it before its time.
    var cancellation = QueryCancellation()

    /// The time that is asked for and recorded at.
    var queryTime: Timestamp { Timestamp(milliseconds: time.milliseconds - group.queryOffset) }

    // MARK: - One rule

    /// Evaluates one rule: its samples, series that ended included, and its notifications.
    func evaluate(_ state: inout RuleState, _ outcome: inout GroupEvaluator.Outcome) -> [RuleSample] {
        let begun = ContinuousClock.now
        var samples: [RuleSample] = []
        do throws(RuleFault) {
            switch state.rule.kind {
            case .recording: samples = try record(&state)
            case .alerting:
                samples = try advance(&state, by: try query(state.rule.query, at: queryTime), annotates: true)
            }
            state.status.health = .ok
            state.status.lastError = nil
            // Not after a failure: nobody knows then what fires.
            if state.rule.kind == .alerting { outcome.notifications += notifications(&state) }
        } catch {
            outcome.failures += 1
            state.status.health = .failed
            state.status.lastError = error.description
        }
        state.status.lastEvaluation = time
        state.status.evaluationSeconds = (ContinuousClock.now - begun) / .seconds(1)
        if state.rule.kind == .alerting { state.status.alerts = state.alerting.active }
        outcome.complaints += state.templateFailures.take().map { complaint in
            "rule '\(state.rule.name)' of group '\(group.name)' in \(group.file): \(complaint)"
        }
        return samples
    }

    /// Evaluates a recording rule.
    func record(_ state: inout RuleState) throws(RuleFault) -> [RuleSample] {
        let rule = state.rule
        let vector = try query(rule.query, at: queryTime)
        let changes = [(name: "__name__", value: rule.name)] + rule.labels.map { ($0.name, $0.text) }
        var samples: [RuleSample] = []
        samples.reserveCapacity(vector.count)
        var seen = Set<Labels>(minimumCapacity: vector.count)
        for element in vector {
            if element.histogram != nil, !settings.keepsHistograms {
                throw RuleFault("the expression gives native histograms, which cannot be recorded")
            }
            let labels = element.labels.changing(changes)
            guard seen.insert(labels).inserted else {
                throw RuleFault("vector contains metrics with the same labelset after applying rule labels")
            }
            samples.append(
                RuleSample(labels: labels, time: queryTime, value: element.value, histogram: element.histogram)
            )
        }
        try checkLimit(samples.count, "series")
        return withEnds(samples, &state)
    }

    /// The samples, and a staleness marker for each series of the last evaluation that is not among them.
    private func withEnds(_ samples: [RuleSample], _ state: inout RuleState) -> [RuleSample] {
        let series = Set(samples.map(\.labels))
        let ended = state.series.subtracting(series).sorted()
        state.series = series
        return samples + ended.map { RuleSample(labels: $0, time: queryTime, value: SampleColumns.staleMarker) }
    }

    /// Takes the alerts of a rule on, by what its expression gave.
    ///
    /// - Parameter annotates: whether anybody will read the annotations.
    func advance(
        _ state: inout RuleState,
        by vector: [VectorElement],
        annotates: Bool
    ) throws(RuleFault) -> [RuleSample] {
        let rule = state.rule
        var failures: [TemplateFailure] = []
        let found = try findings(rule, in: vector, annotates: annotates, &failures)
        for failure in failures { state.templateFailures.insert(failure) }
        state.alerting.advance(to: time, found: found, rule: rule, resolvedRetention: settings.resolvedRetention)
        let active = state.alerting.active
        do throws(RuleFault) {
            try checkLimit(active.count, "alerts")
        } catch {
            state.alerting.removeAll()
            throw error
        }
        return withEnds(active.flatMap { $0.samples(at: queryTime) }, &state)
    }

    private func checkLimit(_ count: Int, _ what: String) throws(RuleFault) {
        if group.limit > 0, count > group.limit {
            throw RuleFault("exceeded limit of \(group.limit) with \(count) \(what)")
        }
    }

    // MARK: - Alerts

    /// What a vector means to an alerting rule: the alerts by their labels.
    ///
    /// - Parameter failures: templates that failed are added.
    func findings(
        _ rule: Rule,
        in vector: [VectorElement],
        annotates: Bool = true,
        _ failures: inout [TemplateFailure]
    ) throws(RuleFault) -> [Labels: AlertingState.Finding] {
        var found: [Labels: AlertingState.Finding] = [:]
        for element in vector {
            let scope = scope(of: element)
            var changes = [(name: "__name__", value: "")]
            for label in rule.labels { changes.append((label.name, expand(label, scope, "label", &failures))) }
            changes.append(("alertname", rule.name))
            let labels = element.labels.changing(changes)
            var annotations: [(name: String, value: String)] = []
            for annotation in rule.annotations where annotates {
                annotations.append((annotation.name, expand(annotation, scope, "annotation", &failures)))
            }
            let finding = AlertingState.Finding(annotations: Labels(annotations), value: element.value)
            guard found.updateValue(finding, forKey: labels) == nil else {
                throw RuleFault("vector contains metrics with the same labelset after applying alert labels")
            }
        }
        return found
    }

    private func scope(of element: VectorElement) -> TemplateScope {
        TemplateScope(
            labels: element.labels,
            value: element.value,
            externalLabels: settings.externalLabels,
            externalURL: settings.externalURL,
            time: queryTime
        ) { [self] text in
            do throws(RuleFault) {
                return try query(text, at: queryTime).map { TemplateScope.Sample(labels: $0.labels, value: $0.value) }
            } catch {
                throw TemplateQueryFailure(description: error.description)
            }
        }
    }

    /// A template that fails does not keep its alert from being told.
    private func expand(
        _ text: Rule.NamedTemplate,
        _ scope: TemplateScope,
        _ kind: String,
        _ failures: inout [TemplateFailure]
    ) -> String {
        guard let template = text.template else { return text.text }
        do throws(TemplateError) {
            return try template.expand(scope)
        } catch {
            failures.append(TemplateFailure(place: "\(kind) '\(text.name)'", error: error))
            return "<error expanding template: \(error)>"
        }
    }

    /// The notifications that are due.
    private func notifications(_ state: inout RuleState) -> [AlertNotification] {
        let due = state.alerting.takeDue(at: time, resendDelay: settings.resendDelay)
        if due.isEmpty { return [] }
        let link = settings.externalURL + QueryText.tablePath(of: state.rule.query)
        // Long enough for three tellings to be lost.
        let validFor = 4 * max(interval, settings.resendDelay)
        return due.map { $0.notification(at: time, validFor: validFor, settings, link: link) }
    }

    // MARK: - Queries

    /// The samples of a query at an instant; a scalar is one without labels.
    func query(_ text: String, at time: Timestamp) throws(RuleFault) -> [VectorElement] {
        do throws(QueryError) {
            return try VectorElement.elements(
                of: try QueryEngine(options: settings.queryOptions).instant(
                    text,
                    at: time,
                    on: source,
                    cancellation: cancellation
                )
            )
        } catch {
            throw RuleFault(error.message)
        }
    }
}

/// One sample of an instant query's answer.
struct VectorElement: Sendable {
    let labels: Labels
    let value: Double
    let histogram: NativeHistogram?

    /// The elements of an answer.
    static func elements(of result: QueryResult) throws(QueryError) -> [VectorElement] {
        switch result.value {
        case .scalar(_, let value): return [VectorElement(labels: [:], value: value, histogram: nil)]
        case .vector(_, let columns):
            return (0..<columns.count).map { index in
                let sample = columns.offsets[index]
                return VectorElement(
                    labels: columns.labels[index],
                    value: columns.values[sample],
                    histogram: columns.histograms.isEmpty ? nil : columns.histograms[sample]
                )
            }
        case .string, .matrix: throw QueryError(.execution, "rule result is not a vector or scalar")
        }
    }
}

/// Why a query inside of a template has no answer.
private struct TemplateQueryFailure: Error, CustomStringConvertible {
    let description: String
}
