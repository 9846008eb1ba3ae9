// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// A model's reference feature distributions, against which drift is measured.
public struct Baseline: Sendable, Equatable {
    /// The model.
    public var model: String
    /// The version of the model that it is for; nil: for each that has none of its own.
    public var version: String?
    /// Unique within the model and greater than those before it; 0 until a store has set it.
    public var number: UInt32
    /// When it was made.
    public var created: Timestamp
    /// What it was made from, for people to read.
    public var source: String
    /// One for each feature; names are unique.
    public var features: [FeatureBaseline]

    /// Most bins of a numeric feature: their labels are `01` to `20`.
    public static let mostBins = 20
    /// Most values of a categorical feature that have a bin of their own: each is a series.
    public static let mostCategories = 200
    /// The label of the bin for all values of a categorical feature that have none of their own.
    public static let otherBin = "other"

    /// A baseline.
    public init(
        model: String,
        version: String? = nil,
        number: UInt32 = 0,
        created: Timestamp,
        source: String,
        features: [FeatureBaseline]
    ) {
        self.model = model
        self.version = version
        self.number = number
        self.created = created
        self.source = source
        self.features = features
    }
}
