// SPDX-License-Identifier: Apache-2.0

/// Draws an index with given weights from one random word, in constant time.
///
/// Walker's alias method in Vose's form: M. D. Vose, "A Linear Algorithm for Generating Random Numbers with a Given
/// Distribution", IEEE Transactions on Software Engineering 17 (1991).
struct AliasTable {
    private struct Column {
        /// The column's own index wins below this, of 2^32.
        var threshold: UInt64
        var alias: UInt32
    }

    private var columns: [Column]

    /// - Parameter weights: at least one, none negative, with a sum above 0. They need not sum to 1.
    init(weights: [Double]) {
        let count = weights.count
        let total = weights.reduce(0, +)
        precondition(total > 0, "an alias table needs a weight above 0")
        var scaled = weights.map { $0 * Double(count) / total }
        columns = (0..<count).map { Column(threshold: 1 << 32, alias: UInt32($0)) }
        var small = scaled.indices.filter { scaled[$0] < 1 }
        var large = scaled.indices.filter { scaled[$0] >= 1 }
        while let less = small.popLast(), let more = large.last {
            columns[less] = Column(threshold: UInt64(scaled[less] * 0x1p32), alias: UInt32(more))
            scaled[more] -= 1 - scaled[less]
            if scaled[more] < 1 {
                large.removeLast()
                small.append(more)
            }
        }
    }

    /// The upper half of `word` picks the column, the lower half decides between it and its alias.
    func index(for word: UInt64) -> Int {
        let index = Int(((word >> 32) &* UInt64(columns.count)) >> 32)
        let column = columns[index]
        return (word & 0xFFFF_FFFF) < column.threshold ? index : Int(column.alias)
    }
}

/// 256 entries that hold each index in proportion to its weight, for draws from 8 bits.
///
/// The counts are exact integers, so averages over the table (a campaign's CTR over its ads) can be kept exact too.
/// Every index gets at least one entry.
func byteTable(weights: [Double]) -> [UInt8] {
    precondition((1...256).contains(weights.count), "a byte table holds 1 to 256 indices")
    let total = weights.reduce(0, +)
    var counts = weights.map { max(1, Int($0 / total * 256)) }
    let heaviest = weights.indices.max { weights[$0] < weights[$1] } ?? 0
    counts[heaviest] += 256 - counts.reduce(0, +)
    return counts.enumerated().flatMap { index, count in Array(repeating: UInt8(index), count: count) }
}
