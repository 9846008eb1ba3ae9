// SPDX-License-Identifier: Apache-2.0

import TimeSeries
import YAML

extension MetricDefinition {
    private static let keys: Set<String> = [
        "name", "help", "type", "events", "where", "value", "buckets", "labels", "max_series", "retention", "bin",
        "each",
        "measure", "needs",
    ]

    /// Reads one definition.
    init(_ value: YAMLValue) throws(FileError) {
        let members = try value.mapping(keys: MetricDefinition.keys)
        func required(_ key: String) throws(FileError) -> YAMLValue {
            guard let member = members[key] else { throw value.fault("the key '\(key)' is missing") }
            return member
        }
        let nameValue = try required("name")
        let kind = try MetricDefinition.kind(required("type"))
        let name = try MetricDefinition.name(nameValue, kind)
        let eventsValue = try required("events")
        let events = try eventsValue.strings()
        guard !events.isEmpty, Set(events).count == events.count, !events.contains("") else {
            throw eventsValue.fault("'events' lists one or more event types, each once")
        }
        var conditions: [String: String] = [:]
        if let whereValue = members["where"] {
            for (field, wanted) in try whereValue.pairs() { conditions[field] = try wanted.string() }
        }
        var valueFields: [String] = []
        let each = try members["each"].map { value throws(FileError) in try EachMember(value) }
        let measure = try members["measure"].map { value throws(FileError) in try PairMeasure(value) }
        let isValueNeeded = kind != .counter && each == nil && measure == nil
        if (each != nil || measure != nil), let other = members["value"] {
            throw other.fault("'value' goes neither with 'each' nor with 'measure'")
        }
        if let fieldsValue = isValueNeeded ? try required("value") : members["value"] {
            valueFields = try fieldsValue.strings()
            guard !valueFields.isEmpty, !valueFields.contains("") else {
                throw fieldsValue.fault("'value' names a field, or several of which the first present counts")
            }
        }
        var buckets: [Double] = []
        if kind == .histogram {
            buckets = try MetricDefinition.buckets(required("buckets"))
        } else if let bucketsValue = members["buckets"] {
            throw bucketsValue.fault("only a histogram has buckets")
        }
        let labels = try members["labels"].map { value throws(FileError) in try MetricDefinition.labels(value) } ?? []
        var maxSeries = MetricDefinition.defaultMaxSeries
        if let limit = members["max_series"] {
            maxSeries = try limit.integer()
            guard (1...100_000_000).contains(maxSeries) else { throw limit.fault("max_series is 1 to 100000000") }
        }
        let retention = try members["retention"].map { value throws(FileError) in try value.duration() }
        let helpValue = try required("help")
        let help = try helpValue.string()
        guard !help.isEmpty else { throw helpValue.fault("'help' is one sentence for the HELP line") }
        self.init(
            name: name,
            help: help,
            kind: kind,
            events: events,
            where: conditions,
            value: valueFields,
            buckets: buckets,
            labels: labels,
            maxSeries: maxSeries,
            retention: retention,
            bin: try members["bin"].map { value throws(FileError) in try BinLabel(value) },
            each: each,
            measure: measure,
            needs: try members["needs"].map { value throws(FileError) in try value.strings() } ?? []
        )
        if let bin, kind != .counter || each != nil || labels.contains(BinLabel.label) {
            throw value.fault("'bin' of '\(bin.field)' makes the label 'bin' of a counter")
        }
        if let each {
            let isFitting = each.takes == .value ? kind != .distinct : kind == .counter
            guard isFitting else {
                let kinds = each.takes == .value ? "a counter, a gauge or a histogram" : "a counter"
                throw value.fault("'each' that takes '\(each.takes.rawValue)' is of \(kinds)")
            }
            let own = [each.label] + (each.takes == .bin ? [EachMember.baselineLabel, BinLabel.label] : [])
            if let twice = own.first(where: { labels.contains($0) })
                ?? own.dropFirst().first(where: { $0 == each.label })
            {
                throw value.fault("the label '\(twice)' is given twice")
            }
        }
    }

    // MARK: - Members

    private static func kind(_ value: YAMLValue) throws(FileError) -> MetricFamily.Kind {
        let type = try value.string()
        switch type {
        case "counter": return .counter
        case "gauge": return .gauge
        case "histogram": return .histogram
        case "distinct": return .distinct
        default: throw value.fault("type '\(type)' is not known; there are counter, gauge, histogram and distinct")
        }
    }

