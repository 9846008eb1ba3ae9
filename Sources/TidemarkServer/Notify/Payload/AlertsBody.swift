// SPDX-License-Identifier: Apache-2.0

import Rules
import TimeSeries

/// The body of `POST /api/v2/alerts`.
///
/// Source: Alertmanager, `api/v2/openapi.yaml`, `postableAlerts`.
enum AlertsBody {
    /// A JSON array, one object for each notification.
    static func text(_ notifications: [AlertNotification]) -> String {
        var json = "["
        for notification in notifications {
            if json.utf8.count > 1 { json += "," }
            json += #"{"labels":"#
            appendJSON(labels: notification.labels, to: &json)
            json += #","annotations":"#
            appendJSON(labels: notification.annotations, to: &json)
            json += #","startsAt":""# + notification.startsAt.rfc3339Milliseconds
            json += #"","endsAt":""# + notification.endsAt.rfc3339Milliseconds + "\""
            // Optional, but an empty one is no URI.
            if !notification.generatorURL.isEmpty {
                json += #","generatorURL":"#
                appendJSON(notification.generatorURL, to: &json)
            }
            json += "}"
        }
        return json + "]"
    }
}

/// Appends an object of names and values, ordered by name.
func appendJSON(labels: Labels, to json: inout String) {
    json += "{"
    for (index, pair) in labels.pairs.enumerated() {
        if index > 0 { json += "," }
        appendJSON(pair.name, to: &json)
        json += ":"
        appendJSON(pair.value, to: &json)
    }
    json += "}"
}

extension Timestamp {
    /// As RFC 3339 has it, in UTC, always with three digits after the second.
    var rfc3339Milliseconds: String {
        let text = rfc3339
        return text.contains(".") ? text : text.dropLast() + ".000Z"
    }
}
