// SPDX-License-Identifier: Apache-2.0

/// What compensated summation carries beside the counts of a histogram: one number for each of them.
struct HistogramCompensation: Sendable {
    var count: Double = 0
    var sum: Double = 0
    var zeroCount: Double = 0
    /// As long as the histogram's positive buckets.
    var positive: [Double]
    /// As long as the histogram's negative buckets.
    var negative: [Double]

    init(for histogram: NativeHistogram) {
        positive = Array(repeating: 0, count: histogram.positiveBuckets.count)
        negative = Array(repeating: 0, count: histogram.negativeBuckets.count)
    }
}

extension NativeHistogram {
    /// Adds or subtracts, with or without compensation.
    ///
    /// The buckets become those that either has; nothing is compacted.
    ///
    /// Source: Prometheus, `Add`, `Sub` and `KahanAdd`.
    ///
    /// - Complexity: O(buckets of both); without allocation when the layouts are the same.
    mutating func combine(
        _ other: NativeHistogram,
        subtracting: Bool,
        _ compensation: inout HistogramCompensation?
    ) throws(HistogramError) -> HistogramMergeNotes {
        if usesCustomBuckets != other.usesCustomBuckets { throw .mixedSchemas }
        var notes: HistogramMergeNotes = reconcileHints(other) ? .resetHintsCollide : []
        let sign: Double = subtracting ? -1 : 1
        var otherZeroCount = other.zeroCount
        if !usesCustomBuckets, other.zeroThreshold != zeroThreshold {
            otherZeroCount = reconcileZeroBuckets(other, &compensation)
        }
        if var parts = compensation {
            compensation = nil  // so that its arrays stay with one owner
            accumulate(sign * other.count, &count, &parts.count)
            accumulate(sign * other.sum, &sum, &parts.sum)
            if !usesCustomBuckets { accumulate(sign * otherZeroCount, &zeroCount, &parts.zeroCount) }
            compensation = parts
        } else {
            count += sign * other.count
            sum += sign * other.sum
            if !usesCustomBuckets { zeroCount += sign * otherZeroCount }
        }
        if usesCustomBuckets, customValues != other.customValues {
            notes.insert(.boundsReconciled)
            let bounds = NativeHistogram.commonBounds(customValues, other.customValues)
            var left = SparseBuckets(positiveSpans, positiveBuckets, compensations: compensation?.positive)
            left.map(from: customValues, to: bounds)
            var right = SparseBuckets(other.positiveSpans, other.positiveBuckets)
            right.map(from: other.customValues, to: bounds)
            left.add(right, subtracting: subtracting)
            positiveSpans = left.spans
            positiveBuckets = left.counts
            compensation?.positive = left.compensations
            customValues = bounds
            return notes
        }
        let coarser = min(schema, other.schema)
        let cuts = (mine: schema - coarser, others: other.schema - coarser)
        schema = coarser
        let threshold = usesCustomBuckets ? 0 : zeroThreshold
        // Moved out, so that the arrays are changed in place.
        var positive = compensation?.positive
        var negative = compensation?.negative
        compensation?.positive = []
        compensation?.negative = []
        NativeHistogram.combine(
            &positiveSpans,
            &positiveBuckets,
            &positive,
            other.positiveSpans,
            other.positiveBuckets,
            cuts,
            threshold,
            schema,
            sign
        )
        NativeHistogram.combine(
            &negativeSpans,
            &negativeBuckets,
            &negative,
            other.negativeSpans,
            other.negativeBuckets,
            cuts,
            threshold,
            schema,
            sign
        )
        if let positive { compensation?.positive = positive }
        if let negative { compensation?.negative = negative }
        return notes
    }

