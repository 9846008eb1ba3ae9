// SPDX-License-Identifier: Apache-2.0

import PromQL
import Tidemark
import TimeSeries

/// What makes a store large: the names with the most series, and the labels with the most values.
struct Cardinality {
    /// A name and a number.
    struct Count: Equatable, Sendable {
        var name: String
        var value: Int
    }

    /// Metric names by their series, the most first.
    private(set) var seriesByName: [Count] = []
    /// Label names by their values, the most first.
    private(set) var valuesByLabel: [Count] = []
    /// Label names by the bytes of their values, the most first.
    private(set) var bytesByLabel: [Count] = []
    /// Pairs of label and value.
    private(set) var labelPairs = 0

    /// Names beyond so many are not looked at, so that a strange store costs no more than a strange query.
    private static let mostNames = 10_000

    /// Counts in the index; no sample is read.
    ///
    /// - Parameter limit: how long each list may be.
    /// - Complexity: O(metric names × look-up + label values).
    init(of source: any SeriesSource, limit: Int, _ work: QueryWork) throws {
        let all = SeriesSelection([], from: .earliest, through: .latest)
        for name in try source.labelValues("__name__", all, limit: Cardinality.mostNames).values {
            try work.checkpoint()
            let matcher = try LabelMatcher("__name__", .equal, name)
            let set = try source.select(SeriesSelection([matcher], from: .earliest, through: .latest))
            seriesByName.append(Count(name: name, value: set.count))
        }
        for label in try source.labelNames(all, limit: Cardinality.mostNames).values {
            try work.checkpoint()
            let values = try source.labelValues(label, all, limit: .max).values
            labelPairs += values.count
            valuesByLabel.append(Count(name: label, value: values.count))
            bytesByLabel.append(Count(name: label, value: values.reduce(0) { $0 + $1.utf8.count }))
        }
        seriesByName = Cardinality.most(seriesByName, limit)
        valuesByLabel = Cardinality.most(valuesByLabel, limit)
        bytesByLabel = Cardinality.most(bytesByLabel, limit)
    }

    private static func most(_ counts: [Count], _ limit: Int) -> [Count] {
        Array(counts.sorted { ($1.value, $0.name) < ($0.value, $1.name) }.prefix(limit))
    }
}
