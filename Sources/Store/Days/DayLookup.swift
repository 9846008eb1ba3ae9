// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Finds series in the indices of day files, and remembers the block of each file that was read last: series are mostly
/// asked for by number. One thread at a time.
struct DayLookup {
    /// By serial number of an open file.
    private var blocks: [UInt64: (number: Int, bytes: [UInt8])] = [:]
    /// So many blocks, of about 4 KiB.
    private static let mostBlocks = 512
    /// How many blocks were read.
    private(set) var reads = 0

    /// The index entry of a series, or nil when the day has nothing of it.
    mutating func entry(
        of id: SeriesID,
        in day: OpenDay,
        positions: ChunkPositions
    ) throws(StoreError) -> DayEntry? {
        guard let number = day.block(of: id) else { return nil }
        if let known = blocks[day.serial], known.number == number {
            return try day.entry(of: id, in: known.bytes, positions: positions)
        }
        let bytes = try day.readBlock(number)
        reads += 1
        if blocks.count >= DayLookup.mostBlocks { blocks.removeAll(keepingCapacity: true) }
        blocks[day.serial] = (number, bytes)
        return try day.entry(of: id, in: bytes, positions: positions)
    }
}