    /// One side: reduces both to the coarser schema and adds the second to the first, but for buckets that the zero
    /// bucket holds. Compensated when there are compensations.
    private static func combine(
        _ spans: inout [Span],
        _ counts: inout [Double],
        _ compensations: inout [Double]?,
        _ otherSpans: [Span],
        _ otherCounts: [Double],
        _ cuts: (mine: Int32, others: Int32),
        _ threshold: Double,
        _ schema: Int32,
        _ sign: Double
    ) {
        if otherCounts.isEmpty, cuts.mine == 0 { return }
        // Fast path: the same layout, nothing to reduce, the zero bucket ends before the first bucket's bound.
        if cuts.mine == 0, cuts.others == 0, spans == otherSpans, counts.count == otherCounts.count,
            threshold == 0 || spans.isEmpty || bound(spans[0].offset, schema: schema) > threshold
        {
            if var parts = compensations {
                compensations = nil
                for position in counts.indices {
                    accumulate(sign * otherCounts[position], &counts[position], &parts[position])
                }
                compensations = parts
            } else {
                for position in counts.indices { counts[position] += sign * otherCounts[position] }
            }
            return
        }
        var left = SparseBuckets(spans, counts, compensations: compensations)
        left.reduce(by: cuts.mine)
        var right = SparseBuckets(
            otherSpans,
            otherCounts,
            compensations: compensations != nil && cuts.others > 0 ? Array(repeating: 0, count: otherCounts.count) : nil
        )
        // What the zero bucket holds goes out at the schema at which it was counted there: a coarser bucket may reach
        // across the threshold, and would count twice. (Prometheus reduces first, and there counts it twice.)
        right.drop(upTo: threshold, schema: schema + cuts.others)
        right.reduce(by: cuts.others)
        left.add(right, subtracting: sign < 0)
        spans = left.spans
        counts = left.counts
        if compensations != nil { compensations = left.compensations }
    }

    /// Widens the zero bucket until it ends at a bucket's bound of both, or between buckets. Gives what the zero bucket
    /// of the other would then hold.
    private mutating func reconcileZeroBuckets(
        _ other: NativeHistogram,
        _ compensation: inout HistogramCompensation?
    ) -> Double {
        var otherZero = (count: other.zeroCount, threshold: other.zeroThreshold)
        // A threshold that is not a number fits nowhere: it is left as it is.
        while otherZero.threshold > zeroThreshold || otherZero.threshold < zeroThreshold {
            if zeroThreshold > otherZero.threshold { otherZero = other.zeroBucket(widenedTo: zeroThreshold) }
            if otherZero.threshold > zeroThreshold { widenZeroBucket(to: otherZero.threshold, &compensation) }
        }
        return otherZero.count
    }

    /// Moves buckets into the zero bucket.
    private mutating func widenZeroBucket(to threshold: Double, _ compensation: inout HistogramCompensation?) {
        zeroThreshold = zeroBucket(widenedTo: threshold).threshold
        var zeroCompensation = compensation?.zeroCount ?? 0
        var positive = SparseBuckets(positiveSpans, positiveBuckets, compensations: compensation?.positive)
        var negative = SparseBuckets(negativeSpans, negativeBuckets, compensations: compensation?.negative)
        let covered = (positive: bucketsInZeroBucket(positive), negative: bucketsInZeroBucket(negative))
        for (side, count) in [(positive, covered.positive), (negative, covered.negative)] {
            for position in 0..<count {
                if compensation == nil {
                    zeroCount += side.counts[position]
                } else {
                    accumulate(side.counts[position], &zeroCount, &zeroCompensation)
                    accumulate(side.compensations[position], &zeroCount, &zeroCompensation)
                }
            }
        }
        positive.dropFirst(covered.positive)
        negative.dropFirst(covered.negative)
        positiveSpans = positive.spans
        positiveBuckets = positive.counts
        negativeSpans = negative.spans
        negativeBuckets = negative.counts
        compensation?.zeroCount = zeroCompensation
        compensation?.positive = positive.compensations
        compensation?.negative = negative.compensations
    }

    /// Makes one hint of two; says whether one had a reset and the other none.
    private mutating func reconcileHints(_ other: NativeHistogram) -> Bool {
        switch (resetHint, other.resetHint) {
        case (let mine, let others) where mine == others: return false
        case (.gauge, _), (_, .gauge):
            resetHint = .gauge
            return false
        case (.unknown, _), (_, .unknown):
            resetHint = .unknown
            return false
        default:
            resetHint = .unknown
            return true
        }
    }

    /// The bounds that both have.
    static func commonBounds(_ left: [Double], _ right: [Double]) -> [Double] {
        var bounds: [Double] = []
        var i = 0
        var j = 0
        while i < left.count, j < right.count {
            if left[i] == right[j] {
                bounds.append(left[i])
                i += 1
                j += 1
            } else if left[i] < right[j] {
                i += 1
            } else {
                j += 1
            }
        }
        return bounds
    }
}
