// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The memory of ``FeatureBins``. Whoever makes one frees it.
struct FeatureBinsStorage {
    /// A piece of `texts`.
    struct Text: BitwiseCopyable {
        var start: UInt32 = 0
        var count: UInt32 = 0
    }

    /// A hash table of names. A slot has 1 + the index of an entry, and the upper half of its hash; 0 is free.
    struct Table<Entry: BitwiseCopyable> {
        struct Slot: BitwiseCopyable {
            var entry: UInt32 = 0
            var tag: UInt32 = 0
        }

        let entries: UnsafeMutableBufferPointer<Entry>
        let slots: UnsafeMutablePointer<Slot>
        let mask: Int

        init(_ entries: [Entry], hashes: [UInt64]) {
            self.entries = .copy(entries)
            let capacity = FeatureBinsStorage.capacity(entries.count)
            mask = capacity - 1
            slots = .allocate(capacity: capacity)
            slots.initialize(repeating: Slot(), count: capacity)
            for (index, hash) in hashes.enumerated() {
                var place = Int(truncatingIfNeeded: hash) & mask
                while slots[place].entry != 0 { place = (place + 1) & mask }
                slots[place] = Slot(entry: UInt32(index + 1), tag: UInt32(truncatingIfNeeded: hash >> 32))
            }
        }

        func deallocate() {
            entries.deallocate()
            slots.deallocate()
        }

        /// The index of the entry of that hash for which `isIt` holds, or -1.
        @inline(__always)
        func index(_ hash: UInt64, _ isIt: (Entry) -> Bool) -> Int32 {
            let tag = UInt32(truncatingIfNeeded: hash >> 32)
            var place = Int(truncatingIfNeeded: hash) & mask
            while true {
                let slot = slots[place]
                if slot.entry == 0 { return -1 }
                if slot.tag == tag, isIt(entries[Int(slot.entry) &- 1]) { return Int32(slot.entry) &- 1 }
                place = (place &+ 1) & mask
            }
        }
    }

    struct ModelEntry: BitwiseCopyable {
        var model: Text
        var version: Text
    }

    struct FeatureEntry: BitwiseCopyable {
        var name: Text
        /// The label `baseline`, and the number that it is.
        var baseline: Text
        var number: UInt32
        var model: Int32
        /// The first of its bins.
        var firstBin: Int32
        /// Where its bounds begin, or its table of categories.
        var start: UInt32
        /// Of a numeric feature its bounds, infinities included; of a categorical one the size of its table.
        var size: UInt32
        /// The bin `other`, of a categorical feature.
        var otherBin: Int32
        var isNumeric: Bool
    }

    /// A category: its bin, or -1 in a free slot.
    struct Category: BitwiseCopyable {
        var bin: Int32 = -1
        var tag: UInt32 = 0
    }

    let texts: UnsafeMutableBufferPointer<UInt8>
    let bins: UnsafeMutableBufferPointer<Text>
    let bounds: UnsafeMutableBufferPointer<Double>
    let categories: UnsafeMutableBufferPointer<Category>
    let models: Table<ModelEntry>
    let features: Table<FeatureEntry>

    func deallocate() {
        texts.deallocate()
        bins.deallocate()
        bounds.deallocate()
        categories.deallocate()
        models.deallocate()
        features.deallocate()
    }

    // MARK: - Looking up

    @inline(__always)
    func model(
        _ model: UnsafeBufferPointer<UInt8>,
        _ version: UnsafeBufferPointer<UInt8>,
        _ modelHash: UInt64
    ) -> Int32 {
        models.index(FeatureBinsStorage.hash(version, of: modelHash)) {
            FieldText.equal(text($0.version), version) && FieldText.equal(text($0.model), model)
        }
    }

    @inline(__always)
    func feature(_ name: UnsafeBufferPointer<UInt8>, of model: Int32) -> Int32 {
        features.index(FeatureBinsStorage.hash(name, of: UInt64(truncatingIfNeeded: model))) {
            $0.model == model && FieldText.equal(text($0.name), name)
        }
    }

    /// The bin of a number: behind all bounds below it. Measured, to count them four at a time takes 2 ns, a binary search
    /// 12: its branches cannot be foretold.
    @inline(__always)
    func range(of number: Double, in entry: FeatureEntry) -> FeatureBins.Bin {
        let first = bounds.baseAddress! + Int(entry.start)
        let sought = SIMD4(repeating: number)
        var below = SIMD4<Int64>()
        var place = 0
        while place < Int(entry.size) {
            let bounds = UnsafeRawPointer(first + place).loadUnaligned(as: SIMD4<Double>.self)
            below &-= unsafeBitCast(bounds .< sought, to: SIMD4<Int64>.self)
            place &+= 4
        }
        return FeatureBins.Bin(index: entry.firstBin &+ Int32(truncatingIfNeeded: below.wrappedSum()))
    }

    /// The bin of a category.
    @inline(__always)
    func category(_ value: UnsafeBufferPointer<UInt8>, in entry: FeatureEntry) -> FeatureBins.Bin {
        let value = FeatureText.category(value)
        let hash = FeatureBinsStorage.hash(value)
        let tag = UInt32(truncatingIfNeeded: hash >> 32)
        let first = categories.baseAddress! + Int(entry.start)
        let mask = Int(entry.size) &- 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while first[place].bin >= 0 {
            let slot = first[place]
            if slot.tag == tag, FieldText.equal(text(bins[Int(slot.bin)]), value) {
                return FeatureBins.Bin(index: slot.bin)
            }
            place = (place &+ 1) & mask
        }
        return FeatureBins.Bin(index: entry.otherBin)
    }

    @inline(__always)
    func text(_ text: Text) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: UnsafePointer(texts.baseAddress! + Int(text.start)), count: Int(text.count))
    }

    // MARK: - Hashes

    /// Names are those of baselines, which whoever runs the store has set: no secret is needed against crafted ones.
    private static let key = HashKey(first: 0x2545_F491_4F6C_DD1D, second: 0x9FB2_1C65_1E98_DF25)

    @inline(__always)
    static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt64 {
        // No bytes may be nowhere or somewhere.
        guard let start = bytes.baseAddress, bytes.count > 0 else { return FoldedHash.mix(key.first, key.second) }
        return FoldedHash.hash(start, count: bytes.count, key: key)
    }

    /// The hash of a name that is one within something else.
    @inline(__always)
    static func hash(_ bytes: UnsafeBufferPointer<UInt8>, of outer: UInt64) -> UInt64 {
        FoldedHash.mix(hash(bytes) ^ outer, 0x9E37_79B9_7F4A_7C15)
    }

    /// Slots for so many entries: a power of two, at least twice as many.
    static func capacity(_ count: Int) -> Int {
        var capacity = 2
        while capacity < 2 * count + 1 { capacity *= 2 }
        return capacity
    }
}
