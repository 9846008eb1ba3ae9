// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A set of hashes that answers "perhaps" or "no".
///
/// The bits of one hash are within one block of 512 bits, so that a question costs one or two lines of the cache, however
/// large the set is (Putze, Sanders, Singler, 2007). At 10 bits a hash one question in about eighty is answered "perhaps"
/// in vain, at 16 one in about five hundred.
struct BloomFilter {
    /// Whole blocks, at least one.
    private(set) var words: [UInt64]

    private static let blockWords = 8
    private static let probes: UInt64 = 7

    /// An empty set with room for so many hashes.
    init(capacity: Int, bitsPerHash: Int) {
        let blocks = max(1, (capacity * bitsPerHash + 511) / 512)
        words = Array(repeating: 0, count: blocks * BloomFilter.blockWords)
    }

    /// A set of these hashes.
    init(_ hashes: [UInt64], bitsPerHash: Int) {
        self.init(capacity: hashes.count, bitsPerHash: bitsPerHash)
        for hash in hashes { insert(hash) }
    }

    /// The set that `words` was asked of; nil when there are no whole blocks.
    init?(words: [UInt64]) {
        guard !words.isEmpty, words.count % BloomFilter.blockWords == 0 else { return nil }
        self.words = words
    }

    mutating func insert(_ hash: UInt64) {
        let (block, bits) = place(hash)
        for probe in 0..<BloomFilter.probes {
            let bit = Int(truncatingIfNeeded: (bits >> (probe &* 9)) & 511)
            words[block &+ bit / 64] |= 1 << UInt64(bit % 64)
        }
    }

    func mayContain(_ hash: UInt64) -> Bool {
        let (block, bits) = place(hash)
        for probe in 0..<BloomFilter.probes {
            let bit = Int(truncatingIfNeeded: (bits >> (probe &* 9)) & 511)
            if words[block &+ bit / 64] & 1 << UInt64(bit % 64) == 0 { return false }
        }
        return true
    }

    /// The first word of the block of a hash, and 7 × 9 bits that say which bits of it.
    @inline(__always)
    private func place(_ hash: UInt64) -> (block: Int, bits: UInt64) {
        let mixed = hash &* 0x9E37_79B9_7F4A_7C15
        let block = mixed.multipliedFullWidth(by: UInt64(words.count / BloomFilter.blockWords)).high
        let bits = (hash ^ hash >> 32) &* 0xD6E8_FEB8_6659_FD93
        return (Int(block) &* BloomFilter.blockWords, bits ^ bits >> 32)
    }
}
