// SPDX-License-Identifier: Apache-2.0

/// A histogram being summed with compensation: what Kahan's and Neumaier's algorithm carries beside each count.
public struct HistogramSum: Sendable {
    /// The sum so far, without compensation.
    public private(set) var histogram: NativeHistogram
    private var compensation: HistogramCompensation?

    /// Begins with a histogram.
    public init(_ histogram: NativeHistogram) { self.histogram = histogram }

    /// Adds one. (Prometheus: `FloatHistogram.KahanAdd`.)
    public mutating func add(_ other: NativeHistogram) throws(HistogramError) -> HistogramMergeNotes {
        if compensation == nil { compensation = HistogramCompensation(for: histogram) }
        return try histogram.combine(other, subtracting: false, &compensation)
    }

    /// Multiplies what was summed, and its compensation. (For incremental averages.)
    public mutating func scale(by factor: Double) {
        histogram.multiply(by: factor)
        compensate { $0 *= factor }
    }

    /// Divides what was summed, and its compensation, by a number that is not 0.
    public mutating func divide(by divisor: Double) {
        histogram.divide(by: divisor)
        compensate { $0 /= divisor }
    }

    private mutating func compensate(_ change: (inout Double) -> Void) {
        guard var parts = compensation else { return }
        compensation = nil
        change(&parts.count)
        change(&parts.sum)
        change(&parts.zeroCount)
        for position in parts.positive.indices { change(&parts.positive[position]) }
        for position in parts.negative.indices { change(&parts.negative[position]) }
        compensation = parts
    }

    /// The sum with its compensation; empty buckets are taken out.
    public var total: NativeHistogram {
        var total = histogram
        if let compensation {
            total.count += compensation.count
            total.sum += compensation.sum
            total.zeroCount += compensation.zeroCount
            for (position, part) in compensation.positive.enumerated() { total.positiveBuckets[position] += part }
            for (position, part) in compensation.negative.enumerated() { total.negativeBuckets[position] += part }
        }
        total.compact()
        return total
    }
}

/// The average of histograms: a sum that is divided at the end, or, from where the sum would overflow, an average that
/// is carried on.
///
/// Source: Prometheus, `promql/functions.go`, `funcAvgOverTime`; the same as the aggregation `avg`.
public struct HistogramMean: Sendable {
    private var sum: HistogramSum
    private var count: Double = 1
    private var isIncremental = false

    /// Begins with a histogram.
    public init(_ histogram: NativeHistogram) { sum = HistogramSum(histogram) }

    /// Takes one more in. After an error the average is of no use.
    public mutating func add(_ other: NativeHistogram) throws(HistogramError) -> HistogramMergeNotes {
        count += 1
        if !isIncremental {
            // Far below the greatest number no sum can overflow, and none need be kept.
            if sum.histogram.isFarFromOverflow, other.isFarFromOverflow { return try sum.add(other) }
            var next = sum
            let notes = try next.add(other)
            if !next.histogram.hasOverflow {
                sum = next
                return notes
            }
            isIncremental = true
            sum.divide(by: count - 1)
        }
        sum.scale(by: (count - 1) / count)
        var share = other
        share.divide(by: count)
        return try sum.add(share)
    }

    /// The average.
    public var value: NativeHistogram {
        if isIncremental { return sum.total }
        var mean = sum
        mean.divide(by: count)
        return mean.total
    }
}

extension NativeHistogram {
    /// Whether thousands of such histograms can be added before a count overflows.
    fileprivate var isFarFromOverflow: Bool {
        let limit = 1e300
        return count.magnitude < limit && sum.magnitude < limit && zeroCount.magnitude < limit
            && positiveBuckets.allSatisfy { $0.magnitude < limit }
            && negativeBuckets.allSatisfy { $0.magnitude < limit }
    }
}
