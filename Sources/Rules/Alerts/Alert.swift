// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// One alert of an alerting rule: a label set for which the rule's expression had a sample.
///
/// Source of the states and times: Prometheus, `rules/alerting.go`.
public struct Alert: Hashable, Sendable {
    /// Where an alert is in its life.
    public enum State: String, Hashable, Sendable {
        /// It was firing, and its condition no longer holds.
        case inactive
        /// Its condition holds, but not for as long as `for` asks.
        case pending
        /// It is told to those who are to know.
        case firing
    }

    /// The labels of the sample and of the rule, `alertname` among them, no `__name__`.
    public let labels: Labels
    /// The rule's annotations, their templates expanded at the last evaluation in which the condition held.
    public var annotations: Labels
    /// The value of the sample at the last evaluation in which the condition held.
    public var value: Double
    /// Where it is in its life.
    public var state: State
    /// When the condition began to hold.
    public var activeAt: Timestamp
    /// When it began to fire.
    public var firedAt: Timestamp?
    /// When the condition no longer held, of an alert that fired.
    public var resolvedAt: Timestamp?
    /// When it was handed over for sending last.
    public var lastSentAt: Timestamp?
    /// Since when the condition no longer holds while `keep_firing_for` keeps it firing.
    public var keepFiringSince: Timestamp?

    /// An alert as it begins.
    public init(labels: Labels, annotations: Labels, value: Double, state: State, activeAt: Timestamp) {
        self.labels = labels
        self.annotations = annotations
        self.value = value
        self.state = state
        self.activeAt = activeAt
    }
}
