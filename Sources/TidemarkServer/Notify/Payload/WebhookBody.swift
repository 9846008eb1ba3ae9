// SPDX-License-Identifier: Apache-2.0

import Rules
import TimeSeries

/// The body of a webhook's request: Alertmanager's, version 4.
///
/// Source: Alertmanager, `notify/webhook/webhook.go`, `Message`, and `template/template.go`, `Data`.
struct WebhookBody {
    /// The webhook's name.
    var receiver: String
    var notice: GroupNotice
    /// The group's key.
    var groupKey: String
    /// Where Tidemark itself can be looked at.
    var externalURL: String
    /// The most alerts that are listed; 0: all.
    var maximumAlerts = 0

    /// JSON.
    var text: String {
        let listed = maximumAlerts > 0 ? Array(notice.members.prefix(maximumAlerts)) : notice.members
        var json = #"{"receiver":"#
        appendJSON(receiver, to: &json)
        // Of the group, listed or not.
        json += #","status":""# + status(isResolved: !notice.isFiring) + #"","alerts":["#
        for (index, member) in listed.enumerated() {
            if index > 0 { json += "," }
            append(member, to: &json)
        }
        json += #"],"groupLabels":"#
        appendJSON(labels: notice.group, to: &json)
        json += #","commonLabels":"#
        appendJSON(labels: common(listed.map(\.notification.labels)), to: &json)
        json += #","commonAnnotations":"#
        appendJSON(labels: common(listed.map(\.notification.annotations)), to: &json)
        json += #","externalURL":"#
        appendJSON(externalURL, to: &json)
        json += #","version":"4","groupKey":"#
        appendJSON(groupKey, to: &json)
        json += #","truncatedAlerts":"# + String(notice.members.count - listed.count) + "}"
        return json
    }

    private func append(_ member: GroupNotice.Member, to json: inout String) {
        let notification = member.notification
        json += #"{"status":""# + status(isResolved: member.isResolved) + #"","labels":"#
        appendJSON(labels: notification.labels, to: &json)
        json += #","annotations":"#
        appendJSON(labels: notification.annotations, to: &json)
        json += #","startsAt":""# + notification.startsAt.rfc3339
        // Go's zero time stands for an end that is not known.
        let end = member.isResolved ? notification.endsAt.rfc3339 : "0001-01-01T00:00:00Z"
        json += #"","endsAt":""# + end + #"","generatorURL":"#
        appendJSON(notification.generatorURL, to: &json)
        json += #","fingerprint":""# + LabelFingerprint(notification.labels).description + "\"}"
    }

    private func status(isResolved: Bool) -> String { isResolved ? "resolved" : "firing" }

    /// The pairs that all have.
    private func common(_ sets: [Labels]) -> Labels {
        guard let first = sets.first else { return [:] }
        let pairs = first.pairs.filter { pair in sets.allSatisfy { $0.pairs.contains(pair) } }
        return Labels(ordered: pairs.map { (name: $0.name, value: $0.value) })
    }
}
