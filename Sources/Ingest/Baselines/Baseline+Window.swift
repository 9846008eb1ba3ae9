// SPDX-License-Identifier: Apache-2.0

package import TimeSeries

/// What a window of time has of one feature. Names and labels are told apart by their bytes.
package struct FeatureWindow: Sendable, Equatable {
    /// Observations by the label `bin`.
    package var observations: [ByteText: UInt64]
    /// Values that were missing.
    package var missing: UInt64
    /// The number of the baseline whose bins they are; nil when they were counted without one: numbers in
    /// ``GenericBins``, texts as they are.
    package var baseline: UInt32?

    /// A feature's counts.
    package init(observations: [ByteText: UInt64], missing: UInt64 = 0, baseline: UInt32? = nil) {
        self.observations = observations
        self.missing = missing
        self.baseline = baseline
    }
}

/// Why a baseline cannot be made of a window.
package struct BaselineError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The feature.
    package let feature: String
    /// What is wrong.
    package let reason: String

    /// `feature 'age': reason`.
    package var description: String { "feature '\(feature)': \(reason)" }
}

extension Baseline {
    /// Makes a baseline of what a window has counted.
    ///
    /// Numbers without a baseline are known by their generic bin only: quantile bins are made of whole generic bins, and
    /// positions and deviation are those of the bins' middles, at most 4.5 % beside the truth. A feature that was counted
    /// under a baseline keeps its bins with their positions and deviation.
    ///
    /// A feature is numeric when most of its generic bins' observations are numbers; what is text is then missing.
    ///
    /// - Parameters:
    ///   - window: what was counted, by the feature's name.
    ///   - existing: the baseline that the counts of features with `baseline` were made under.
    ///   - bins: 2 to ``mostBins``, for numeric features without a baseline.
    ///   - topValues: up to ``mostCategories``, for text features without a baseline.
    /// - Returns: a baseline with the features in the order of their names.
    /// - Throws: when counts are of a baseline that is not `existing`, or of bins that it does not have.
    package static func make(
        model: String,
        version: String? = nil,
        created: Timestamp,
        source: String,
        window: [ByteText: FeatureWindow],
        existing: Baseline? = nil,
        bins: Int = 10,
        topValues: Int = 20
    ) throws(BaselineError) -> Baseline {
        var features: [FeatureBaseline] = []
        for (name, counted) in window.sorted(by: { $0.key.text.utf8.lexicographicallyPrecedes($1.key.text.utf8) }) {
            if let number = counted.baseline {
                features.append(try FeatureBaseline(name: name.text, counted, underBaseline: number, existing))
            } else {
                features.append(FeatureBaseline(name: name.text, generic: counted, bins: bins, topValues: topValues))
            }
        }
        return Baseline(model: model, version: version, created: created, source: source, features: features)
    }
}

extension FeatureBaseline {
    /// The bins of an existing baseline with other counts.
    fileprivate init(
        name: String,
        _ window: FeatureWindow,
        underBaseline number: UInt32,
        _ existing: Baseline?
    ) throws(BaselineError) {
        guard let existing, existing.number == number,
            let feature = existing.features.first(where: { areSameBytes($0.name, name) })
        else {
            throw BaselineError(feature: name, reason: "counted under the baseline \(number), which is not there")
        }
        var counts = window.observations
        let known = feature.binLabels.map { counts.removeValue(forKey: ByteText($0)) ?? 0 }
        if let stray = counts.first(where: { $0.value > 0 }) {
            throw BaselineError(feature: name, reason: "the baseline \(number) has no bin '\(stray.key.text)'")
        }
        self.init(name: name, bins: feature.bins, counts: known, missing: window.missing)
    }

    /// The categories that texts make, spelt as they will be looked up.
    private init(name: String, texts window: FeatureWindow, topValues: Int) {
        var counts: [ByteText: UInt64] = [:]
        for (label, count) in window.observations where count > 0 {
            let category = Array(label.text.utf8).withUnsafeBufferPointer {
                String(decoding: FeatureText.category($0), as: UTF8.self)
            }
            counts[ByteText(category), default: 0] += count
        }
        self.init(
            name: name,
            counts: counts.lazy.map { (value: $0.key.text, count: $0.value) },
            missing: window.missing,
            topValues: topValues
        )
    }

    /// The bins that generic ones make.
    fileprivate init(name: String, generic window: FeatureWindow, bins: Int, topValues: Int) {
        var numbers: [(bin: Int, count: UInt64)] = []
        var texts: UInt64 = 0
        for (label, count) in window.observations where count > 0 {
            if let bin = GenericBins.shared.index(ofLabel: label.text) {
                numbers.append((bin, count))
            } else {
                texts += count
            }
        }
        let ofNumbers = numbers.reduce(0) { $0 + $1.count }
        guard ofNumbers > texts else {
            self.init(name: name, texts: window, topValues: topValues)
            return
        }
        numbers.sort { GenericBins.middle($0.bin) < GenericBins.middle($1.bin) }
        var ends: [UInt64] = []
        for number in numbers { ends.append((ends.last ?? 0) + number.count) }
        let quantiles = QuantileBins(count: ofNumbers, bins: bins) { rank in
            GenericBins.bounds(
                numbers[
                    ends.withUnsafeBufferPointer { UpperBounds.bucket(of: rank, in: $0.baseAddress!, count: $0.count) }
                ].bin
            )
        }
        var weights = BinWeights(upperBounds: quantiles.upperBounds)
        for number in numbers { weights.add(GenericBins.middle(number.bin), count: number.count) }
        self.init(
            name: name,
            bins: .numeric(
                upperBounds: quantiles.upperBounds,
                positions: weights.positions,
                standardDeviation: weights.standardDeviation { body in
                    for number in numbers { body(GenericBins.middle(number.bin), number.count) }
                }
            ),
            counts: weights.counts,
            missing: window.missing + texts
        )
    }
}
