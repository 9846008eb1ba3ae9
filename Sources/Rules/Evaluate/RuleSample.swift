// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// A sample that a rule makes.
public struct RuleSample: Sendable {
    /// The labels, `__name__` among them.
    public let labels: Labels
    /// The time that was asked for.
    public let time: Timestamp
    /// The value; the staleness marker says that the rule no longer gives the series.
    public let value: Double
    /// The histogram, when the value is one.
    public let histogram: NativeHistogram?

    /// A sample.
    public init(labels: Labels, time: Timestamp, value: Double, histogram: NativeHistogram? = nil) {
        self.labels = labels
        self.time = time
        self.value = value
        self.histogram = histogram
    }
}
