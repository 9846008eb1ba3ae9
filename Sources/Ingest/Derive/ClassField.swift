// SPDX-License-Identifier: Apache-2.0

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
