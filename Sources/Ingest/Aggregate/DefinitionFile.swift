// SPDX-License-Identifier: Apache-2.0

import TimeSeries
public import YAML

extension MetricDefinition {
    /// Reads the definitions of one file of text (`rules/metrics/*.yml`; the keys are in `docs/metrics.md`).
    ///
    /// - Parameter file: the name under which faults are reported.
    /// - Throws: `FileError` with file, line and reason; nothing is taken from a file with a fault.
    public static func parse(_ text: String, file: String) throws(FileError) -> [MetricDefinition] {
        var set = DefinitionSet()
        try set.add(text, file: file)
        return set.definitions
    }

    /// Reads the definitions of every file that the patterns name.
    ///
    /// - Throws: `FileError`, also for a metric that two files define, or two metrics that read as one name.
    public static func load(_ patterns: [String]) throws(FileError) -> [MetricDefinition] {
        var set = DefinitionSet()
        for path in try TextFile.matching(patterns) { try set.add(TextFile.read(path), file: path) }
        try set.checkFieldCount(file: patterns.joined(separator: " "))
        return set.definitions
    }
}

/// Definitions of one or several files, with the names that are taken.
private struct DefinitionSet {
    private(set) var definitions: [MetricDefinition] = []
    private var names = SeriesNames()

    /// Joins and classes of all files, with those that use them still to be found.
    private var joins: [JoinDefinition] = []
    private var classes: [ClassField] = []

    mutating func add(_ text: String, file: String) throws(FileError) {
        let root = try YAMLValue.parse(text, file: file).mapping(keys: ["metrics", "joins", "classes"])
        guard let list = root["metrics"] else {
            throw FileError(file: file, line: 1, reason: "the key 'metrics' is missing")
        }
        let own = try joinsAndClasses(root)
        let fromOtherFiles = definitions.count
        for element in try list.sequence() {
            var definition = try MetricDefinition(element)
            if let index = definitions.firstIndex(where: { $0.name == definition.name }) {
                throw element.fault(
                    index < fromOtherFiles
                        ? "the metric '\(definition.name)' is defined in another file too"
                        : "the metric '\(definition.name)' is defined twice"
                )
            }
            definition.classes = own.classes.filter { made in
                definition.events.contains(made.event)
                    || own.joins.contains { $0.first.event == made.event || $0.second.event == made.event }
            }
            definition.join = try own.joins.join(of: definition, element)
            if let taken = names.take(definition) {
                throw element.fault("'\(definition.name)' reads as '\(taken.name)', and so does '\(taken.of)'")
            }
            definitions.append(definition)
        }
    }

    private mutating func joinsAndClasses(
        _ root: [String: YAMLValue]
    ) throws(FileError) -> (joins: [JoinDefinition], classes: [ClassField]) {
        var own: (joins: [JoinDefinition], classes: [ClassField]) = ([], [])
        for element in try root["classes"]?.sequence() ?? [] {
            let made = try ClassField(element)
            if classes.contains(where: { $0.name == made.name && $0.event == made.event }) {
                throw element.fault("the class '\(made.name)' of '\(made.event)' is defined twice")
            }
            classes.append(made)
            own.classes.append(made)
        }
        for element in try root["joins"]?.sequence() ?? [] {
            let join = try JoinDefinition(element)
            let types = joins.flatMap { [$0.pair, $0.result, $0.first.event, $0.second.event] }
            for type in [join.pair, join.result, join.first.event, join.second.event] where types.contains(type) {
                throw element.fault("'\(type)' is of another join already")
            }
            if let gauge = join.waiting {
                let definition = MetricDefinition(name: gauge.name, help: gauge.help, kind: .gauge, events: [join.pair])
                if let taken = names.take(definition) {
                    throw element.fault("'\(gauge.name)' reads as '\(taken.name)', and so does '\(taken.of)'")
                }
            }
            joins.append(join)
            own.joins.append(join)
        }
        return own
    }

    func checkFieldCount(file: String) throws(FileError) {
        let count = SchemaBuilder(definitions).fieldNames.count
        guard count <= EventSchema.mostFields else {
            throw FileError(
                file: file,
                line: nil,
                reason: "the definitions use \(count) fields; at most \(EventSchema.mostFields) are looked at"
            )
        }
    }
}

extension [JoinDefinition] {
    /// The join whose pairs or results feed a metric; nil when events do.
    ///
    /// - Throws: when the metric asks for what the join does not keep.
    fileprivate func join(of definition: MetricDefinition, _ value: YAMLValue) throws(FileError) -> JoinDefinition? {
        let join = first { definition.events.contains($0.pair) || definition.events.contains($0.result) }
        guard let join else {
            if definition.measure != nil { throw value.fault("'measure' is of metrics of pairs") }
            return nil
        }
        guard definition.events.count == 1 else {
            throw value.fault("a metric of '\(definition.events[0])' has no other events")
        }
        guard definition.kind == .counter || definition.kind == .histogram, definition.each == nil else {
            throw value.fault("what a join makes feeds counters and histograms")
        }
        var texts = Set((join.first.texts + join.second.texts).map(\.name))
        if definition.events[0] == join.result { texts.insert(JoinDefinition.resultField) }
        for name in definition.labels + definition.conditions.keys + definition.needs where !texts.contains(name) {
            throw value.fault("the join keeps no text '\(name)'")
        }
        let numbers = (definition.measure?.arguments ?? definition.valueFields)
        for name in numbers where name != JoinDefinition.delayField && join.number(name) == nil {
            throw value.fault("the join keeps no number '\(name)'")
        }
        if definition.valueFields.count > 1 { throw value.fault("a metric of a join has one value") }
        if let bin = definition.bin,
            !join.first.numbers.contains(where: { $0.name == bin.field && $0.field == bin.field })
        {
            throw value.fault("'bin' is of a number of the first that keeps its name")
        }
        return join
    }
}

extension YAMLValue {
    /// The text of a member that has to be there.
    func requiredText(_ key: String, _ members: [String: YAMLValue]) throws(FileError) -> String {
        guard let member = members[key] else { throw fault("the key '\(key)' is missing") }
        let text = try member.string()
        guard !text.isEmpty else { throw member.fault("'\(key)' is empty") }
        return text
    }
}
