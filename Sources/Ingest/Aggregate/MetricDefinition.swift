// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// Which events feed one metric, and with which labels. Read from `rules/metrics/*.yml` or made in code.
public struct MetricDefinition: Hashable, Sendable {
    /// The metric name; a counter's ends in `_total`, and no other's does.
    public var name: String
    /// One sentence for the HELP line.
    public var help: String
    /// What kind of series it makes; not `samples`.
    public var kind: MetricFamily.Kind
    /// The event types that feed it; not empty.
    public var events: [String]
    /// Fields that must have exactly these values for an event to count.
    public var conditions: [String: String]
    /// The field to add up, set, observe or count the values of, or the first present of several. A counter counts one
    /// for each event when it is empty; every other kind needs one. An event without any of them does not feed the
    /// metric.
    public var valueFields: [String]
    /// Of a histogram: the upper bounds of its buckets, inclusive, ascending, finite, 1...200. Else empty.
    public var buckets: [Double]
    /// The fields that become labels of the same names. A missing field is an absent label.
    public var labels: [String]
    /// How many series it may have. Beyond it events count in the one series `{overflow="true"}`.
    public var maxSeries: Int
    /// For how long its history is kept; nil: as long as the store keeps anything.
    public var retention: Duration?

    /// How many series a definition may have unless it says otherwise.
    public static let defaultMaxSeries = 100_000

    /// Most buckets of a histogram, the one of +Inf left out.
    public static let mostBuckets = 200

    /// A definition.
    public init(
        name: String,
        help: String,
        kind: MetricFamily.Kind = .counter,
        events: [String],
        where conditions: [String: String] = [:],
        value valueFields: [String] = [],
        buckets: [Double] = [],
        labels: [String] = [],
        maxSeries: Int = defaultMaxSeries,
        retention: Duration? = nil
    ) {
        self.name = name
        self.help = help
        self.kind = kind
        self.events = events
        self.conditions = conditions
        self.valueFields = valueFields
        self.buckets = buckets
        self.labels = labels
        self.maxSeries = maxSeries
        self.retention = retention
    }

    /// The family of its series.
    public var family: MetricFamily {
        let unit: MetricFamily.Unit =
            switch kind {
            case .counter: valueFields.isEmpty ? .one : .micro
            case .histogram: .micro
            case .gauge, .distinct, .samples: .one
            }
        return MetricFamily(name: name, help: help, kind: kind, unit: unit, bounds: buckets)
    }
}
