// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// What is told about one alert to those outside: the seam between the rules, which decide, and the server, which sends.
///
/// Made only of alerts that fire or have ceased to. An alert is told again and again while it fires, and for a while
/// after it is resolved, so that a receiver that missed one telling gets the next.
public struct AlertNotification: Hashable, Sendable {
    /// The alert's labels and the external labels; never empty. They are the alert's identity for receivers.
    public let labels: Labels
    /// The expanded annotations.
    public let annotations: Labels
    /// When the alert began to fire.
    public let startsAt: Timestamp
    /// When it was resolved; while it fires the time after which a receiver that hears no more may take it for resolved.
    public let endsAt: Timestamp
    /// Whether it no longer fires.
    public let isResolved: Bool
    /// Where a person can look at the rule's expression.
    public let generatorURL: String

    /// A notification.
    public init(
        labels: Labels,
        annotations: Labels,
        startsAt: Timestamp,
        endsAt: Timestamp,
        isResolved: Bool,
        generatorURL: String
    ) {
        self.labels = labels
        self.annotations = annotations
        self.startsAt = startsAt
        self.endsAt = endsAt
        self.isResolved = isResolved
        self.generatorURL = generatorURL
    }
}
