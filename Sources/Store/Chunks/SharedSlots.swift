// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The slots of one span that the chunks of several series have in common: what one event does to several series it does
/// in the same slots, and each of the chunks would say them again. Format 1:
///
///     tag:1            4
///     uses:varint      how many chunks refer to the entry, at least 1
///     count:varint     n, 1...slots of the span
///     slots            `IntegerColumn` of n, counted from the span's first slot, ascending
///     crc:4            CRC-32C of everything before, xor that of the key, little-endian
///
/// The key is that of the chunk of the lead, the first of the series that had the slots when the entry was made, and the
/// lower half of the column's CRC-32C, which tells it from entries that are on their way out. What stands under a key never changes but for `uses`: a chunk that gets other slots leaves the
/// entry as it is to the others. The last one to leave takes it away, in the same write.
struct SharedSlots {
    static let tag: UInt8 = 4

    /// How many chunks refer to it.
    var uses: Int
    /// How many slots there are.
    var count: Int
    /// The column, as it is in an entry or in a chunk.
    var column: [UInt8]

    /// What tells the column from others.
    static func hash(of column: [UInt8]) -> UInt16 {
        UInt16(truncatingIfNeeded: column.withUnsafeBytes { CRC32C.checksum($0) })
    }

    /// How a chunk names the entry.
    struct Reference: Equatable {
        /// The chunk's series less the lead.
        var distance: UInt32
        /// The lower half of the column's CRC-32C.
        var hash: UInt16

        /// The key of the entry; nil when there cannot be such a lead.
        func key(from place: ChunkPlace) -> ChunkKey? {
            guard distance <= place.series.number else { return nil }
            var lead = place
            lead.series = SeriesID(place.series.number - distance)
            return ChunkKey(slotsAt: lead, hash: hash)
        }
    }

    // MARK: - Format

    /// The bytes of the entry.
    ///
    /// - Parameter key: the checksum of its key.
    func encode(key: UInt32) -> [UInt8] {
        var writer = ByteWriter(capacity: column.count + 16)
        writer.byte(SharedSlots.tag)
        writer.varint(UInt64(uses))
        writer.varint(UInt64(count))
        column.withUnsafeBytes { writer.raw($0) }
        let crc = writer.bytes.withUnsafeBytes { CRC32C.checksum($0) }
        writer.fixed(crc ^ key)
        return writer.bytes
    }

    /// The entry with its column undecoded.
    ///
    /// - Throws: when the bytes do not begin as an entry does, at the offset where that shows.
    static func read(_ bytes: UnsafeRawBufferPointer, key: UInt32) throws(ByteReader.Malformed) -> SharedSlots {
        let (reader, uses, count) = try head(bytes, key: key)
        return SharedSlots(uses: uses, count: count, column: Array(reader.rest))
    }

    private static func head(
        _ bytes: UnsafeRawBufferPointer,
        key: UInt32
    ) throws(ByteReader.Malformed) -> (reader: ByteReader, uses: Int, count: Int) {
        var reader = ByteReader(try CRC32C.body(of: bytes, key: key))
        guard try reader.byte() == tag else { throw ByteReader.Malformed(offset: 0, isOfOtherVersion: true) }
        let uses = try reader.varint()
        guard uses > 0, uses <= UInt64(UInt32.max) else { throw ByteReader.Malformed(offset: reader.offset) }
        let count = try reader.varint()
        guard count > 0, count <= UInt64(EventColumns.mostSlots) else {
            throw ByteReader.Malformed(offset: reader.offset)
        }
        return (reader, Int(uses), Int(count))
    }

    /// Reads the slots of an entry, and adds `first` to each.
    ///
    /// - Parameters:
    ///   - key: the checksum of the entry's key.
    ///   - count: how many the chunk says that there are.
    ///   - span: how many slots the span has.
    /// - Throws: when the bytes are not an entry of so many slots of such a span, at the offset where that shows.
    /// - Complexity: O(n); allocates nothing.
    static func decode(
        _ bytes: UnsafeRawBufferPointer,
        key: UInt32,
        into out: UnsafeMutablePointer<UInt32>,
        count: Int,
        from first: UInt32,
        span: UInt32,
        _ scratch: ColumnScratch
    ) throws(ByteReader.Malformed) {
        var (reader, _, found) = try head(bytes, key: key)
        guard found == count else { throw ByteReader.Malformed(offset: reader.offset) }
        try EventChunk.decodeSlots(&reader, into: out, count: count, from: first, span: span, scratch)
        guard reader.remaining == 0 else { throw ByteReader.Malformed(offset: reader.offset) }
    }
}
