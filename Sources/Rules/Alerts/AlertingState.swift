// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The alerts of one alerting rule, and how they change with each evaluation.
///
/// Source of the states: Prometheus, `rules/alerting.go`, `Eval` and `sendAlerts`.
struct AlertingState {
    /// What an evaluation found for one alert.
    struct Finding {
        var annotations: Labels
        var value: Double
    }

    /// By their labels: those that are pending or fire, and those that were resolved a short while ago.
    private(set) var alerts: [Labels: Alert] = [:]

    /// Those that are pending or fire, ordered by labels.
    var active: [Alert] {
        alerts.values.filter { $0.state != .inactive }.sorted { $0.labels < $1.labels }
    }

    /// Puts back an alert from before a stop.
    mutating func restore(_ alert: Alert) {
        alerts[alert.labels] = alert
    }

    /// Forgets all.
    mutating func removeAll() {
        alerts.removeAll()
    }

    /// Goes on to the time of an evaluation.
    ///
    /// - Parameter found: what the rule's expression gave then, by the labels of the alert.
    mutating func advance(to time: Timestamp, found: [Labels: Finding], rule: Rule, resolvedRetention: Int64) {
        for labels in Array(alerts.keys) { alerts[labels]?.clamp(to: time) }
        for (labels, finding) in found {
            if var known = alerts[labels], known.state != .inactive {
                known.value = finding.value
                known.annotations = finding.annotations
                known.keepFiringSince = nil
                alerts[labels] = known
            } else {
                // Also one that was resolved: it begins anew.
                alerts[labels] = Alert(
                    labels: labels,
                    annotations: finding.annotations,
                    value: finding.value,
                    state: .pending,
                    activeAt: time
                )
            }
        }
        for labels in Array(alerts.keys) {
            guard var alert = alerts[labels] else { continue }
            let isGone = found[labels] == nil
            if isGone, !AlertingState.keepsFiring(&alert, at: time, rule) {
                let isOver = alert.resolvedAt.map { time.milliseconds - $0.milliseconds > resolvedRetention } ?? false
                if alert.state == .pending || isOver {
                    alerts[labels] = nil
                    continue
                }
                if alert.state == .firing {
                    alert.state = .inactive
                    alert.resolvedAt = time
                }
            } else if alert.state == .pending, time.milliseconds - alert.activeAt.milliseconds >= rule.holdDuration {
                alert.state = .firing
                alert.firedAt = time
            }
            alerts[labels] = alert
        }
    }

    /// Whether `keep_firing_for` holds an alert whose condition does not.
    private static func keepsFiring(_ alert: inout Alert, at time: Timestamp, _ rule: Rule) -> Bool {
        guard alert.state == .firing, rule.keepFiringFor > 0 else { return false }
        let since = alert.keepFiringSince ?? time
        alert.keepFiringSince = since
        return time.milliseconds - since.milliseconds < rule.keepFiringFor
    }

    /// The alerts that are to be told at the time of an evaluation; they count as sent then.
    ///
    /// - Parameter resendDelay: milliseconds after which an alert is told again.
    mutating func takeDue(at time: Timestamp, resendDelay: Int64) -> [Alert] {
        var due: [Alert] = []
        for labels in Array(alerts.keys) {
            guard let alert = alerts[labels], alert.needsSending(at: time, resendDelay: resendDelay) else { continue }
            alerts[labels]?.lastSentAt = time
            due.append(alert)
        }
        return due.sorted { $0.labels < $1.labels }
    }

    /// Forgets what was resolved so long ago that it is not told any more, and what of it is alive elsewhere.
    mutating func expire(at time: Timestamp, resolvedRetention: Int64, living: Set<Labels>) {
        for (labels, alert) in alerts {
            alerts[labels]?.clamp(to: time)
            let isOver = alert.resolvedAt.map { time.milliseconds - $0.milliseconds > resolvedRetention } ?? false
            if isOver || living.contains(labels) { alerts[labels] = nil }
        }
    }

    /// Ends what fires; for a rule that is taken away.
    mutating func resolveAll(at time: Timestamp) {
        for labels in Array(alerts.keys) {
            if alerts[labels]?.state == .firing {
                alerts[labels]?.state = .inactive
                alerts[labels]?.resolvedAt = time
            } else if alerts[labels]?.state == .pending {
                alerts[labels] = nil
            }
        }
    }
}

extension Alert {
    /// Takes back times that lie ahead, after the clock was set back.
    fileprivate mutating func clamp(to time: Timestamp) {
        if activeAt > time { activeAt = time }
        if let at = firedAt, at > time { firedAt = time }
        if let at = resolvedAt, at > time { resolvedAt = time }
        if let at = keepFiringSince, at > time { keepFiringSince = time }
        // Before the next resolving, so that this is told.
        if let at = lastSentAt, at >= time { lastSentAt = Timestamp(milliseconds: time.milliseconds - 1) }
    }

    /// Whether it is to be told now. Source: Prometheus, `rules/alerting.go`, `needsSending`.
    fileprivate func needsSending(at time: Timestamp, resendDelay: Int64) -> Bool {
        if state == .pending { return false }
        guard let lastSentAt else { return true }
        if let resolvedAt, resolvedAt > lastSentAt { return true }
        return lastSentAt.milliseconds + resendDelay < time.milliseconds
    }

    /// `ALERTS` and `ALERTS_FOR_STATE`, which tell queries, and the next process, of the alert.
    func samples(at time: Timestamp) -> [RuleSample] {
        let forState = labels.changing([("__name__", "ALERTS_FOR_STATE")])
        let alerts = labels.changing([("__name__", "ALERTS"), ("alertstate", state.rawValue)])
        return [
            RuleSample(labels: alerts, time: time, value: 1),
            RuleSample(labels: forState, time: time, value: (activeAt.seconds).rounded(.down)),
        ]
    }
}
