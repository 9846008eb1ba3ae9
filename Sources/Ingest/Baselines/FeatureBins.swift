// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Into which bin of its baseline a feature's value falls: the look-up of the event path.
///
/// It never changes; another set of baselines makes another one. All of it lies in flat memory, so that a look-up neither
/// allocates nor counts references:
///
/// - `models` and `features`, hash tables (open addressing, at most half full) of names: a model with a version, or a
///   feature of such a model;
/// - `bins`, of all features one after the other, with their labels;
/// - `bounds`, for each numeric feature its upper bounds, filled up with infinities to fours;
/// - `categories`, for each categorical feature a hash table of its values.
public final class FeatureBins: Sendable {
    /// A model of an event, as one with a baseline; asked for once an event.
    struct Model: BitwiseCopyable, Equatable {
        let index: Int32
        static let none = Model(index: -1)
    }

    /// A feature in the baseline of a model.
    struct Feature: BitwiseCopyable, Equatable {
        let index: Int32
        /// There is no baseline of it: ``GenericBins`` has its bins.
        static let none = Feature(index: -1)
    }

    /// A bin, by a number that no other bin has: 0..<`binCount`.
    struct Bin: BitwiseCopyable, Equatable {
        let index: Int32
        /// The value counts as missing.
        static let missing = Bin(index: -1)
    }

    /// How many bins all baselines that are in use have together.
    var binCount: Int { storage.bins.count }

    private nonisolated(unsafe) let storage: FeatureBinsStorage

    /// Of each version of a model the newest baseline that is exactly for it is used; where there is none, the newest
    /// that is for all versions.
    public init(_ baselines: [Baseline]) {
        storage = FeatureBinsStorage(baselines)
    }

    deinit {
        storage.deallocate()
    }

    // MARK: - Looking up

    /// The baseline of a model's version; an event without version has an empty one.
    @inline(__always)
    func model(_ model: UnsafeBufferPointer<UInt8>, _ version: UnsafeBufferPointer<UInt8>) -> Model {
        if storage.models.entries.isEmpty { return .none }
        let hash = FeatureBinsStorage.hash(model)
        let exact = storage.model(model, version, hash)
        if exact >= 0 || version.isEmpty { return Model(index: exact) }
        return Model(index: storage.model(model, UnsafeBufferPointer(rebasing: version[..<0]), hash))
    }

    /// A feature of a model. The name is compared byte by byte.
    @inline(__always)
    func feature(_ name: UnsafeBufferPointer<UInt8>, of model: Model) -> Feature {
        model.index < 0 ? .none : Feature(index: storage.feature(name, of: model.index))
    }

    /// The bin of a number. NaN is missing; infinities are in the outer bins.
    ///
    /// - Parameters:
    ///   - text: the number as it is written: what counts for a categorical feature.
    ///   - feature: not `.none`.
    @inline(__always)
    func bin(of number: Double, text: UnsafeBufferPointer<UInt8>, in feature: Feature) -> Bin {
        let entry = storage.features.entries[Int(feature.index)]
        if number.isNaN { return .missing }
        return entry.isNumeric ? storage.range(of: number, in: entry) : storage.category(text, in: entry)
    }

    /// The bin of a text, `true` or `false`, of a feature that is not `.none`. What says that there is no value is
    /// missing (``FeatureText/isMissing(_:)``), and of a numeric feature all that is no number: `true` counts as 1,
    /// `false` as 0.
    func bin(of text: UnsafeBufferPointer<UInt8>, in feature: Feature) -> Bin {
        let entry = storage.features.entries[Int(feature.index)]
        if FeatureText.isMissing(text) { return .missing }
        if !entry.isNumeric { return storage.category(text, in: entry) }
        guard let number = FeatureText.number(text) ?? FeatureText.truth(text) else { return .missing }
        return storage.range(of: number, in: entry)
    }

    // MARK: - What the labels are

    /// The value of the label `bin`; valid as long as this object.
    @inline(__always)
    func label(of bin: Bin) -> UnsafeBufferPointer<UInt8> {
        storage.text(storage.bins[Int(bin.index)])
    }

    /// The number of the baseline of a feature that is not `.none`, which is the value of the label `baseline`; valid as
    /// long as this object.
    @inline(__always)
    func baselineLabel(of feature: Feature) -> UnsafeBufferPointer<UInt8> {
        storage.text(storage.features.entries[Int(feature.index)].baseline)
    }

    /// The same as a number.
    @inline(__always)
    func baselineNumber(of feature: Feature) -> UInt32 {
        storage.features.entries[Int(feature.index)].number
    }
}
