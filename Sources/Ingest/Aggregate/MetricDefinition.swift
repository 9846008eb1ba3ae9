// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// Which events feed one metric, and with which labels. Read from `rules/metrics/*.yml` or made in code.
public struct MetricDefinition: Hashable, Sendable {
    /// The metric name; a counter's ends in `_total`.
    public var name: String
    /// One sentence for the HELP line.
    public var help: String
    /// What kind of series it makes.
    public var kind: MetricFamily.Kind
    /// The event types that feed it; not empty.
    public var events: [String]
    /// Fields that must have exactly these values for an event to count.
    public var conditions: [String: String]
    /// The field to add up, or the first present of several; one for each event when empty.
    public var valueFields: [String]
    /// The fields that become labels of the same names. A missing field is an absent label.
    public var labels: [String]
    /// How many series it may have. Beyond it events count in the one series `{overflow="true"}`.
    public var maxSeries: Int

    /// How many series a definition may have unless it says otherwise.
    public static let defaultMaxSeries = 100_000

    /// A counter.
    public init(
        name: String,
        help: String,
        events: [String],
        where conditions: [String: String] = [:],
        value valueFields: [String] = [],
        labels: [String] = [],
        maxSeries: Int = defaultMaxSeries
    ) {
        self.name = name
        self.help = help
        self.kind = .counter
        self.events = events
        self.conditions = conditions
        self.valueFields = valueFields
        self.labels = labels
        self.maxSeries = maxSeries
    }

    /// The family of its series.
    public var family: MetricFamily {
        MetricFamily(name: name, help: help, kind: kind, unit: valueFields.isEmpty ? .one : .micro)
    }
}
