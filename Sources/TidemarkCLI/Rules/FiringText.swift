// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Rules
import Tidemark
import TidemarkServer
import TimeSeries

/// The alerts of a replay as text.
struct FiringText {
    private let firings: [RuleReplay.Firing]

    init(_ firings: [RuleReplay.Firing]) {
        self.firings = firings
    }

    /// A line for each alert under a heading; nothing when none fired.
    var table: String {
        if firings.isEmpty { return "" }
        let heading = ["alert", "labels", "active at", "fired at", "resolved at", "value"]
        let rows =
            [heading]
            + firings.map { firing in
                [
                    firing.alert, firing.labels.changing([("alertname", "")]).description, firing.activeAt.rfc3339,
                    firing.firedAt.rfc3339, firing.resolvedAt?.rfc3339 ?? "-", GoNumber.general(firing.value),
                ]
            }
        var widths = [Int](repeating: 0, count: heading.count)
        for row in rows {
            for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.count) }
        }
        return rows.map { row in
            row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }.joined(separator: "  ") + "\n"
        }.joined()
    }

    /// An array with an object for each alert.
    var json: String {
        var json = JSONPieces()
        json.append("[")
        for (index, firing) in firings.enumerated() {
            if index > 0 { json.append(",") }
            json.append(#"{"alert":"#)
            json.append(string: firing.alert)
            json.append(#","labels":"#)
            json.append(labels: firing.labels)
            json.append(#","activeAt":"#)
            json.append(string: firing.activeAt.rfc3339)
            json.append(#","firedAt":"#)
            json.append(string: firing.firedAt.rfc3339)
            json.append(#","resolvedAt":"#)
            if let resolved = firing.resolvedAt { json.append(string: resolved.rfc3339) } else { json.append("null") }
            json.append(#","value":"#)
            // Only finite numbers have a form in JSON.
            if firing.value.isFinite { json.append(number: firing.value) } else { json.append("null") }
            json.append("}")
        }
        json.append("]\n")
        return json.finish().map { String(buffer: $0) }.joined()
    }
}
