// SPDX-License-Identifier: Apache-2.0

import TimeSeries

// What there is to remark, in Prometheus's words (`util/annotations/annotations.go`), which tools search for.
extension Annotations {
    /// `rate` and its like of a series that is not named as counters are.
    package mutating func notCounter(_ name: String, at position: SourceRange) {
        inform(
            "metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \(QuotedText.string(name))",
            at: position
        )
    }

    /// A quantile outside of 0...1.
    package mutating func invalidQuantile(_ quantile: Double, at position: SourceRange) {
        warn("quantile value should be between 0 and 1, got \(GoNumber.general(quantile))", at: position)
    }

    /// A window with numbers and histograms, for a function that cannot put them together.
    package mutating func mixedFloatsHistograms(_ name: String, at position: SourceRange) {
        warn("encountered a mix of histograms and floats for metric name \(QuotedText.string(name))", at: position)
    }

    /// A window with numbers and histograms, for a function that looks at numbers only.
    package mutating func histogramsIgnoredInRange(_ name: String, at position: SourceRange) {
        inform(
            "ignored histograms in a range containing both floats and histograms for metric name "
                + QuotedText.string(name),
            at: position
        )
    }

    /// A start timestamp before the sample before.
    package mutating func startTimeOverlap(_ name: String, at position: SourceRange) {
        warn(
            "sample has start time that overlaps with previous sample timestamp for metric \(QuotedText.string(name))",
            at: position
        )
    }
}
