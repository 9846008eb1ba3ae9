// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// What two histograms were put together for; the raw value ends the texts about it.
package enum HistogramOperation: String, Sendable {
    case addition
    case subtraction
    case aggregation
}

// The texts about histograms. Source: Prometheus, `util/annotations/annotations.go`.
extension Annotations {
    package mutating func warnOfBucketLabel(_ value: String, metric: String, at position: SourceRange?) {
        let text = "bucket label \"le\" is missing or has a malformed value of \(QuotedText.string(value))"
        warn(text + suffix(metric), at: position)
    }

    package mutating func warnOfClassicAndNative(metric: String, at position: SourceRange?) {
        warn("vector contains a mix of classic and native histograms" + suffix(metric), at: position)
    }

    package mutating func warnOfMixedSchemas(metric: String, at position: SourceRange?) {
        let text = "vector contains a mix of histograms with exponential and custom buckets schemas for metric name"
        warn("\(text) \(QuotedText.string(metric))", at: position)
    }

    package mutating func warnOfMixedSamples(at position: SourceRange?) {
        warn("encountered a mix of histograms and floats for aggregation", at: position)
    }

    package mutating func warnOfGauge(metric: String, at position: SourceRange?) {
        warn("this native histogram metric is not a counter: \(QuotedText.string(metric))", at: position)
    }

    package mutating func warnOfCounter(metric: String, at position: SourceRange?) {
        warn("this native histogram metric is not a gauge: \(QuotedText.string(metric))", at: position)
    }

    package mutating func warnOfCollidingResets(_ operation: HistogramOperation, at position: SourceRange?) {
        warn("conflicting counter resets during histogram \(operation.rawValue)", at: position)
    }

    package mutating func informOfReconciledBounds(_ operation: HistogramOperation, at position: SourceRange?) {
        inform("mismatched custom buckets were reconciled during \(operation.rawValue)", at: position)
    }

    package mutating func informOfNaNResult(metric: String, at position: SourceRange?) {
        inform("input to histogram_quantile has NaN observations, result is NaN" + suffix(metric), at: position)
    }

    package mutating func informOfNaNSkew(metric: String, at position: SourceRange?) {
        inform(
            "input to histogram_quantile has NaN observations, result is skewed higher" + suffix(metric),
            at: position
        )
    }

    package mutating func informOfNaNFraction(metric: String, at position: SourceRange?) {
        let text = "input to histogram_fraction has NaN observations, which are excluded from all fractions"
        inform(text + suffix(metric), at: position)
    }

    /// The end of a text that names the metric where its name is known.
    func suffix(_ metric: String) -> String { metric.isEmpty ? "" : " for metric name \(QuotedText.string(metric))" }
}
