// SPDX-License-Identifier: Apache-2.0

import CSimdJSON
import Glibc
import TimeSeries

/// Metric definitions compiled for the event path: which fields to look at, and what an event of each type adds to.
///
/// Immutable, shared by every decoder. All definitions that take one event type share one **key**: the values of all
/// fields that any of them uses as a label or condition, in one order. Equal keys add to the same series, so the series
/// of a key are found once and remembered (`SeriesResolver`).
///
/// Fields that do not stand in the event are made before the key is taken (`DerivedField`). Members of an object count on
/// a route of their own, once for each member; pairs of a join, and what became of its seconds, on routes that no decoder
/// takes.
public final class EventSchema: Sendable {
    /// The definitions, in the order given.
    public let definitions: [MetricDefinition]
    /// The baselines of models, those that newer ones have replaced among them.
    public let baselines: [Baseline]
    /// The bins that the values of features fall into by the baselines.
    let featureBins: FeatureBins

    /// Names of the fields that are looked at; the first are fixed (`Field`).
    let fieldNames: [String]
    let routes: [Route]
    /// The joins of the definitions.
    let joins: [Join]

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
        let origin: Origin
        let type: String
        /// Indices of the fields whose values make the key, in order. Of a join's route: none, its key are texts of the
        /// pair.
        var keyFields: [Int] = []
        /// What its definitions take from an event beside the key; each reading once.
        var values: [Value] = []
        var targets: [Target] = []
        /// Fields that are made before the key is taken.
        var derived: [DerivedField] = []
        /// The objects whose members count on a route of their own.
        var members: [MemberRoute] = []
        /// What the event is to a join.
        var side: JoinSide?

        /// Whether an event without any measure adds to something.
        var countsWithoutValue: Bool { side != nil || !members.isEmpty || targets.contains { $0.value == nil } }
    }

    /// Where the events of a route come from.
    enum Origin: Sendable {
        /// Text, or code.
        case event
        /// The members of an object of an event.
        case member
        /// A join.
        case join
    }

    /// An object whose members are taken one by one.
    struct MemberRoute: Sendable {
        let field: Int
        let route: Int
        /// The fields of a member: its name and its value.
        let name: Int
        let value: Int
        /// Where its baseline and bin go; nil when nobody asks for them.
        var bin: (baseline: Int, bin: Int)?
    }

    /// What an event is to a join.
    struct JoinSide: Sendable {
        let join: Int
        let isFirst: Bool
        /// Where the hash of the join's key is among the values.
        let key: Int
        /// Positions in the key of the texts that are kept.
        let texts: [Int]
        /// Places among the values of the numbers that are kept.
        let numbers: [Int]
    }

    /// A join and the routes of what it makes.
    struct Join: Sendable {
        let definition: JoinDefinition
        let pair: Int
        let result: Int
        /// The texts that are kept of a first, bins of its numbers among them, and those of a second.
        let firstTexts: [String]
        let secondTexts: [String]
    }

    /// A value that a route takes from its events.
    struct Value: Sendable, Equatable {
        let form: ValueForm
        /// Indices of the fields, the first present of which counts. Of a join's route: of the numbers of a pair.
        let fields: [Int]
        /// Of an observation: the upper bounds of the buckets.
        let bounds: [Double]
        /// What is computed from the fields; of a join's route only.
        var function: PairMeasure.Function?
        /// Whether what is no number is absent, not a fault.
        var isLenient = false
        /// Where it begins among the values of an event.
        var place: Int
    }

    /// One definition of a route.
    struct Target: Sendable {
        let definition: Int
        let family: MetricFamily
        /// Label name and position in the key.
        let labels: [(name: String, position: Int)]
        /// Position in the key and the value it must have.
        let conditions: [(position: Int, value: String)]
        /// Positions in the key that must not be empty.
        let present: [Int]
        /// Index into the route's `values`, or nil to count one.
        let value: Int?

        /// How the value is read and what becomes of it.
        let form: ValueForm
    }

    /// Compiles definitions.
    ///
    /// - Precondition: names are unique and there are at most 150 different fields; `DefinitionFile` checks both.
    public init(_ definitions: [MetricDefinition], baselines: [Baseline] = []) {
        let builder = SchemaBuilder(definitions)
        self.definitions = definitions
        self.baselines = baselines
        featureBins = FeatureBins(baselines)
        fieldNames = builder.fieldNames
        routes = builder.routes
        joins = builder.joins
        precondition(fieldNames.count <= EventSchema.mostFields, "at most \(EventSchema.mostFields) fields")
    }

    // MARK: - Fields

    /// The name of a field as people know it: of one that is made, what it is.
    func readableName(_ field: Int) -> String {
        let name = fieldNames[field]
        return name.hasPrefix("\u{1}") ? String(name.dropFirst()) : name
    }

    /// The fields of a second one of which has to be there: what its classes are made of, and its numbers.
    func contentFields(_ route: Route) -> [Int] {
        guard let side = route.side, !side.isFirst else { return [] }
        var fields: [Int] = []
        for case .classOf(_, let label, _, _) in route.derived { fields.append(label) }
        for place in side.numbers {
            if let value = route.values.first(where: { $0.place == place && !$0.isLenient }) { fields += value.fields }
        }
        return fields
    }

    /// The fields `model` and `version`, by which a baseline is found; -1 where no definition looks at one.
    var modelFields: (model: Int, version: Int) {
        (fieldNames.firstIndex(of: "model") ?? -1, fieldNames.firstIndex(of: "version") ?? -1)
    }

    /// How many different fields the definitions of a store may look at, the fixed ones and those that are made included.
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
