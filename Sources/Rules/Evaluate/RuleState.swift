// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// A rule and what came of its last evaluation, as the rules API shows it.
public struct RuleStatus: Sendable {
    /// How the last evaluation went; the raw value is Prometheus's word.
    public enum Health: String, Sendable {
        /// Not evaluated yet.
        case unknown
        /// It gave an answer.
        case ok
        /// It did not.
        case failed = "err"
    }

    /// The rule.
    public let rule: Rule
    /// How the last evaluation went.
    public var health = Health.unknown
    /// Why it gave no answer.
    public var lastError: String?
    /// Seconds that it took.
    public var evaluationSeconds = 0.0
    /// The instant that it was for.
    public var lastEvaluation: Timestamp?
    /// Of an alerting rule: its alerts that are pending or fire, ordered by labels.
    public var alerts: [Alert] = []

    init(_ rule: Rule) {
        self.rule = rule
    }
}

/// A group and what came of its last evaluation.
public struct GroupStatus: Sendable {
    /// The group.
    public let group: RuleGroup
    /// Milliseconds between two evaluations.
    public let interval: Int64
    /// Its rules, in order.
    public var rules: [RuleStatus]
    /// Seconds that the last evaluation of all took.
    public var evaluationSeconds = 0.0
    /// The instant that it was for.
    public var lastEvaluation: Timestamp?
}

/// What a rule takes from one evaluation to the next.
struct RuleState {
    var status: RuleStatus
    var alerting = AlertingState()
    /// The series of the last evaluation: those that the next one lacks have ended.
    var series: Set<Labels> = []
    /// Whether alerts of before a stop are still to be looked for.
    var restores: Bool
    /// What went wrong with its templates.
    var templateFailures = TemplateFailures()

    var rule: Rule { status.rule }

    /// Whether nothing can change without a sample.
    var isIdle: Bool { alerting.alerts.isEmpty && series.isEmpty }

    /// Makes a failure beside the evaluation itself visible.
    mutating func note(failure: String) {
        status.health = .failed
        status.lastError = status.lastError.map { "\(failure); \($0)" } ?? failure
    }

    init(_ rule: Rule, restores: Bool = false) {
        status = RuleStatus(rule)
        self.restores = restores
    }
}
