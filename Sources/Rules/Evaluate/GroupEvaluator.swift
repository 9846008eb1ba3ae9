// SPDX-License-Identifier: Apache-2.0

public import PromQL
public import TimeSeries

/// Evaluates the rules of one group, and keeps their state from one evaluation to the next.
///
/// It decides and does nothing: samples and notifications are handed to whoever called. One thread at a time.
///
/// Source of the order of things: Prometheus, `rules/group.go`, `Group.Eval`.
public final class GroupEvaluator {
    /// The group.
    public let group: RuleGroup
    /// Milliseconds between two evaluations.
    public let interval: Int64

    let settings: RuleSettings
    private var states: [RuleState]
    private var evaluationSeconds = 0.0
    private var lastEvaluation: Timestamp?
    /// Series of rules that are gone; they end with the next evaluation.
    private var abandoned: Set<Labels> = []
    /// Resolved alerts of rules that are gone: they are told for as long as others.
    private var orphans = AlertingState()

    /// What came of one evaluation.
    public struct Outcome: Sendable {
        /// To be recorded, all of one time, series that have ended included.
        public var samples: [RuleSample] = []
        /// To be sent.
        public var notifications: [AlertNotification] = []
        /// How many rules gave no answer.
        public var failures = 0
        /// Lines for the operator.
        public var complaints: [String] = []
        /// Whether it was broken off. All of it counts for nothing then.
        public var isCancelled = false

        /// Nothing.
        public init() {}
    }

    /// A group before its first evaluation.
    ///
    /// - Parameter restores: whether the alerts that the source has from before a stop are taken up again.
    public init(_ group: RuleGroup, settings: RuleSettings, restores: Bool = false) {
        self.group = group
        self.settings = settings
        interval = group.interval ?? settings.interval
        states = group.rules.map { RuleState($0, restores: restores) }
    }

    /// A group that takes the place of one that was evaluated before: rules that it still has keep their state, and so
    /// do the alerts of rules of the same name. Firing alerts of rules that are gone are resolved, their series end.
    public convenience init(
        _ group: RuleGroup,
        settings: RuleSettings,
        replacing old: GroupEvaluator,
        at time: Timestamp
    ) {
        self.init(group, settings: settings)
        lastEvaluation = old.lastEvaluation
        abandoned = old.abandoned
        orphans = old.orphans
        var rest = old.states
        func take(_ index: Int, isSame: Bool, where matches: (Rule) -> Bool) -> Bool {
            guard let place = rest.firstIndex(where: { matches($0.rule) }) else { return false }
            let state = rest.remove(at: place)
            states[index].alerting = state.alerting
            states[index].status.alerts = state.alerting.active
            states[index].series = state.series
            states[index].restores = state.restores
            if isSame { states[index].templateFailures = state.templateFailures }
            return true
        }
        let changed = states.indices.filter { index in
            let rule = states[index].rule
            return !take(index, isSame: true) { $0.isSame(as: rule) }
        }
        for index in changed {
            let rule = states[index].rule
            _ = take(index, isSame: false) { $0.kind == rule.kind && $0.name == rule.name }
        }
        for state in rest { abandon(state, at: time) }
    }

    /// What is left to do for a group that is gone: its series end, its firing alerts are resolved. As long as
    /// ``hasOrphans``, they are to be told by evaluating it further, which evaluates no rule any more.
    ///
    /// - Parameter living: labels of alerts of other groups, pending or firing: those are not told as resolved.
    public func end(at time: Timestamp, living: Set<Labels> = []) -> Outcome {
        for state in states { abandon(state, at: time) }
        states = []
        var outcome = Outcome()
        tellOrphans(at: time, except: living, &outcome)
        endAbandoned(except: [], at: Timestamp(milliseconds: time.milliseconds - group.queryOffset), &outcome)
        return outcome
    }

    /// Whether alerts of rules that are gone are still to be told as resolved.
    public var hasOrphans: Bool { !orphans.alerts.isEmpty }

