// SPDX-License-Identifier: Apache-2.0

import YAML

extension ClassField {
    private static let keys: Set<String> = ["name", "event", "label", "score", "threshold"]

    /// Reads one class; `docs/metrics.md` explains the keys.
    init(_ value: YAMLValue) throws(FileError) {
        let members = try value.mapping(keys: ClassField.keys)
        self.init(
            name: try value.requiredText("name", members),
            event: try value.requiredText("event", members),
            label: try value.requiredText("label", members),
            score: try members["score"].map { score throws(FileError) in try score.string() },
            threshold: try members["threshold"].map { threshold throws(FileError) in try threshold.number() } ?? 0.5
        )
        if members["threshold"] != nil, score == nil { throw value.fault("'threshold' goes with 'score'") }
    }
}
