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

    mutating func add(_ text: String, file: String) throws(FileError) {
        let root = try YAMLValue.parse(text, file: file).mapping(keys: ["metrics"])
        guard let list = root["metrics"] else {
            throw FileError(file: file, line: 1, reason: "the key 'metrics' is missing")
        }
        let fromOtherFiles = definitions.count
        for element in try list.sequence() {
            let definition = try MetricDefinition(element)
            if let index = definitions.firstIndex(where: { $0.name == definition.name }) {
                throw element.fault(
                    index < fromOtherFiles
                        ? "the metric '\(definition.name)' is defined in another file too"
                        : "the metric '\(definition.name)' is defined twice"
                )
            }
            if let taken = names.take(definition) {
                throw element.fault("'\(definition.name)' reads as '\(taken.name)', and so does '\(taken.of)'")
            }
            definitions.append(definition)
        }
    }

    func checkFieldCount(file: String) throws(FileError) {
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
}
