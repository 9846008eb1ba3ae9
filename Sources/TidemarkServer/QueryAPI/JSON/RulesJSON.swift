// SPDX-License-Identifier: Apache-2.0

import Tidemark
import TimeSeries

/// Rules and alerts as the API of Prometheus shows them.
///
/// Source: Prometheus, `web/api/v1/api.go`, `RuleGroup`, `AlertingRule`, `RecordingRule`, `Alert`.
extension JSONPieces {
    /// Appends a group with its rules.
    mutating func append(_ group: GroupStatus, withAlerts: Bool) {
        append(#"{"name":"#)
        append(string: group.group.name)
        append(#","file":"#)
        append(string: group.group.file)
        append(#","rules":["#)
        for (index, rule) in group.rules.enumerated() {
            if index > 0 { append(",") }
            switch rule.rule.kind {
            case .alerting: appendAlerting(rule, withAlerts: withAlerts)
            case .recording: appendRecording(rule)
            }
        }
        append(#"],"interval":"#)
        append(number: Double(group.interval) / 1_000)
        append(#","limit":"#)
        append(group.group.limit)
        appendEvaluation(group.evaluationSeconds, group.lastEvaluation)
        append("}")
    }

    /// Appends an array of alerts.
    mutating func append(_ alerts: [Alert]) {
        append("[")
        for (index, alert) in alerts.enumerated() {
            if index > 0 { append(",") }
            append(#"{"labels":"#)
            append(labels: alert.labels)
            append(#","annotations":"#)
            append(labels: alert.annotations)
            append(#","state":"#)
            append(string: alert.state.rawValue)
            append(#","activeAt":"#)
            append(string: alert.activeAt.rfc3339)
            if let since = alert.keepFiringSince {
                append(#","keepFiringSince":"#)
                append(string: since.rfc3339)
            }
            append(#","value":"#)
            append(string: GoNumber.exponential(alert.value))
            append("}")
        }
        append("]")
    }

    private mutating func appendAlerting(_ status: RuleStatus, withAlerts: Bool) {
        let rule = status.rule
        append(#"{"state":"#)
        append(string: status.alertState)
        append(#","name":"#)
        append(string: rule.name)
        append(#","query":"#)
        append(string: rule.formattedQuery)
        append(#","duration":"#)
        append(number: Double(rule.holdDuration) / 1_000)
        append(#","keepFiringFor":"#)
        append(number: Double(rule.keepFiringFor) / 1_000)
        append(#","labels":"#)
        append(rule.labels)
        append(#","annotations":"#)
        append(rule.annotations)
        append(#","alerts":"#)
        append(withAlerts ? status.alerts : [])
        appendHealth(status)
        append(#","type":"alerting"}"#)
    }

    private mutating func appendRecording(_ status: RuleStatus) {
        append(#"{"name":"#)
        append(string: status.rule.name)
        append(#","query":"#)
        append(string: status.rule.formattedQuery)
        append(#","labels":"#)
        append(status.rule.labels)
        appendHealth(status)
        append(#","type":"recording"}"#)
    }

    private mutating func appendHealth(_ status: RuleStatus) {
        append(#","health":"#)
        append(string: status.health.rawValue)
        if let error = status.lastError {
            append(#","lastError":"#)
            append(string: error)
        }
        appendEvaluation(status.evaluationSeconds, status.lastEvaluation)
    }

    private mutating func appendEvaluation(_ seconds: Double, _ time: Timestamp?) {
        append(#","evaluationTime":"#)
        append(number: seconds)
        append(#","lastEvaluation":"#)
        // Go's time before all others, for "never".
        append(string: time?.rfc3339 ?? "0001-01-01T00:00:00Z")
    }

    private mutating func append(_ texts: [Rule.NamedTemplate]) {
        append("{")
        for (index, text) in texts.enumerated() {
            if index > 0 { append(",") }
            append(string: text.name)
            append(":")
            append(string: text.text)
        }
        append("}")
    }
}

extension RuleStatus {
    /// The state of the alert that is furthest in its life.
    fileprivate var alertState: String {
        if lastEvaluation == nil { return "unknown" }
        if alerts.contains(where: { $0.state == .firing }) { return "firing" }
        return alerts.isEmpty ? "inactive" : "pending"
    }
}
