// SPDX-License-Identifier: Apache-2.0

/// The buckets of a classic histogram at one step: upper bounds, ascending, each once, with how many observations are
/// at most that. One value serves for many histograms, so that its memory is allocated once.
///
/// Source: Prometheus, `promql/quantile.go`, `BucketQuantile` and `BucketFraction`.
package struct ClassicBuckets {
    private var bounds: [Double] = []
    private var counts: [Double] = []

    /// Counts that went down from one bucket to the next, and were lifted.
    package struct Fix: Equatable {
        /// The least bound of a lifted count.
        package var lowest = Double.infinity
        /// The greatest bound of a lifted count.
        package var highest = -Double.infinity
        /// By how much one was lifted at most.
        package var difference: Double = 0
    }

    /// Differences between neighbours that are less than this share of their sum come from rounding.
    private static let tolerance = 1e-12

    package init() {}

    package var isEmpty: Bool { bounds.isEmpty }

    package mutating func removeAll() {
        bounds.removeAll(keepingCapacity: true)
        counts.removeAll(keepingCapacity: true)
    }

    /// Adds a bucket. One of the bound before (`0.2` and `2e-1`) is added to it.
    ///
    /// - Precondition: `bound` is not less than the one before.
    package mutating func append(bound: Double, count: Double) {
        if bounds.last == bound {
            counts[counts.count - 1] += count
        } else {
            bounds.append(bound)
            counts.append(count)
        }
    }

    /// The value below which a share of the observations is, as if they were spread evenly in each bucket: from 0 in the
    /// first when its bound is positive. In the last the greatest finite bound.
    ///
    /// Lifts counts that went down.
    ///
    /// - Returns: NaN without observations, without the bucket +Inf, or with that alone; −Inf or +Inf of a quantile
    ///   that is less than 0 or more than 1.
    package mutating func quantile(_ quantile: Double) -> (value: Double, fix: Fix?) {
        if quantile.isNaN { return (.nan, nil) }
        if quantile < 0 { return (-.infinity, nil) }
        if quantile > 1 { return (.infinity, nil) }
        guard let last = bounds.last, last == .infinity else { return (.nan, nil) }
        let fix = makeMonotonic()
        guard bounds.count >= 2, counts[counts.count - 1] != 0 else { return (.nan, fix) }
        var rank = quantile * counts[counts.count - 1]
        var low = 0
        var high = bounds.count - 1
        while low < high {
            let middle = (low + high) / 2
            if counts[middle] >= rank { high = middle } else { low = middle + 1 }
        }
        if low == bounds.count - 1 { return (bounds[low - 1], fix) }
        if low == 0, bounds[0] <= 0 { return (bounds[0], fix) }
        var start: Double = 0
        var count = counts[low]
        if low > 0 {
            start = bounds[low - 1]
            count -= counts[low - 1]
            rank -= counts[low - 1]
        }
        return (start + (bounds[low] - start) * (rank / count), fix)
    }

    /// Lifts each count to the one before; what differs from it by rounding alone becomes equal to it.
    private mutating func makeMonotonic() -> Fix? {
        var fix: Fix?
        var previous = counts[0]
        for index in counts.indices.dropFirst() {
            let count = counts[index]
            if count == previous { continue }
            if ApproximateEquality.holds(previous, count, tolerance: ClassicBuckets.tolerance) {
                counts[index] = previous
            } else if count < previous {
                counts[index] = previous
                var lifted = fix ?? Fix()
                lifted.lowest = min(lifted.lowest, bounds[index])
                lifted.highest = max(lifted.highest, bounds[index])
                lifted.difference = max(lifted.difference, previous - count)
                fix = lifted
            } else {
                previous = count
            }
        }
        return fix
    }

    /// Which share of the observations is between two values. Buckets without a finite bound have nothing between.
    ///
    /// - Returns: NaN without observations, without the bucket +Inf, or when a value is NaN.
    package func fraction(from lower: Double, to upper: Double) -> Double {
        guard let last = bounds.last, last == .infinity else { return .nan }
        let total = counts[counts.count - 1]
        if total == 0 || lower.isNaN || upper.isNaN { return .nan }
        if lower >= upper { return 0 }
        var ranks = FractionRanks(lower: lower, upper: upper)
        var bucketLower: Double = bounds[0] > 0 ? 0 : -.infinity
        var below: Double = 0
        for (bound, count) in zip(bounds, counts) {
            let isDone = ranks.visit(bucketLower, bound, below: below) { value in
                bucketLower == -.infinity
                    ? count : below + (count - below) * (value - bucketLower) / (bound - bucketLower)
            }
            if isDone { break }
            below = count
            bucketLower = bound
        }
        return ranks.between(atMost: total) / total
    }
}

/// How many observations are below each of two values, found while buckets go by in ascending order.
struct FractionRanks {
    let lower: Double
    let upper: Double
    private var lowerRank: Double?
    private var upperRank: Double?

    init(lower: Double, upper: Double) {
        self.lower = lower
        self.upper = upper
    }

    /// Looks at one bucket, before which there are `below` observations; `rank` tells how many are below a value in it.
    /// True when both are found.
    mutating func visit(_ from: Double, _ to: Double, below: Double, _ rank: (Double) -> Double) -> Bool {
        if lowerRank == nil, from >= lower { lowerRank = below }
        if upperRank == nil, from >= upper { upperRank = below }
        if lowerRank == nil, from < lower, to > lower { lowerRank = rank(lower) }
        if upperRank == nil, from < upper, to > upper { upperRank = rank(upper) }
        return lowerRank != nil && upperRank != nil
    }

    /// How many are between; a value behind the last bucket has all below it.
    func between(atMost total: Double) -> Double {
        FractionRanks.cut(upperRank, total) - FractionRanks.cut(lowerRank, total)
    }

    private static func cut(_ rank: Double?, _ total: Double) -> Double {
        guard let rank, !(rank > total) else { return total }
        return rank
    }
}
