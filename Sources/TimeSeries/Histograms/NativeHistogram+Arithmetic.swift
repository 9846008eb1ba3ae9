// SPDX-License-Identifier: Apache-2.0

/// Why two histograms cannot be put together.
public enum HistogramError: Error, Hashable, Sendable {
    /// One has exponential buckets, the other custom ones.
    case mixedSchemas
}

/// What is to be said of an addition that succeeded.
public struct HistogramMergeNotes: OptionSet, Hashable, Sendable {
    /// The bits.
    public let rawValue: UInt8

    /// The notes of these bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// One had a counter reset, the other none.
    public static let resetHintsCollide = HistogramMergeNotes(rawValue: 1)
    /// Custom bounds differed and were reduced to those that both have.
    public static let boundsReconciled = HistogramMergeNotes(rawValue: 2)
}

extension NativeHistogram {
    /// Adds one: schemas are reduced to the coarser, zero buckets to the wider, hints reconciled. Buckets that only one
    /// has stay; empty ones are not taken out. (Prometheus: `FloatHistogram.Add`.)
    public mutating func add(_ other: NativeHistogram) throws(HistogramError) -> HistogramMergeNotes {
        var compensation: HistogramCompensation?
        return try combine(other, subtracting: false, &compensation)
    }

    /// Subtracts one, as ``add(_:)`` adds one. Whoever does it as an operation of its own makes the result a gauge.
    /// (Prometheus: `FloatHistogram.Sub`.)
    public mutating func subtract(_ other: NativeHistogram) throws(HistogramError) -> HistogramMergeNotes {
        var compensation: HistogramCompensation?
        return try combine(other, subtracting: true, &compensation)
    }

    /// Multiplies everything. A negative factor makes it a gauge. (Prometheus: `Mul`.)
    public mutating func multiply(by factor: Double) {
        zeroCount *= factor
        count *= factor
        sum *= factor
        for position in positiveBuckets.indices { positiveBuckets[position] *= factor }
        for position in negativeBuckets.indices { negativeBuckets[position] *= factor }
        if factor < 0 { resetHint = .gauge }
    }

    /// Divides everything. Division by 0 takes all buckets out, a negative divisor makes it a gauge.
    /// (Prometheus: `Div`.)
    public mutating func divide(by divisor: Double) {
        zeroCount /= divisor
        count /= divisor
        sum /= divisor
        if divisor == 0 {
            positiveSpans = []
            positiveBuckets = []
            negativeSpans = []
            negativeBuckets = []
            return
        }
        for position in positiveBuckets.indices { positiveBuckets[position] /= divisor }
        for position in negativeBuckets.indices { negativeBuckets[position] /= divisor }
        if divisor < 0 { resetHint = .gauge }
    }

    /// Takes out empty buckets; spans with at most `maximumGap` empty buckets between them stay joined, or become so.
    /// (Prometheus: `Compact`.)
    public mutating func compact(maximumGap: Int = 0) {
        NativeHistogram.compact(&positiveSpans, &positiveBuckets, maximumGap)
        NativeHistogram.compact(&negativeSpans, &negativeBuckets, maximumGap)
    }

    private static func compact(_ spans: inout [Span], _ counts: inout [Double], _ maximumGap: Int) {
        // Fast path: nothing is empty, and no span touches the one before.
        if spans.count < 2 || maximumGap == 0,
            !counts.contains(0), !spans.dropFirst().contains(where: { $0.offset == 0 }),
            !spans.contains(where: { $0.length == 0 }), counts.isEmpty == spans.isEmpty
        {
            return
        }
        var side = SparseBuckets(spans, counts)
        side.compact(maximumGap: maximumGap)
        spans = side.spans
        counts = side.counts
    }

    /// With the coarser exponential schema. (Prometheus: `CopyToSchema`.)
    ///
    /// - Precondition: both schemas are exponential, or the same, and `schema` is not finer.
    public func reduced(toSchema schema: Int32) -> NativeHistogram {
        if schema == self.schema { return self }
        precondition(!usesCustomBuckets && schema != NativeHistogram.customBucketsSchema && schema < self.schema)
        var reduced = self
        var positive = SparseBuckets(positiveSpans, positiveBuckets)
        positive.reduce(by: self.schema - schema)
        var negative = SparseBuckets(negativeSpans, negativeBuckets)
        negative.reduce(by: self.schema - schema)
        reduced.schema = schema
        reduced.positiveSpans = positive.spans
        reduced.positiveBuckets = positive.counts
        reduced.negativeSpans = negative.spans
        reduced.negativeBuckets = negative.counts
        return reduced
    }

    /// Whether a count or the sum has become infinite. (Prometheus: `HasOverflow`.)
    public var hasOverflow: Bool {
        zeroCount.isInfinite || count.isInfinite || sum.isInfinite || positiveBuckets.contains { $0.isInfinite }
            || negativeBuckets.contains { $0.isInfinite }
    }
}
