// SPDX-License-Identifier: Apache-2.0

/// A native histogram: observations counted in buckets whose bounds follow from a schema, or are given (schema −53).
///
/// Counts are Float64, as in Prometheus's `model/histogram/float_histogram.go`, whose rules this type follows: of an
/// exponential schema s, bucket i takes (2^(2^−s × (i−1)), 2^(2^−s × i)]; the negative buckets are the mirror image.
public struct NativeHistogram: Hashable, Sendable {
    /// What is known of whether the counter behind it was reset between the sample before and this one.
    public enum ResetHint: UInt8, Hashable, Sendable {
        /// Nothing is known; the two must be compared.
        case unknown = 0
        /// There was a reset before this one.
        case reset = 1
        /// There was none.
        case notReset = 2
        /// It is a gauge: resets mean nothing.
        case gauge = 3
    }

    /// A run of buckets that follow one another.
    public struct Span: Hashable, Sendable {
        /// Buckets left out since the end of the span before; of the first span the index of its first bucket.
        public var offset: Int32
        /// How many buckets there are.
        public var length: UInt32

        /// A span.
        public init(offset: Int32, length: UInt32) {
            self.offset = offset
            self.length = length
        }
    }

    /// The schema of histograms whose bounds are given one by one.
    public static let customBucketsSchema: Int32 = -53

    /// Whether the counter was reset before it.
    public var resetHint = ResetHint.unknown
    /// −4 to 8 for exponential buckets, ``customBucketsSchema`` for given ones.
    public var schema: Int32 = 0
    /// Observations of at most this magnitude are in the zero bucket.
    public var zeroThreshold: Double = 0
    /// What the zero bucket holds.
    public var zeroCount: Double = 0
    /// All observations, NaN ones included.
    public var count: Double = 0
    /// The sum of all observations.
    public var sum: Double = 0
    /// Where the positive buckets are.
    public var positiveSpans: [Span] = []
    /// Where the negative buckets are; none with custom buckets.
    public var negativeSpans: [Span] = []
    /// What each positive bucket holds: not cumulative, not differences.
    public var positiveBuckets: [Double] = []
    /// What each negative bucket holds.
    public var negativeBuckets: [Double] = []
    /// The upper bounds of custom buckets, ascending, without the last one, which is +Inf.
    public var customValues: [Double] = []

    /// An empty histogram.
    public init() {}

    /// Whether its bounds are given one by one.
    public var usesCustomBuckets: Bool { schema == NativeHistogram.customBucketsSchema }
}
