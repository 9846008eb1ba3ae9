// SPDX-License-Identifier: Apache-2.0

import Rules
import TimeSeries

/// Alerts that are told together, and what was told of them.
struct AlertGroup: Sendable {
    /// A notification and its place in the order of arrival.
    struct Held: Sendable {
        var notification: AlertNotification
        var arrival: UInt64
    }

    /// The last that was delivered.
    struct Told: Equatable, Sendable {
        var firing: Set<Labels>
        var resolved: Set<Labels>
        var at: Duration
    }

    /// By their labels.
    var alerts: [Labels: Held] = [:]
    /// When it is to be looked at again.
    var due: Duration
    /// Whether it was looked at since its first alert.
    var hasFlushed = false
    /// Whether the rules have spoken of it since the start: nothing is repeated on the word of a process that is no more.
    var isHeardOf = true
    var told: Told?
    /// Since when the incident is; nil while there is none.
    var incident: Timestamp?
    /// Until when no firing alert of it is told.
    var coolUntil: Duration?
    /// Since when a delivery is being tried again, and of how many alerts.
    var trying: (since: Duration, alerts: Int)?

    /// Its alerts as they are told at this time, ordered by labels.
    func members(at wall: Timestamp) -> [GroupNotice.Member] {
        alerts.values.map {
            GroupNotice.Member(notification: $0.notification, isResolved: $0.notification.isOver(at: wall))
        }
        .sorted { $0.notification.labels < $1.notification.labels }
    }

    /// Whether there is something to tell, and why.
    ///
    /// Source: Alertmanager, `notify/dedup_stage.go`, `needsUpdate`.
    static func reason(
        firing: Set<Labels>,
        resolved: Set<Labels>,
        told: Told?,
        now: Duration,
        settings: WebhookSettings
    ) -> GroupNotice.Reason? {
        guard let told else { return firing.isEmpty ? nil : .firstFiring }
        if !firing.isSubset(of: told.firing) { return told.firing.isEmpty ? .firstFiring : .newFiring }
        // Told even where the end of alerts is not: what was told must be forgotten.
        if firing.isEmpty { return told.firing.isEmpty ? nil : .allResolved }
        if settings.sendsResolved, !resolved.isSubset(of: told.resolved) { return .newResolved }
        return told.at + settings.repeatInterval < now ? .repeated : nil
    }
}

extension AlertNotification {
    /// Whether it is told as resolved. One whose end has passed without another word is, as in Alertmanager
    /// (`types/types.go`, `ResolvedAt`).
    func isOver(at wall: Timestamp) -> Bool { isResolved || endsAt <= wall }
}
