// SPDX-License-Identifier: Apache-2.0

extension FeatureBinsStorage {
    init(_ baselines: [Baseline]) {
        var builder = Builder()
        for baseline in Self.inUse(baselines) { builder.add(baseline) }
        self = builder.storage
    }

    /// Of each model and version the newest.
    private static func inUse(_ baselines: [Baseline]) -> [Baseline] {
        struct Key: Hashable {
            let model: [UInt8]
            let version: [UInt8]
        }
        var newest: [Key: Baseline] = [:]
        for baseline in baselines {
            let key = Key(model: Array(baseline.model.utf8), version: Array((baseline.version ?? "").utf8))
            if let other = newest[key], other.number > baseline.number { continue }
            newest[key] = baseline
        }
        return Array(newest.values)
    }

    /// Gathers what goes into the tables.
    private struct Builder {
        private var texts: [UInt8] = []
        private var bins: [Text] = []
        private var bounds: [Double] = []
        private var categories: [Category] = []
        private var models: [(entry: ModelEntry, hash: UInt64)] = []
        private var features: [(entry: FeatureEntry, hash: UInt64)] = []

        mutating func add(_ baseline: Baseline) {
            let model = Int32(models.count)
            let version = baseline.version ?? ""
            let modelHash = FeatureBinsStorage.hash(Array(baseline.model.utf8))
            models.append(
                (
                    ModelEntry(model: text(baseline.model), version: text(version)),
                    FeatureBinsStorage.hash(Array(version.utf8), of: modelHash)
                )
            )
            let number = text(String(baseline.number))
            for feature in baseline.features {
                let firstBin = bins.count
                for label in feature.binLabels { bins.append(text(label)) }
                var entry = FeatureEntry(
                    name: text(feature.name),
                    baseline: number,
                    number: baseline.number,
                    model: model,
                    firstBin: Int32(firstBin),
                    start: 0,
                    size: 0,
                    otherBin: Int32(bins.count - 1),
                    isNumeric: false
                )
                switch feature.bins {
                case .numeric(let upperBounds, _, _): addBounds(upperBounds, to: &entry)
                case .categories(let values): addCategories(values, to: &entry)
                }
                features.append(
                    (entry, FeatureBinsStorage.hash(Array(feature.name.utf8), of: UInt64(truncatingIfNeeded: model)))
                )
            }
        }

        private mutating func addBounds(_ upperBounds: [Double], to entry: inout FeatureEntry) {
            entry.isNumeric = true
            entry.start = UInt32(bounds.count)
            let room = (upperBounds.count + 3) & ~3
            precondition(upperBounds.count < Baseline.mostBins, "too many bins")
            entry.size = UInt32(room)
            bounds += upperBounds
            bounds += Array(repeating: .infinity, count: room - upperBounds.count)
        }

        private mutating func addCategories(_ values: [String], to entry: inout FeatureEntry) {
            entry.start = UInt32(categories.count)
            let size = FeatureBinsStorage.capacity(values.count)
            entry.size = UInt32(size)
            categories += Array(repeating: Category(), count: size)
            for (index, value) in values.enumerated() {
                let hash = FeatureBinsStorage.hash(Array(value.utf8))
                var place = Int(truncatingIfNeeded: hash) & (size - 1)
                while categories[Int(entry.start) + place].bin >= 0 { place = (place + 1) & (size - 1) }
                categories[Int(entry.start) + place] = Category(
                    bin: entry.firstBin + Int32(index),
                    tag: UInt32(truncatingIfNeeded: hash >> 32)
                )
            }
        }

        private mutating func text(_ text: String) -> Text {
            let start = texts.count
            texts.append(contentsOf: text.utf8)
            return Text(start: UInt32(start), count: UInt32(texts.count - start))
        }

        var storage: FeatureBinsStorage {
            FeatureBinsStorage(
                texts: .copy(texts),
                bins: .copy(bins),
                bounds: .copy(bounds),
                categories: .copy(categories),
                models: Table(models.map(\.entry), hashes: models.map(\.hash)),
                features: Table(features.map(\.entry), hashes: features.map(\.hash))
            )
        }
    }

    private static func hash(_ bytes: [UInt8]) -> UInt64 {
        bytes.withUnsafeBufferPointer { hash($0) }
    }

    private static func hash(_ bytes: [UInt8], of outer: UInt64) -> UInt64 {
        bytes.withUnsafeBufferPointer { hash($0, of: outer) }
    }
}
