// SPDX-License-Identifier: Apache-2.0

import PromQL
import TestSupport
import TimeSeries

extension SeededRandom {
    /// Some whole number, so that sums are exact in any order.
    mutating func whole(_ range: ClosedRange<Int>) -> Double { Double(Int.random(in: range, using: &self)) }

    /// An exponential histogram of a few spans on each side.
    mutating func histogram(schema: Int32? = nil) -> NativeHistogram {
        var histogram = NativeHistogram()
        histogram.schema = schema ?? Int32.random(in: -4...8, using: &self)
        (histogram.positiveSpans, histogram.positiveBuckets) = side()
        (histogram.negativeSpans, histogram.negativeBuckets) = side()
        // The zero bucket ends where the first bucket begins, or before.
        let nearest = histogram.buckets().reduce(3) { min($0, $1.lower.magnitude, $1.upper.magnitude) }
        histogram.zeroThreshold = nearest * ([0, 0.3, 0.9, 1].randomElement(using: &self) ?? 0)
        histogram.zeroCount = whole(0...5)
        histogram.count = histogram.bucketTotal
        histogram.sum = whole(-1000...1000)
        return histogram
    }

    /// A histogram with custom bounds.
    mutating func customHistogram() -> NativeHistogram {
        var histogram = NativeHistogram()
        histogram.schema = NativeHistogram.customBucketsSchema
        histogram.customValues = (-10...20).filter { _ in Bool.random(using: &self) }.map(Double.init)
        let length = UInt32(histogram.customValues.count + 1)
        histogram.positiveSpans = [NativeHistogram.Span(offset: 0, length: length)]
        histogram.positiveBuckets = (0..<length).map { _ in whole(0...9) }
        histogram.count = histogram.bucketTotal
        histogram.sum = whole(-1000...1000)
        return histogram
    }

    private mutating func side() -> ([NativeHistogram.Span], [Double]) {
        var spans: [NativeHistogram.Span] = []
        var counts: [Double] = []
        for number in 0..<Int.random(in: 0...3, using: &self) {
            let offset = Int32.random(in: number == 0 ? -40...40 : 0...6, using: &self)
            let length = UInt32.random(in: 1...5, using: &self)
            spans.append(NativeHistogram.Span(offset: offset, length: length))
            for _ in 0..<length { counts.append(whole(0...9)) }
        }
        return (spans, counts)
    }
}

extension NativeHistogram {
    /// What all buckets hold together.
    var bucketTotal: Double { buckets().reduce(0) { $0 + $1.count } }

    /// A histogram of the test language's notation.
    init(_ notation: String) throws { self = try HistogramNotation.parse(notation) }
}
