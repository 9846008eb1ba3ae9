// SPDX-License-Identifier: Apache-2.0

/// The samples of one histogram or gauge histogram at one time, and whether they fit together (OpenMetrics 1.0,
/// "Histogram" and "GaugeHistogram").
struct HistogramPoint {
    private var bound: Double?
    private var inBuckets = 0.0
    private var hasNegativeBound = false
    private var count: Double?
    private var sum: Double?
    private var gaugeSum: Double?
    private var isEmpty = true

    mutating func add(_ sample: OpenMetricsSample, _ suffix: String) throws(SyntaxFault) {
        isEmpty = false
        switch suffix {
        case "_bucket": try addBucket(sample)
        case "_count", "_gcount": count = sample.value
        case "_sum": sum = sample.value
        case "_gsum": gaugeSum = sample.value
        default: break
        }
    }

    private mutating func addBucket(_ sample: OpenMetricsSample) throws(SyntaxFault) {
        guard let text = sample["le"], let bound = decimal(text), !bound.isNaN else {
            throw SyntaxFault("a bucket without a number as label le")
        }
        guard bound != .infinity || text == "+Inf" else { throw SyntaxFault("le=\"\(text)\" is not spelled +Inf") }
        if let below = self.bound {
            guard bound > below else { throw SyntaxFault("the buckets are not in the order of their bounds") }
        }
        guard sample.value >= inBuckets else { throw SyntaxFault("a bucket has less than the one before it") }
        self.bound = bound
        inBuckets = sample.value
        if bound < 0 { hasNegativeBound = true }
    }

    /// - Throws: what is missing or does not fit, once all samples of the time are there.
    func check() throws(SyntaxFault) {
        if isEmpty { return }
        guard bound == .infinity else { throw SyntaxFault("a histogram without its bucket le=\"+Inf\"") }
        if let count, count != inBuckets { throw SyntaxFault("a histogram's count differs from its +Inf bucket") }
        guard (count == nil) == (sum == nil && gaugeSum == nil) else {
            throw SyntaxFault("a histogram has a sum and a count, or neither")
        }
        if hasNegativeBound, sum != nil { throw SyntaxFault("a histogram with negative bounds has a sum") }
        if !hasNegativeBound, let gaugeSum, gaugeSum < 0 {
            throw SyntaxFault("a gauge histogram without negative bounds has a negative sum")
        }
    }
}
