// SPDX-License-Identifier: Apache-2.0

/// About a million customers for each market, a few of them seen very often.
///
/// Rank r is drawn in proportion to 1 / r (Zipf), from rank 64 on so that no single customer has more than about 0.1 % of
/// a market: an octave of ranks is picked evenly, then a rank inside it.
enum CustomerPool {
    private static let firstOctave: UInt64 = 6
    private static let octaves: UInt64 = 14

    /// The market in the upper bits, 20 scrambled bits of rank below, so that the frequent ones are not neighbours.
    static func customer(market: Int, word: UInt64) -> UInt32 {
        let octave = firstOctave + ((word >> 32) &* octaves) >> 32
        let first = UInt64(1) << octave
        let rank = first | (word & (first - 1))
        return UInt32(market) << 20 | UInt32(truncatingIfNeeded: rank &* 0x9E3A5) & 0xFFFFF
    }

    /// A customer lives in one region: the byte that chooses it.
    static func regionByte(of customer: UInt32) -> UInt64 {
        splitMix(UInt64(customer)) & 0xFF
    }

    /// A customer sees one variant of a campaign: 0 or 1.
    static func variant(of customer: UInt32, campaign: Int) -> Int {
        Int(splitMix(UInt64(customer) << 8 | UInt64(campaign)) >> 63)
    }
}
