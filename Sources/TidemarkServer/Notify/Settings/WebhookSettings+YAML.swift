// SPDX-License-Identifier: Apache-2.0

import TimeSeries
import YAML

extension WebhookSettings {
    private static let keys = EndpointSettings.keys.union([
        "name", "group_by", "group_wait", "group_interval", "repeat_interval", "send_resolved", "match", "max_alerts",
        "headers", "header_files", "idempotency_header", "cooldown",
    ])

    /// Reads one element of the key `webhooks`.
    init(yaml: YAMLValue, folder: String) throws(FileError) {
        let members = try yaml.mapping(keys: WebhookSettings.keys)
        guard let name = members["name"] else { throw yaml.fault("the key 'name' is missing") }
        self.init(name: try name.string(), url: "")
        endpoint = try EndpointSettings(members: members, of: yaml, folder: folder)
        try endpoint.readHeaders(members, folder: folder)
        if let value = members["idempotency_header"] {
            let header = try value.string()
            try endpoint.check(header: header, at: value)
            idempotencyHeader = header
        }
        try readGrouping(members)
        try readTimes(members)
    }

    private mutating func readGrouping(_ members: [String: YAMLValue]) throws(FileError) {
        if let value = members["group_by"] {
            groupBy = []
            for element in try value.sequence() {
                let label = try element.string()
                guard !groupBy.contains(label) else { throw element.fault("'\(label)' is given twice") }
                groupBy.append(label)
            }
            guard groupBy == ["..."] || !groupBy.contains("...") else {
                throw value.fault("'...' stands for all labels, and alone")
            }
        }
        for (label, value) in try members["match"]?.pairs() ?? [] {
            guard match[label] == nil else { throw value.fault("'\(label)' is given twice") }
            match[label] = try value.string()
        }
        if let value = members["send_resolved"] { sendsResolved = try flag(value) }
        if let value = members["max_alerts"] {
            maximumAlerts = try value.integer()
            guard maximumAlerts >= 0 else { throw value.fault("the number of alerts is not negative") }
        }
    }

    private mutating func readTimes(_ members: [String: YAMLValue]) throws(FileError) {
        if let value = members["group_wait"] { groupWait = try durationOrNone(value) }
        if let value = members["cooldown"] { cooldown = try durationOrNone(value) }
        if let value = members["group_interval"] { groupInterval = try value.duration() }
        if let value = members["repeat_interval"] { repeatInterval = try value.duration() }
    }

    /// A duration that may be `0s`.
    private func durationOrNone(_ value: YAMLValue) throws(FileError) -> Duration {
        try ["0", "0s"].contains(value.string()) ? .zero : value.duration()
    }
}
