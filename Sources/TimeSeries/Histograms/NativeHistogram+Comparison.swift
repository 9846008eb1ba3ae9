// SPDX-License-Identifier: Apache-2.0

extension NativeHistogram {
    /// Whether they hold the same, empty buckets left aside and hints not looked at. (Prometheus: `Equals`, for which
    /// histograms are compacted before.) Numbers are the same when their bits are.
    public func hasSameContents(as other: NativeHistogram) -> Bool {
        schema == other.schema && count.bitPattern == other.count.bitPattern
            && sum.bitPattern == other.sum.bitPattern && customValues == other.customValues
            && zeroThreshold == other.zeroThreshold && zeroCount.bitPattern == other.zeroCount.bitPattern
            && NativeHistogram.match(positiveSpans, positiveBuckets, other.positiveSpans, other.positiveBuckets)
            && NativeHistogram.match(negativeSpans, negativeBuckets, other.negativeSpans, other.negativeBuckets)
    }

    private static func match(_ spans: [Span], _ counts: [Double], _ others: [Span], _ otherCounts: [Double]) -> Bool {
        if spans == others {
            return counts.count == otherCounts.count
                && zip(counts, otherCounts).allSatisfy { $0.bitPattern == $1.bitPattern || ($0 == 0 && $1 == 0) }
        }
        var left = SparseBuckets(spans, counts)
        var right = SparseBuckets(others, otherCounts)
        left.compact(maximumGap: 0)
        right.compact(maximumGap: 0)
        return left.indices == right.indices
            && zip(left.counts, right.counts).allSatisfy { $0.bitPattern == $1.bitPattern }
    }

    /// Whether the counter was reset between `previous` and this one: some count has become less, or a bucket has gone
    /// that held something. The hint decides where it knows. The sum does not count: it may go down.
    ///
    /// A finer schema or a narrower zero bucket come only with a reset; a coarser schema or a wider zero bucket are
    /// undone in thought before the comparison. (Prometheus: `DetectReset`.)
    ///
    /// - Complexity: O(buckets of both); without allocation when the layouts are the same.
    public func isReset(since previous: NativeHistogram) -> Bool {
        if resetHint == .reset { return true }
        if resetHint == .notReset { return false }
        if count < previous.count { return true }
        if usesCustomBuckets != previous.usesCustomBuckets { return true }
        if usesCustomBuckets {
            if customValues != previous.customValues { return isResetInCommonBounds(since: previous) }
            return NativeHistogram.isReset(
                positiveSpans,
                positiveBuckets,
                previous.positiveSpans,
                previous.positiveBuckets,
                shift: 0,
                0,
                schema
            )
        }
        if schema > previous.schema || zeroThreshold < previous.zeroThreshold { return true }
        if zeroThreshold == previous.zeroThreshold {
            if zeroCount < previous.zeroCount { return true }
        } else {
            let widened = previous.zeroBucket(widenedTo: zeroThreshold)
            if widened.threshold != zeroThreshold || zeroCount < widened.count { return true }
        }
        let shift = previous.schema - schema
        return NativeHistogram.isReset(
            positiveSpans,
            positiveBuckets,
            previous.positiveSpans,
            previous.positiveBuckets,
            shift: shift,
            zeroThreshold,
            schema
        )
            || NativeHistogram.isReset(
                negativeSpans,
                negativeBuckets,
                previous.negativeSpans,
                previous.negativeBuckets,
                shift: shift,
                zeroThreshold,
                schema
            )
    }

    private static func isReset(
        _ spans: [Span],
        _ counts: [Double],
        _ previousSpans: [Span],
        _ previousCounts: [Double],
        shift: Int32,
        _ threshold: Double,
        _ schema: Int32
    ) -> Bool {
        if previousCounts.isEmpty { return false }
        if shift == 0, spans == previousSpans, counts.count == previousCounts.count,
            threshold == 0 || spans.isEmpty || bound(spans[0].offset, schema: schema) > threshold
        {
            for position in counts.indices where counts[position] < previousCounts[position] { return true }
            return false
        }
        let current = SparseBuckets(spans, counts)
        var previous = SparseBuckets(previousSpans, previousCounts)
        previous.drop(upTo: threshold, schema: schema + shift)
        previous.reduce(by: shift)
        for (index, before) in zip(previous.indices, previous.counts) {
            if let now = current.count(at: index) {
                if now < before { return true }
            } else if before != 0 {
                return true
            }
        }
        return false
    }

    /// Custom bounds differ: whether a count between bounds that both have went down.
    private func isResetInCommonBounds(since previous: NativeHistogram) -> Bool {
        let bounds = NativeHistogram.commonBounds(customValues, previous.customValues)
        var now = SparseBuckets(positiveSpans, positiveBuckets)
        now.map(from: customValues, to: bounds)
        var before = SparseBuckets(previous.positiveSpans, previous.positiveBuckets)
        before.map(from: previous.customValues, to: bounds)
        return zip(before.indices, before.counts).contains { (now.count(at: $0) ?? 0) < $1 }
    }
}
