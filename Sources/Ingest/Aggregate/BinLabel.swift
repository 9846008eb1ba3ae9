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
