// SPDX-License-Identifier: Apache-2.0

/// The distribution of one feature in a baseline: bins, and how many values were in each.
public struct FeatureBaseline: Sendable, Equatable {
    /// The feature's name.
    public var name: String
    /// What the bins are.
    public var bins: Bins
    /// Values in each bin, in the order of the bins; the last of a categorical feature is `other`.
    public var counts: [UInt64]
    /// Values that were missing: empty, null or not a number.
    public var missing: UInt64

    /// How values fall into bins.
    public enum Bins: Sendable, Equatable {
        /// Ranges of numbers.
        ///
        /// - upperBounds: of every bin but the last, which has none; ascending, finite, inclusive.
        /// - positions: for each bin the mean of the finite values in it. Of a bin without values the middle between
        ///   its bounds; its bound, where it has one; or 0.
        /// - standardDeviation: of all finite values, of the population.
        case numeric(upperBounds: [Double], positions: [Double], standardDeviation: Double)
        /// Values that have a bin of their own, the most frequent first. `other` is always the bin behind them.
        case categories([String])
    }

    /// A feature's distribution.
    ///
    /// - Precondition: there is a count for each bin, and, of a numeric feature, a position.
    public init(name: String, bins: Bins, counts: [UInt64], missing: UInt64) {
        switch bins {
        case .numeric(let upperBounds, let positions, _):
            precondition(counts.count == upperBounds.count + 1 && positions.count == counts.count, "bins without count")
        case .categories(let values):
            precondition(counts.count == values.count + 1, "bins without count")
        }
        self.name = name
        self.bins = bins
        self.counts = counts
        self.missing = missing
    }

    /// Values that were not missing.
    public var observations: UInt64 { counts.reduce(0, &+) }

    /// The share of the observations that is in each bin; 0 everywhere without observations.
    public var ratios: [Double] {
        let observations = Double(observations)
        return counts.map { observations == 0 ? 0 : Double($0) / observations }
    }

    /// The share of all values that were missing; 0 when there were none at all.
    public var missingRatio: Double {
        let all = Double(observations) + Double(missing)
        return all == 0 ? 0 : Double(missing) / all
    }

    /// The value of the label `bin` for each bin: `01` to `20` in the order of numbers, or the category, then `other`.
    public var binLabels: [String] {
        switch bins {
        case .numeric: (1...counts.count).map { ($0 < 10 ? "0" : "") + String($0) }
        case .categories(let values): values + [Baseline.otherBin]
        }
    }

    /// Where each bin of a numeric feature lies, in standard deviations from 0; nil for a categorical one. A feature that
    /// is constant has no deviation: its positions are as they are.
    public var normalisedPositions: [Double]? {
        guard case .numeric(_, let positions, let deviation) = bins else { return nil }
        return deviation > 0 ? positions.map { $0 / deviation } : positions
    }
}