    /// How the group is.
    public var status: GroupStatus {
        GroupStatus(
            group: group,
            interval: interval,
            rules: states.map(\.status),
            evaluationSeconds: evaluationSeconds,
            lastEvaluation: lastEvaluation
        )
    }

    // MARK: - Evaluation

    /// Evaluates all rules at one instant, in order.
    ///
    /// - Parameters:
    ///   - time: later than that of the last evaluation.
    ///   - source: one state of the series.
    ///   - living: labels of alerts of other groups, pending or firing: those are not told as resolved by this one.
    ///   - cancellation: breaks it off. The group must not be evaluated again then.
    public func evaluate(
        at time: Timestamp,
        on source: any SeriesSource,
        living: Set<Labels> = [],
        cancellation: QueryCancellation = QueryCancellation()
    ) -> Outcome {
        let begun = ContinuousClock.now
        let recorded = RecordedSeries(over: source)
        let evaluation = RuleEvaluation(
            group: group,
            settings: settings,
            interval: interval,
            time: time,
            source: recorded,
            cancellation: cancellation
        )
        var outcome = Outcome()
        var series = Set<Labels>()
        for index in states.indices {
            let failure = states[index].restores ? evaluation.restore(&states[index]) : nil
            states[index].restores = failure != nil
            var samples = evaluation.evaluate(&states[index], &outcome)
            if let failure {
                states[index].note(failure: failure)
                // Newer samples would take the place of those that are still to be read.
                samples = []
            }
            for sample in samples where !SampleColumns.isStale(sample.value) { series.insert(sample.labels) }
            recorded.append(samples)
            outcome.samples += samples
            if cancellation.isCancelled {
                outcome.isCancelled = true
                return outcome
            }
        }
        // A series that one rule no longer makes and another one does goes on.
        outcome.samples.removeAll { SampleColumns.isStale($0.value) && series.contains($0.labels) }
        tellOrphans(at: time, except: living, &outcome)
        endAbandoned(except: series, at: Timestamp(milliseconds: time.milliseconds - group.queryOffset), &outcome)
        evaluationSeconds = (ContinuousClock.now - begun) / .seconds(1)
        lastEvaluation = time
        return outcome
    }

    private func abandon(_ state: RuleState, at time: Timestamp) {
        abandoned.formUnion(state.series)
        var alerting = state.alerting
        alerting.resolveAll(at: time)
        for alert in alerting.alerts.values { orphans.restore(alert) }
    }

    private func tellOrphans(at time: Timestamp, except living: Set<Labels>, _ outcome: inout Outcome) {
        guard hasOrphans else { return }
        let own = states.flatMap { $0.alerting.active.map(\.labels) }
        orphans.expire(at: time, resolvedRetention: settings.resolvedRetention, living: living.union(own))
        let due = orphans.takeDue(at: time, resendDelay: settings.resendDelay)
        // The link needs a rule; theirs is gone.
        outcome.notifications += due.map {
            $0.notification(at: time, validFor: 0, settings, link: settings.externalURL)
        }
    }

    private func endAbandoned(except living: Set<Labels>, at time: Timestamp, _ outcome: inout Outcome) {
        outcome.samples += abandoned.subtracting(living).sorted()
            .map { RuleSample(labels: $0, time: time, value: SampleColumns.staleMarker) }
        abandoned = []
    }
}

extension Alert {
    /// What is told of it. Source of the times: Prometheus, `cmd/prometheus/main.go`, `sendAlerts`.
    ///
    /// - Parameter validFor: for how many milliseconds a firing alert may be taken to fire when nothing more is heard.
    func notification(
        at time: Timestamp,
        validFor: Int64,
        _ settings: RuleSettings,
        link: String
    ) -> AlertNotification {
        let missing = settings.externalLabels.pairs.filter { labels[$0.name] == nil }
        return AlertNotification(
            labels: missing.isEmpty ? labels : labels.changing(missing.map { ($0.name, $0.value) }),
            annotations: annotations,
            startsAt: firedAt ?? activeAt,
            endsAt: resolvedAt ?? Timestamp(milliseconds: time.milliseconds + validFor),
            isResolved: state == .inactive,
            generatorURL: link
        )
    }
}
