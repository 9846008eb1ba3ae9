// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension MetricDefinition {
    /// Reads the definitions of one file of text (`rules/metrics/*.yml`; the keys are in `docs/metrics.md`).
    ///
    /// - Parameter file: the name under which faults are reported.
    /// - Throws: `FileError` with file, line and reason; nothing is taken from a file with a fault.
    public static func parse(_ text: String, file: String) throws(FileError) -> [MetricDefinition] {
        let root = try YAMLValue.parse(text, file: file).mapping(keys: ["metrics"])
        guard let list = root["metrics"] else {
            throw FileError(file: file, line: 1, reason: "the key 'metrics' is missing")
        }
        var definitions: [MetricDefinition] = []
        for element in try list.sequence() {
            let definition = try MetricDefinition(element)
            guard !definitions.contains(where: { $0.name == definition.name }) else {
                throw element.fault("the metric '\(definition.name)' is defined twice")
            }
            definitions.append(definition)
        }
        return definitions
    }

    /// Reads the definitions of every file that the patterns name.
    ///
    /// - Throws: `FileError`, also for a metric that two files define.
    public static func load(_ patterns: [String]) throws(FileError) -> [MetricDefinition] {
        var definitions: [MetricDefinition] = []
        for path in try TextFile.matching(patterns) {
            let more = try parse(TextFile.read(path), file: path)
            for definition in more {
                guard !definitions.contains(where: { $0.name == definition.name }) else {
                    throw FileError(
                        file: path,
                        line: nil,
                        reason: "the metric '\(definition.name)' is defined in another file too"
                    )
                }
                definitions.append(definition)
            }
        }
        try checkFieldCount(definitions, file: patterns.joined(separator: " "))
        return definitions
    }

    private static func checkFieldCount(_ definitions: [MetricDefinition], file: String) throws(FileError) {
        var fields = Set(EventSchema.Field.names)
        for definition in definitions {
            fields.formUnion(definition.labels)
            fields.formUnion(definition.valueFields)
            fields.formUnion(definition.conditions.keys)
        }
        guard fields.count <= EventSchema.mostFields else {
            throw FileError(
                file: file,
                line: nil,
                reason: "the definitions use \(fields.count) fields; at most \(EventSchema.mostFields) are looked at"
            )
        }
    }

    private init(_ value: YAMLValue) throws(FileError) {
        let members = try value.mapping(
            keys: ["name", "help", "type", "events", "where", "value", "labels", "max_series"])
        func required(_ key: String) throws(FileError) -> YAMLValue {
            guard let member = members[key] else { throw value.fault("the key '\(key)' is missing") }
            return member
        }
        let nameValue = try required("name")
        let name = try nameValue.string()
        guard MetricFamily.isValidName(name) else {
            throw nameValue.fault("'\(name)' is not a metric name: letters, digits and _ only")
        }
        guard !name.hasPrefix("tidemark_"), !name.hasPrefix("process_") else {
            throw nameValue.fault("'\(name)': names with tidemark_ and process_ are Tidemark's own")
        }
        let typeValue = try required("type")
        let type = try typeValue.string()
        guard type == "counter" else {
            throw typeValue.fault("type '\(type)' is not known; this version has: counter")
        }
        guard name.hasSuffix("_total") else {
            throw nameValue.fault("the name of a counter ends in _total: '\(name)'")
        }
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
        if let fieldsValue = members["value"] {
            valueFields = try fieldsValue.strings()
            guard !valueFields.isEmpty, !valueFields.contains("") else {
                throw fieldsValue.fault("'value' names a field, or several of which the first present counts")
            }
        }
        let labels = try members["labels"].map { value throws(FileError) in try MetricDefinition.labels(value) } ?? []
        var maxSeries = MetricDefinition.defaultMaxSeries
        if let limit = members["max_series"] {
            maxSeries = try limit.integer()
            guard (1...100_000_000).contains(maxSeries) else { throw limit.fault("max_series is 1 to 100000000") }
        }
        let helpValue = try required("help")
        let help = try helpValue.string()
        guard !help.isEmpty else { throw helpValue.fault("'help' is one sentence for the HELP line") }
        self.init(
            name: name,
            help: help,
            events: events,
            where: conditions,
            value: valueFields,
            labels: labels,
            maxSeries: maxSeries
        )
    }

    private static func labels(_ value: YAMLValue) throws(FileError) -> [String] {
        var labels: [String] = []
        for element in try value.sequence() {
            let label = try element.string()
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
            guard !labels.contains(label) else { throw element.fault("the label '\(label)' is given twice") }
            labels.append(label)
        }
        return labels
    }
}