    /// The name of a gauge that a mapping has.
    static func name(
        of kind: MetricFamily.Kind,
        _ value: YAMLValue,
        _ members: [String: YAMLValue]
    ) throws(FileError) -> String {
        guard let member = members["name"] else { throw value.fault("the key 'name' is missing") }
        return try name(member, kind)
    }

    private static func name(_ value: YAMLValue, _ kind: MetricFamily.Kind) throws(FileError) -> String {
        let name = try value.string()
        guard MetricFamily.isValidName(name) else {
            throw value.fault("'\(name)' is not a metric name: letters, digits and _ only")
        }
        guard !name.hasPrefix("tidemark_"), !name.hasPrefix("process_") else {
            throw value.fault("'\(name)': names with tidemark_ and process_ are Tidemark's own")
        }
        guard name != "ALERTS", name != "ALERTS_FOR_STATE" else {
            throw value.fault("'\(name)': the state of alerts is written under this name")
        }
        if kind == .counter {
            guard name.hasSuffix("_total") else { throw value.fault("the name of a counter ends in _total: '\(name)'") }
        } else if name.hasSuffix("_total") {
            throw value.fault("only the name of a counter ends in _total: '\(name)'")
        }
        if kind == .histogram, let part = SeriesNames.histogramParts.first(where: { name.hasSuffix($0) }) {
            throw value.fault("the name of a histogram does not end in \(part): '\(name)'")
        }
        return name
    }

    static func buckets(_ value: YAMLValue) throws(FileError) -> [Double] {
        var bounds: [Double] = []
        let elements = try value.sequence()
        for (index, element) in elements.enumerated() {
            if index == elements.count - 1, element.isInfinity { break }
            // Adding zero makes a positive one of a negative.
            let bound = try element.number() + 0
            if let last = bounds.last, bound <= last {
                throw element.fault("buckets ascend, each once: \(try element.string()) follows \(last)")
            }
            bounds.append(bound)
        }
        guard (1...mostBuckets).contains(bounds.count) else {
            throw value.fault("'buckets' lists 1 to \(mostBuckets) upper bounds; that of +Inf is always there")
        }
        return bounds
    }

    /// A name that a label may have.
    static func check(label: String, _ element: YAMLValue) throws(FileError) {
        guard Labels.isValidName(label) else {
            throw element.fault("'\(label)' is not a label name: letters, digits and _, not beginning with __")
        }
        guard !["customer", "le", "quantile", "overflow"].contains(label) else {
            throw element.fault(
                label == "customer"
                    ? "customer is never a label: a series for each customer has no bound"
                    : "the label '\(label)' is reserved"
            )
        }
    }

    private static func labels(_ value: YAMLValue) throws(FileError) -> [String] {
        var labels: [String] = []
        for element in try value.sequence() {
            let label = try element.string()
            try check(label: label, element)
            guard !labels.contains(label) else { throw element.fault("the label '\(label)' is given twice") }
            labels.append(label)
        }
        return labels
    }
}

extension BinLabel {
    /// Reads what stands at `bin`.
    fileprivate init(_ value: YAMLValue) throws(FileError) {
        let members = try value.mapping(keys: ["of", "bounds"])
        guard let bounds = members["bounds"] else { throw value.fault("the key 'bounds' is missing") }
        self.init(field: try value.requiredText("of", members), bounds: try MetricDefinition.buckets(bounds))
    }
}

extension EachMember {
    /// Reads what stands at `each`.
    fileprivate init(_ value: YAMLValue) throws(FileError) {
        let members = try value.mapping(keys: ["of", "label", "take"])
        let label = try value.requiredText("label", members)
        try MetricDefinition.check(label: label, members["label"] ?? value)
        let take = try value.requiredText("take", members)
        guard let takes = Taken(rawValue: take) else {
            throw value.fault("'take' is value, bin or missing, not '\(take)'")
        }
        self.init(field: try value.requiredText("of", members), label: label, takes: takes)
    }
}

extension PairMeasure {
    /// Reads what stands at `measure`: one function with its arguments.
    fileprivate init(_ value: YAMLValue) throws(FileError) {
        let pairs = try value.pairs()
        guard pairs.count == 1, let pair = pairs.first, let function = Function(rawValue: pair.key) else {
            let known = Function.allCases.map(\.rawValue).joined(separator: ", ")
            throw value.fault("'measure' is one function with its arguments; there are \(known)")
        }
        let arguments = try pair.value.strings()
        guard arguments.count == PairMeasure.arity else {
            throw pair.value.fault("\(function.rawValue) takes two numbers: predicted and actual")
        }
        self.init(function, arguments)
    }
}
