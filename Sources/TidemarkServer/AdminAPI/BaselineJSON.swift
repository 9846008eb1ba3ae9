// SPDX-License-Identifier: Apache-2.0

import Tidemark

extension JSONPieces {
    /// Appends a baseline as an object.
    ///
    /// `version` is absent for a baseline of every version. A bin of numbers has `upper`, but for the last, and
    /// `position`; one of categories neither. A numeric feature has `standard_deviation`.
    mutating func append(baseline: Baseline) {
        append(#"{"model":"#)
        append(string: baseline.model)
        if let version = baseline.version {
            append(#","version":"#)
            append(string: version)
        }
        append(#","number":"#)
        append(Int(baseline.number))
        append(#","created":"#)
        append(string: baseline.created.rfc3339)
        append(#","source":"#)
        append(string: baseline.source)
        append(#","features":["#)
        for (index, feature) in baseline.features.enumerated() {
            if index > 0 { append(",") }
            append(feature: feature)
        }
        append("]}")
    }

    private mutating func append(feature: FeatureBaseline) {
        append(#"{"name":"#)
        append(string: feature.name)
        append(#","missing":"#)
        append(Int(clamping: feature.missing))
        var upperBounds: [Double] = []
        var positions: [Double]?
        if case .numeric(let bounds, let means, let deviation) = feature.bins {
            upperBounds = bounds
            positions = means
            append(#","standard_deviation":"#)
            append(number: deviation)
        }
        append(#","bins":["#)
        for (index, label) in feature.binLabels.enumerated() {
            if index > 0 { append(",") }
            append(#"{"bin":"#)
            append(string: label)
            if index < upperBounds.count {
                append(#","upper":"#)
                append(number: upperBounds[index])
            }
            if let positions {
                append(#","position":"#)
                append(number: positions[index])
            }
            append(#","count":"#)
            append(Int(clamping: feature.counts[index]))
            append("}")
        }
        append("]}")
    }
}
