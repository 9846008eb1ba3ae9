// SPDX-License-Identifier: Apache-2.0

/// How a training file is read.
public struct TrainingOptions: Sendable {
    /// Columns whose values are categories though they are numbers.
    public var categories: Set<String>
    /// Columns that are no features: identifiers, the label.
    public var leftOut: Set<String>
    /// Bins of a numeric feature, 2 to ``Baseline/mostBins``.
    public var bins: Int
    /// Values of a categorical feature that have a bin of their own, 0 to ``Baseline/mostCategories``.
    public var topValues: Int
    /// What stands between the fields of CSV: one byte of ASCII.
    public var delimiter: UInt8

    /// Options.
    public init(
        categories: Set<String> = [],
        leftOut: Set<String> = [],
        bins: Int = 10,
        topValues: Int = 20,
        delimiter: UInt8 = UInt8(ascii: ",")
    ) {
        self.categories = categories
        self.leftOut = leftOut
        self.bins = bins
        self.topValues = topValues
        self.delimiter = delimiter
    }
}
