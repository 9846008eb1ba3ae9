// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TimeSeries

extension SeriesIndex {
    /// The family of a series.
    func metricFamily(of id: SeriesID) -> MetricFamily {
        let index: Int = family(of: id)
        return state.withLock { $0.families[index] }
    }

    /// Why a family cannot be made known, or nil when it can: a metric name belongs to one kind.
    func refusal(of family: MetricFamily) -> String? {
        if let known = self.family(named: family.name) {
            if known.kind != family.kind {
                return "'\(family.name)' is \(known.kind.phrase) and cannot become \(family.kind.phrase); "
                    + "use another name"
            }
            if known.unit != family.unit {
                return "'\(family.name)' is a sum of \(known.unit == .one ? "events" : "values"); a metric keeps its "
                    + "unit, so define the other one under another name"
            }
            if known.bounds != family.bounds {
                return "'\(family.name)' has other buckets; a histogram keeps its buckets, so define the other one "
                    + "under another name"
            }
            return nil
        }
        if family.kind == .histogram {
            for name in family.readNames {
                if let other = self.family(named: name) {
                    return "the histogram '\(family.name)' would be read as '\(name)', which is \(other.kind.phrase)"
                }
            }
        }
        for suffix in ["_bucket", "_sum", "_count"] where family.name.hasSuffix(suffix) {
            let base = String(family.name.dropLast(suffix.count))
            if let other = self.family(named: base), other.kind == .histogram {
                return "'\(family.name)' is read from the histogram '\(base)'"
            }
        }
        return nil
    }
}

extension MetricFamily.Kind {
    /// What a series of the kind is called in an error.
    var phrase: String {
        switch self {
        case .counter: "a counter of events"
        case .gauge: "a gauge of events"
        case .histogram: "a histogram of events"
        case .distinct: "a distinct count of events"
        case .samples: "a sample series"
        }
    }
}
