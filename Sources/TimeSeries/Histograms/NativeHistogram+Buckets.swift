// SPDX-License-Identifier: Apache-2.0

import Glibc

extension NativeHistogram {
    /// One bucket as a reader sees it.
    public struct Bucket: Hashable, Sendable {
        /// Its lower bound; −Inf of the first custom bucket.
        public var lower: Double
        /// Its upper bound; +Inf of the last custom bucket.
        public var upper: Double
        /// Whether an observation of the lower bound is in it.
        public var lowerInclusive: Bool
        /// Whether an observation of the upper bound is in it.
        public var upperInclusive: Bool
        /// Its observations.
        public var count: Double

        /// A bucket.
        public init(lower: Double, upper: Double, lowerInclusive: Bool, upperInclusive: Bool, count: Double) {
            self.lower = lower
            self.upper = upper
            self.lowerInclusive = lowerInclusive
            self.upperInclusive = upperInclusive
            self.count = count
        }
    }

    /// All buckets in ascending order, empty ones that are stored included; the zero bucket when something is in it.
    ///
    /// A bucket that overlaps with the zero bucket begins, or ends, at the zero threshold. (Prometheus:
    /// `AllBucketIterator`.)
    ///
    /// - Complexity: O(buckets).
    public func buckets() -> [Bucket] {
        var buckets: [Bucket] = []
        appendBuckets(to: &buckets)
        return buckets
    }

    /// ``buckets()`` behind what is in an array already, so that a loop over histograms allocates once.
    public func appendBuckets(to buckets: inout [Bucket]) {
        buckets.reserveCapacity(buckets.count + negativeBuckets.count + positiveBuckets.count + 1)
        let first = buckets.count
        forEachNegative { index, count in
            var bucket = negativeBucket(index, count: count)
            if bucket.upper < 0, bucket.upper > -zeroThreshold { bucket.upper = -zeroThreshold }
            buckets.append(bucket)
        }
        buckets[first...].reverse()
        if zeroCount > 0, !usesCustomBuckets { buckets.append(zeroBucket) }
        forEachPositive { index, count in
            var bucket = positiveBucket(index, count: count)
            if bucket.lower > 0, bucket.lower < zeroThreshold { bucket.lower = zeroThreshold }
            buckets.append(bucket)
        }
    }

    /// The bucket of what is close to zero.
    var zeroBucket: Bucket {
        Bucket(
            lower: -zeroThreshold,
            upper: zeroThreshold,
            lowerInclusive: true,
            upperInclusive: true,
            count: zeroCount
        )
    }

    /// The bucket of an index among the positive ones, or among the custom ones.
    func positiveBucket(_ index: Int32, count: Double) -> Bucket {
        if usesCustomBuckets {
            return Bucket(
                lower: customBound(Int(index) - 1),
                upper: customBound(Int(index)),
                lowerInclusive: index == 0,
                upperInclusive: true,
                count: count
            )
        }
        let lower = NativeHistogram.bound(index &- 1, schema: schema)
        let upper = NativeHistogram.bound(index, schema: schema)
        return Bucket(lower: lower, upper: upper, lowerInclusive: false, upperInclusive: true, count: count)
    }

    /// The bucket of an index among the negative ones.
    func negativeBucket(_ index: Int32, count: Double) -> Bucket {
        let lower = -NativeHistogram.bound(index, schema: schema)
        let upper = -NativeHistogram.bound(index &- 1, schema: schema)
        return Bucket(lower: lower, upper: upper, lowerInclusive: true, upperInclusive: false, count: count)
    }

    /// Calls with index and count of each stored positive bucket, in ascending order of the index.
    func forEachPositive(_ body: (Int32, Double) -> Void) {
        NativeHistogram.forEach(positiveSpans, positiveBuckets, body)
    }

    /// Calls with index and count of each stored negative bucket, in ascending order of the index: away from zero.
    func forEachNegative(_ body: (Int32, Double) -> Void) {
        NativeHistogram.forEach(negativeSpans, negativeBuckets, body)
    }

    private static func forEach(_ spans: [Span], _ counts: [Double], _ body: (Int32, Double) -> Void) {
        var index: Int32 = 0
        var position = 0
        for span in spans {
            index &+= span.offset
            for _ in 0..<span.length {
                guard position < counts.count else { return }
                body(index, counts[position])
                index &+= 1
                position += 1
            }
        }
    }

    /// The upper bound of a custom bucket: −Inf before the first, +Inf behind the last.
    func customBound(_ index: Int) -> Double {
        index < 0 ? -.infinity : index < customValues.count ? customValues[index] : .infinity
    }

    /// The upper bound of the positive bucket of an index: 2^(2^−schema × index), but for the last one that holds finite
    /// numbers, whose bound is the greatest of them.
    ///
    /// Source: Prometheus, `model/histogram/generic.go`, `getBoundExponential`.
    package static func bound(_ index: Int32, schema: Int32) -> Double {
        if schema >= 0, schema <= 8 {
            let fraction = boundFractions[Int(index & ((1 << schema) - 1)) << Int(8 - schema)]
            let exponent = Int(index >> schema) + 1
            if fraction == 0.5, exponent == 1025 { return .greatestFiniteMagnitude }
            return scalbn(fraction, Int32(exponent))
        }
        let exponent = Double(index) * exp2(-Double(schema))
        return exponent == 1024 ? .greatestFiniteMagnitude : exp2(exponent)
    }

    /// The 256 bounds from 0.5 up to 1 of schema 8, among which are those of the coarser schemas.
    private static let boundFractions: [Double] = (0..<256).map { exp2(Double($0) / 256) / 2 }
}
