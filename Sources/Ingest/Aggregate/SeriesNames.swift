// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The names that metrics read as, and which of them are taken.
///
/// Two metrics may neither have one name on `/metrics`, where OpenMetrics leaves `_total` off, nor may a sample of one
/// have the name of a sample of the other (OpenMetrics 1.0, "MetricFamily": no name may result in a potential clash).
struct SeriesNames {
    /// Whose sample name, or whose name of a family, by the name.
    private var samples: [String: String] = [:]
    private var families: [String: String] = [:]

    /// Takes the names of a metric; or takes none, and gives the name that another metric has already, and that metric.
    mutating func take(_ definition: MetricDefinition) -> (name: String, of: String)? {
        let (family, samples) = SeriesNames.names(of: definition)
        if let other = families[family] { return (family, other) }
        for sample in samples {
            if let other = self.samples[sample] { return (sample, other) }
        }
        families[family] = definition.name
        for sample in samples { self.samples[sample] = definition.name }
        return nil
    }

    /// Ends of a histogram's name that would make it look like a part of another.
    static let histogramParts = ["_bucket", "_sum", "_count"]

    private static func names(of definition: MetricDefinition) -> (family: String, samples: [String]) {
        let name = definition.name
        switch definition.kind {
        case .counter:
            let family = name.hasSuffix("_total") ? String(name.dropLast("_total".count)) : name
            return (family, [name, family + "_created"])
        case .histogram:
            return (name, (histogramParts + ["_created"]).map { name + $0 })
        case .gauge, .distinct, .samples:
            return (name, [name])
        }
    }
}
