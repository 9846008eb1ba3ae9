// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A value of a template: one of the types of Go that Prometheus gives to templates, and that its functions give back.
enum TemplateValue: Sendable {
    /// No value: a nil, or what is missing in a map of `args`.
    case none
    case bool(Bool)
    /// Go's int.
    case integer(Int64)
    /// Go's float64.
    case float(Double)
    /// Go's string.
    case text(String)
    /// Go's map[string]string.
    case labels(Labels)
    /// What `args` makes: Go's map[string]interface {}.
    case map(TemplateMap)
    /// What `query` answers.
    case vector([TemplateScope.Sample])
    /// An element of that.
    case sample(TemplateScope.Sample)
    /// What `toTime` makes: Go's *time.Time.
    case moment(TemplateMoment)
    /// What `toDuration` makes, in nanoseconds: Go's *time.Duration.
    case span(Int64)
    /// Go's time.Weekday, 0 for Sunday, and time.Month, 1 for January.
    case weekday(Int64)
    case month(Int64)
    /// The dot that an expansion begins with.
    case alert(TemplateAlert)
}

/// What `args` makes: `arg0`, `arg1` and so on, ordered by name.
struct TemplateMap: Sendable {
    let pairs: [(name: String, value: TemplateValue)]
    /// How many maps are within each other, this one counted.
    let depth: Int

    subscript(name: String) -> TemplateValue? { pairs.first { areSameBytes($0.name, name) }?.value }
}

/// What the dot of an alert has as fields.
final class TemplateAlert: Sendable {
    let labels: Labels
    let externalLabels: Labels
    let externalURL: String
    let value: Double

    init(_ scope: TemplateScope) {
        labels = scope.labels
        externalLabels = scope.externalLabels
        externalURL = scope.externalURL
        value = scope.value
    }

    /// In the order of Prometheus's struct.
    var fields: [(name: String, value: TemplateValue)] {
        [
            ("Labels", .labels(labels)), ("ExternalLabels", .labels(externalLabels)),
            ("ExternalURL", .text(externalURL)), ("Value", .float(value)),
        ]
    }
}

extension TemplateScope.Sample {
    /// In the order of Prometheus's struct.
    var fields: [(name: String, value: TemplateValue)] { [("Labels", .labels(labels)), ("Value", .float(value))] }
}

extension TemplateValue {
    /// As `if` and `and` see it: not the zero of its type, not empty. Structs and times are true.
    ///
    /// Source: Go, text/template, IsTrue.
    var isTrue: Bool {
        switch self {
        case .none: false
        case .bool(let value): value
        case .integer(let value), .weekday(let value), .month(let value): value != 0
        case .float(let value): value != 0
        case .text(let text): !text.isEmpty
        case .labels(let labels): !labels.pairs.isEmpty
        case .map(let map): !map.pairs.isEmpty
        case .vector(let samples): !samples.isEmpty
        case .sample, .moment, .span, .alert: true
        }
    }

    /// As Go calls the type.
    var typeName: String {
        switch self {
        case .none: "<nil>"
        case .bool: "bool"
        case .integer: "int"
        case .float: "float64"
        case .text: "string"
        case .labels: "map[string]string"
        case .map: "map[string]interface {}"
        case .vector: "template.queryResult"
        case .sample: "*template.sample"
        case .moment: "*time.Time"
        case .span: "*time.Duration"
        case .weekday: "time.Weekday"
        case .month: "time.Month"
        case .alert:
            "struct { Labels map[string]string; ExternalLabels map[string]string; ExternalURL string; Value float64 }"
        }
    }

    /// The text of what has a String method in Go.
    var ownText: String? {
        switch self {
        case .moment(let moment): moment.description
        case .span(let nanoseconds): GoDuration.text(nanoseconds)
        case .weekday(let day): TemplateMoment.weekdays[Int(clamping: day) % 7]
        case .month(let month): TemplateMoment.months[(Int(clamping: month) + 11) % 12]
        default: nil
        }
    }

    var isNone: Bool {
        if case .none = self { true } else { false }
    }

    /// The number of what is an integer in Go.
    var wholeNumber: Int64? {
        switch self {
        case .integer(let value), .weekday(let value), .month(let value), .span(let value): value
        default: nil
        }
    }

    /// Bytes that it is about, for counting steps.
    var weight: Int {
        switch self {
        case .text(let text): text.utf8.count
        case .vector(let samples): samples.count * 16
        case .map(let map): map.pairs.count * 32
        default: 0
        }
    }
}
