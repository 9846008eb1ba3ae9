// SPDX-License-Identifier: Apache-2.0

extension NativeHistogram {
    /// What the zero bucket would hold if it went up to `threshold`, at least the present one; further up where that
    /// would cut a bucket that is not empty.
    ///
    /// Source: Prometheus, `zeroCountForLargerThreshold`.
    func zeroBucket(widenedTo threshold: Double) -> (count: Double, threshold: Double) {
        var threshold = threshold
        while true {
            var count = zeroCount
            let reached = threshold
            // The positive side may move the threshold, the negative one may move it again: then from the start.
            absorb(positiveSpans, positiveBuckets, &threshold, &count)
            let positiveReached = threshold
            absorb(negativeSpans, negativeBuckets, &threshold, &count)
            // Also a threshold that is not a number moves no more.
            if !(threshold > positiveReached) { return (count, threshold) }
            assert(threshold > reached, "a zero bucket only grows")
        }
    }

    /// Adds the buckets of one side that begin below the threshold.
    private func absorb(_ spans: [Span], _ counts: [Double], _ threshold: inout Double, _ count: inout Double) {
        var index: Int32 = 0
        var position = 0
        for span in spans {
            index &+= span.offset
            for _ in 0..<span.length {
                guard position < counts.count else { return }
                if NativeHistogram.bound(index &- 1, schema: schema) >= threshold { return }
                count += counts[position]
                let upper = NativeHistogram.bound(index, schema: schema)
                if upper > threshold {
                    if counts[position] != 0 { threshold = upper }
                    return
                }
                index &+= 1
                position += 1
            }
        }
    }

    /// How many buckets of one side begin below the zero threshold.
    func bucketsInZeroBucket(_ side: SparseBuckets) -> Int {
        side.indices.firstIndex { NativeHistogram.bound($0 &- 1, schema: schema) >= zeroThreshold }
            ?? side.indices.count
    }
}
