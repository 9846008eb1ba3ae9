// SPDX-License-Identifier: Apache-2.0

import TimeSeries
public import YAML

extension RemoteWriteSettings {
    private static let keys = EndpointSettings.keys.union([
        "name", "headers", "header_files", "send", "external_labels", "keep", "drop", "batch_samples", "settle", "from",
    ])

    /// Headers that the protocol sets.
    private static let reserved: Set<String> = ["user-agent", "x-prometheus-remote-write-version"]

    /// The value of the key `remote_write`.
    ///
    /// - Parameter folder: where relative paths start: empty, or ending in a slash.
    public static func list(yaml: YAMLValue, folder: String) throws(FileError) -> [RemoteWriteSettings] {
        var settings: [RemoteWriteSettings] = []
        for element in try yaml.sequence() {
            let one = try RemoteWriteSettings(yaml: element, folder: folder)
            guard !settings.contains(where: { $0.name == one.name }) else {
                throw element.fault("the receiver '\(one.name)' is given twice")
            }
            settings.append(one)
        }
        return settings
    }

    private init(yaml: YAMLValue, folder: String) throws(FileError) {
        let members = try yaml.mapping(keys: RemoteWriteSettings.keys)
        var endpoint = try EndpointSettings(members: members, of: yaml, folder: folder)
        try endpoint.readHeaders(members, folder: folder, alsoReserved: RemoteWriteSettings.reserved)
        if members["timeout"] == nil { endpoint.timeout = RemoteWriteSettings.timeout }
        let name = try members["name"]?.string() ?? EndpointURL(endpoint.url)?.printable
        guard let name, !name.isEmpty else { throw yaml.fault("the name is empty") }
        self.init(name: name, url: endpoint.url)
        self.endpoint = endpoint
        try readContent(members)
        try readTimes(members)
    }

    private mutating func readContent(_ members: [String: YAMLValue]) throws(FileError) {
        if let value = members["send"] {
            guard let known = RemoteWriteVersion(rawValue: try value.string()) else {
                throw value.fault("'\(try value.string())' is neither v1 nor v2")
            }
            version = known
        }
        if let value = members["external_labels"] {
            var labels: [(name: String, value: String)] = []
            for (name, value) in try value.pairs() {
                guard Labels.isValidName(name) else { throw value.fault("'\(name)' is not a label name") }
                if labels.contains(where: { $0.name == name }) { throw value.fault("'\(name)' is given twice") }
                labels.append((name, try value.string()))
            }
            externalLabels = Labels(labels)
        }
        if let value = members["keep"] { matchers.append(try RemoteWriteSettings.matcher(.matches, value)) }
        if let value = members["drop"] { matchers.append(try RemoteWriteSettings.matcher(.doesNotMatch, value)) }
        if let value = members["batch_samples"] {
            batchSamples = try value.integer()
            guard (1...1_000_000).contains(batchSamples) else {
                throw value.fault("a request has 1 to 1000000 samples")
            }
        }
    }

    private mutating func readTimes(_ members: [String: YAMLValue]) throws(FileError) {
        if let value = members["settle"] {
            settle = try ["0", "0s"].contains(value.string()) ? .zero : value.duration()
        }
        if let value = members["from"] {
            guard let time = Timestamp(parameter: try value.string()) else {
                throw value.fault("'\(try value.string())' is not a time such as 2026-03-01T00:00:00Z")
            }
            from = time
        }
    }

    private static func matcher(
        _ operation: LabelMatcher.Operation,
        _ value: YAMLValue
    ) throws(FileError) -> LabelMatcher {
        let pattern = try value.string()
        do throws(LabelMatcherError) {
            return try LabelMatcher("__name__", operation, pattern)
        } catch {
            throw value.fault(error.description)
        }
    }
}
