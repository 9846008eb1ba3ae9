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
    /// A label that says into which bin a number of the event falls; nil: none.
    public var bin: BinLabel?
    /// Counts each member of an object of the event, not the event; nil: the event.
    public var each: EachMember?
    /// What the value is computed from; nil: `valueFields` as they are. Of pairs only.
    public var measure: PairMeasure?
    /// Fields that an event has to have to count, beside those of the value.
    public var needs: [String]
    /// Of a metric of pairs or of what became of them: the join that makes them, by which the event types of `events` go.
    public var join: JoinDefinition?
    /// Fields of its events that are made from others before they are looked at.
    public var classes: [ClassField]

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
        retention: Duration? = nil,
        bin: BinLabel? = nil,
        each: EachMember? = nil,
        measure: PairMeasure? = nil,
        needs: [String] = [],
        join: JoinDefinition? = nil,
        classes: [ClassField] = []
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
        self.bin = bin
        self.each = each
        self.measure = measure
        self.needs = needs
        self.join = join
        self.classes = classes
    }

    /// The family of its series.
    public var family: MetricFamily {
        let unit: MetricFamily.Unit =
            switch kind {
            case .counter: valueFields.isEmpty && measure == nil && each?.takes != .value ? .one : .micro
            case .histogram: .micro
            case .gauge, .distinct, .samples: .one
            }
        return MetricFamily(name: name, help: help, kind: kind, unit: unit, bounds: buckets)
    }
}
