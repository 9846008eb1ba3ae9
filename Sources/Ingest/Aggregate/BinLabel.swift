// SPDX-License-Identifier: Apache-2.0

/// The label `bin` of a counter: into which of the given bins a number of the event falls.
///
/// The label is the bin's inclusive upper bound written as PromQL writes `le`, and `+Inf` behind the last, so that a
/// histogram of the same bounds has buckets of the same names. An event without the number is not counted.
public struct BinLabel: Hashable, Sendable {
    /// The field with the number.
    public var field: String
    /// The upper bounds, inclusive, ascending, finite, 1...200.
    public var bounds: [Double]

    /// Bins of a field.
    public init(field: String, bounds: [Double]) {
        self.field = field
        self.bounds = bounds
    }

    /// The name of the label.
    static let label = "bin"

    /// The labels of the bins, one more than there are bounds.
    var texts: [String] { bounds.map { "\($0)" } + ["+Inf"] }
}

/// Counts the members of an object of an event, one by one: their names become a label.
public struct EachMember: Hashable, Sendable {
    /// The field that has the object.
    public var field: String
    /// The label that has a member's name.
    public var label: String
    /// Which members count, and how.
    public var takes: Taken

    /// What is taken from a member.
    public enum Taken: String, Hashable, Sendable {
        /// Its number.
        case value
        /// The bin that it falls into: labels `baseline` and `bin`.
        case bin
        /// Those that have no value: `null`, an empty text, NaN.
        case missing
    }

    /// Members of a field.
    public init(field: String, label: String, takes: Taken) {
        self.field = field
        self.label = label
        self.takes = takes
    }

    /// The label that has the number of the baseline whose bins are meant; absent where there is no baseline.
    static let baselineLabel = "baseline"
}

/// A field that says to which class an event belongs, made from its label, or else from its score.
///
/// Of a label, `true` and a number that is 1 are `1`, `false` and one that is 0 are `0`, and other whole numbers are
/// written without a fraction; other texts stay.
public struct ClassField: Hashable, Sendable {
    /// The name of the field.
    public var name: String
    /// The event type.
    public var event: String
    /// The field that has the label.
    public var label: String
    /// The field that has the score, a number, where there is no label; nil: none.
    public var score: String?
    /// A greater score is class `1`, any other `0`.
    public var threshold: Double

    /// A field.
    public init(name: String, event: String, label: String, score: String? = nil, threshold: Double = 0.5) {
        self.name = name
        self.event = event
        self.label = label
        self.score = score
        self.threshold = threshold
    }
}
