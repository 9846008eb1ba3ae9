// SPDX-License-Identifier: Apache-2.0

/// A field that is made from other fields of the event.
enum DerivedField: Sendable, Hashable {
    /// The class of a label, or else of a score.
    case classOf(field: Int, label: Int, score: Int?, threshold: Double)
    /// The bin of a number.
    case bin(field: Int, number: Int, bounds: [Double])
}
