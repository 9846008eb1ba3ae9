// SPDX-License-Identifier: Apache-2.0

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
