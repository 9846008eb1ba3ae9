// SPDX-License-Identifier: Apache-2.0

extension NativeHistogram {
    /// The observations of at most `limit`: `histogram </ limit`.
    ///
    /// A bucket that the limit cuts keeps the share that interpolation gives it, exponential or, in the zero bucket and
    /// custom buckets, linear. Of a bucket without a finite bound nothing can be said: it is kept or goes as a whole.
    /// When anything goes, count and sum are made anew of the buckets' counts and middles; else nothing changes.
    ///
    /// Source: Prometheus, `FloatHistogram.TrimBuckets`; `promql/promqltest/testdata/native_histograms.test`.
    public func trimmed(above limit: Double) -> NativeHistogram { trimmed(at: limit, keepsLower: true) }

    /// The observations greater than `limit`: `histogram >/ limit`. As ``trimmed(above:)``.
    public func trimmed(below limit: Double) -> NativeHistogram { trimmed(at: limit, keepsLower: false) }

    private func trimmed(at limit: Double, keepsLower: Bool) -> NativeHistogram {
        var trimmed = self
        var kept = KeptShares()
        NativeHistogram.forEachPosition(positiveSpans, positiveBuckets.count) { index, position in
            let bucket = positiveBucket(index, count: positiveBuckets[position])
            let interpolation = usesCustomBuckets ? Interpolation.linear : .exponential
            trimmed.positiveBuckets[position] = kept.add(bucket, limit, keepsLower: keepsLower, interpolation)
        }
        NativeHistogram.forEachPosition(negativeSpans, negativeBuckets.count) { index, position in
            let bucket = negativeBucket(index, count: negativeBuckets[position])
            trimmed.negativeBuckets[position] = kept.add(bucket, limit, keepsLower: keepsLower, .exponential)
        }
        if !usesCustomBuckets, zeroCount != 0 {
            trimmed.zeroCount = kept.addZeroBucket(zeroBucketInUse, limit, keepsLower: keepsLower)
        }
        if !kept.hasCut { return self }
        trimmed.count = kept.count
        trimmed.sum = kept.sum
        trimmed.compact()
        return trimmed
    }

    /// The zero bucket, which with buckets on one side only is taken to hold nothing of the other side.
    package var zeroBucketInUse: Bucket {
        endingAtZero(zeroBucket)
    }

    /// A bucket with 0 in it that ends there, where no bucket is on the other side.
    package func endingAtZero(_ bucket: Bucket) -> Bucket {
        var bucket = bucket
        if negativeBuckets.isEmpty, !positiveBuckets.isEmpty { bucket.lower = 0 }
        if positiveBuckets.isEmpty, !negativeBuckets.isEmpty { bucket.upper = 0 }
        return bucket
    }

    private static func forEachPosition(_ spans: [Span], _ count: Int, _ body: (Int32, Int) -> Void) {
        var index: Int32 = 0
        var position = 0
        for span in spans {
            index &+= span.offset
            for _ in 0..<min(Int(span.length), count - position) {
                body(index, position)
                index &+= 1
                position += 1
            }
        }
    }

    /// How observations are taken to be spread in a bucket.
    private enum Interpolation {
        case linear
        case exponential
    }

    /// What is kept of the buckets so far.
    private struct KeptShares {
        var count: Double = 0
        var sum: Double = 0
        /// Whether any bucket lost something.
        var hasCut = false

        private mutating func keep(_ count: Double, of bucket: Bucket, middle: Double) -> Double {
            if count != bucket.count { hasCut = true }
            self.count += count
            if count != 0 { sum += count * middle }
            return count
        }

        /// Adds the share of a bucket but the zero bucket; gives its count.
        mutating func add(
            _ bucket: Bucket,
            _ limit: Double,
            keepsLower: Bool,
            _ interpolation: Interpolation
        ) -> Double {
            let (lower, upper) = (bucket.lower, bucket.upper)
            if keepsLower ? upper <= limit : lower >= limit {
                return keep(bucket.count, of: bucket, middle: Self.middle(lower, upper, interpolation))
            }
            guard keepsLower ? lower < limit : upper > limit else { return keep(0, of: bucket, middle: 0) }
            if lower == -.infinity {
                // A first custom bucket with a positive bound is taken to begin at 0.
                if upper > 0, upper < .infinity, keepsLower ? limit > 0 : limit >= 0 {
                    let share = keepsLower ? limit / upper : 1 - limit / upper
                    return keep(bucket.count * share, of: bucket, middle: (limit + (keepsLower ? 0 : upper)) / 2)
                }
                return keep(keepsLower && upper <= 0 ? bucket.count : 0, of: bucket, middle: limit)
            }
            if upper == .infinity { return keep(keepsLower ? 0 : bucket.count, of: bucket, middle: limit) }
            let below = Self.shareBelow(limit, lower, upper, interpolation)
            return keepsLower
                ? keep(bucket.count * below, of: bucket, middle: Self.middle(lower, limit, interpolation))
                : keep(bucket.count * (1 - below), of: bucket, middle: Self.middle(limit, upper, interpolation))
        }

        /// Adds the share of the zero bucket; gives its count. Without a width it is above 0 as a whole, as
        /// `histogram_fraction` takes it.
        mutating func addZeroBucket(_ bucket: Bucket, _ limit: Double, keepsLower: Bool) -> Double {
            let (lower, upper) = (bucket.lower, bucket.upper)
            let below: Double
            if limit <= lower {
                below = 0
            } else if limit >= upper {
                below = 1
            } else {
                below = (limit - lower) / (upper - lower)
            }
            let middle = keepsLower ? (lower + min(limit, upper)) / 2 : (max(limit, lower) + upper) / 2
            return keep(bucket.count * (keepsLower ? below : 1 - below), of: bucket, middle: middle)
        }

        private static func shareBelow(
            _ limit: Double,
            _ lower: Double,
            _ upper: Double,
            _ interpolation: Interpolation
        ) -> Double {
            switch interpolation {
            case .linear: return (limit - lower) / (upper - lower)
            case .exponential: return exponentialShare(below: limit, lower: lower, upper: upper)
            }
        }

        /// What stands for the observations between two bounds.
        private static func middle(_ lower: Double, _ upper: Double, _ interpolation: Interpolation) -> Double {
            if lower.isInfinite {
                return upper.isInfinite ? 0 : upper > 0 ? upper / 2 : upper
            }
            if upper.isInfinite { return lower }
            switch interpolation {
            case .linear: return (lower + upper) / 2
            case .exponential:
                let mean = (lower * upper).magnitude.squareRoot()
                return lower < 0 ? -mean : mean
            }
        }
    }
}
