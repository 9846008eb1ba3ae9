// SPDX-License-Identifier: Apache-2.0

import CSimdJSON
import Glibc
import TimeSeries

/// Metric definitions compiled for the event path: which fields to look at, and what an event of each type adds to.
///
/// Immutable, shared by every decoder. All definitions that take one event type share one **key**: the values of all
/// fields that any of them uses as a label or condition, in one order. Equal keys add to the same series, so the series
/// of a key are found once and remembered (`SeriesResolver`).
public final class EventSchema: Sendable {
    /// The definitions, in the order given.
    public let definitions: [MetricDefinition]

    /// Names of the fields that are looked at; the first are fixed (`Field`).
    let fieldNames: [String]
    let routes: [Route]

    /// Fields with a meaning of their own, by their index in `fieldNames`.
    enum Field {
        static let type = 0
        static let id = 1
        static let source = 2
        static let time = 3
        static let specversion = 4
        static let data = 5
        static let names = ["type", "id", "source", "time", "specversion", "data"]
    }

    /// What happens to events of one type.
    struct Route: Sendable {
        let type: String
        /// Indices of the fields whose values make the key, in order.
        let keyFields: [Int]
        /// What its definitions take from an event beside the key; each reading once.
        let values: [Value]
        let targets: [Target]

        /// Whether an event without any measure adds to something.
        var countsWithoutValue: Bool { targets.contains { $0.value == nil } }
    }

    /// A value that a route takes from its events.
    struct Value: Sendable {
        let form: ValueForm
        /// Indices of the fields, the first present of which counts.
        let fields: [Int]
        /// Of an observation: the upper bounds of the buckets.
        let bounds: [Double]
        /// Where it begins among the values of an event.
        let place: Int
    }

    /// One definition of a route.
    struct Target: Sendable {
        let definition: Int
        let family: MetricFamily
        /// Label name and position in the key.
        let labels: [(name: String, position: Int)]
        /// Position in the key and the value it must have.
        let conditions: [(position: Int, value: String)]
        /// Index into the route's `values`, or nil to count one.
        let value: Int?

        /// How the value is read and what becomes of it.
        let form: ValueForm
    }

    /// Compiles definitions.
    ///
    /// - Precondition: names are unique and there are at most 150 different fields; `DefinitionFile` checks both.
    public init(_ definitions: [MetricDefinition]) {
        self.definitions = definitions
        var names = Field.names
        var indexOfName: [String: Int] = [:]
        for (index, name) in names.enumerated() { indexOfName[name] = index }
        func field(_ name: String) -> Int {
            if let index = indexOfName[name] { return index }
            names.append(name)
            indexOfName[name] = names.count - 1
            return names.count - 1
        }
        var types: [String] = []
        for definition in definitions {
            for type in definition.events where !types.contains(type) { types.append(type) }
        }
        routes = types.map { type in
            let users = definitions.indices.filter { definitions[$0].events.contains(type) }
            var keyFields: [Int] = []
            func position(_ name: String) -> Int {
                let index = field(name)
                if let position = keyFields.firstIndex(of: index) { return position }
                keyFields.append(index)
                return keyFields.count - 1
            }
            var values: [Value] = []
            func value(_ definition: MetricDefinition) -> Int? {
                if definition.valueFields.isEmpty { return nil }
                let fields = definition.valueFields.map(field)
                let form = ValueForm(definition.kind)
                let known = values.firstIndex {
                    $0.form == form && $0.fields == fields && $0.bounds == definition.buckets
                }
                if let known { return known }
                let place = values.last.map { $0.place + $0.form.width } ?? 0
                values.append(Value(form: form, fields: fields, bounds: definition.buckets, place: place))
                return values.count - 1
            }
            let targets = users.map { index in
                let definition = definitions[index]
                return Target(
                    definition: index,
                    family: definition.family,
                    labels: definition.labels.map { (name: $0, position: position($0)) },
                    conditions: definition.conditions.sorted { $0.key < $1.key }
                        .map { (position: position($0.key), value: $0.value) },
                    value: value(definition),
                    form: ValueForm(definition.kind)
                )
            }
            return Route(type: type, keyFields: keyFields, values: values, targets: targets)
        }
        fieldNames = names
        precondition(names.count <= EventSchema.mostFields, "at most \(EventSchema.mostFields) fields")
    }

    /// How many different fields the definitions of a store may look at, the fixed ones included.
    public static let mostFields = 150
}

/// The names of wanted members in the form that the JSON reader looks them up in.
final class JSONFieldTable: @unchecked Sendable {  // The C table is never written after it is made.
    let handle: OpaquePointer
    let count: Int

    init(names: [String]) {
        var pointers: [UnsafePointer<CChar>?] = names.map { UnsafePointer(strdup($0)) }
        defer { for pointer in pointers { free(UnsafeMutablePointer(mutating: pointer)) } }
        guard let table = csj_fields_create(&pointers, names.count) else {
            preconditionFailure("no memory for a field table, or too many fields")
        }
        handle = table
        count = names.count
    }

    deinit {
        csj_fields_destroy(handle)
    }
}
