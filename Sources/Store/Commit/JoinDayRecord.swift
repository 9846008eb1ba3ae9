// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// What the store knows of the pages of a join's records of one day, as the entry `W` holds it. Format 1:
///
///     version:1 = 1
///     generation: varint       of the pages that count
///     records: varint          in all pages
///     pages: varint            pages × the last key of each:8 little-endian
///     words: varint            words × a word of the filter of all keys:8 little-endian
///     details                  the rest: of the event path, the store does not look into it
struct JoinDayRecord {
    var generation: UInt32
    var records: Int
    /// The last key of each page, ascending.
    var lastKeys: [UInt64]
    var filter: BloomFilter
    var details: [UInt8]

    /// Bits of the filter for each key: there are as many filters to ask as days.
    static let filterBits = 16

    /// Memory in bytes.
    var bytes: Int { (lastKeys.count + filter.words.count) * 8 + details.count }

    /// The page that has a key, if any has.
    func page(of key: UInt64) -> UInt32? {
        guard filter.mayContain(key) else { return nil }
        var (low, high) = (0, lastKeys.count)
        while low < high {
            let middle = (low + high) / 2
            if lastKeys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low < lastKeys.count ? UInt32(low) : nil
    }

    func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: bytes + 32)
        writer.byte(1)
        writer.varint(UInt64(generation))
        writer.varint(UInt64(records))
        writer.varint(UInt64(lastKeys.count))
        writer.array(lastKeys)
        writer.varint(UInt64(filter.words.count))
        writer.array(filter.words)
        details.withUnsafeBytes { writer.raw($0) }
        return writer.bytes
    }

    static func decode(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Malformed) -> JoinDayRecord {
        var reader = ByteReader(bytes)
        let version = try reader.byte()
        guard version == 1 else { throw ByteReader.Malformed(offset: 0, isOfOtherVersion: version > 1) }
        guard let generation = UInt32(exactly: try reader.varint()), let records = Int(exactly: try reader.varint())
        else { throw ByteReader.Malformed(offset: reader.offset) }
        let lastKeys = try numbers(&reader)
        guard let filter = BloomFilter(words: try numbers(&reader)) else {
            throw ByteReader.Malformed(offset: reader.offset)
        }
        return JoinDayRecord(
            generation: generation,
            records: records,
            lastKeys: lastKeys,
            filter: filter,
            details: Array(reader.rest)
        )
    }

    private static func numbers(_ reader: inout ByteReader) throws(ByteReader.Malformed) -> [UInt64] {
        let count = try reader.count(of: 8)
        let rest = reader.rest
        try reader.skip(count * 8)
        return (0..<count).map { UInt64(littleEndian: rest.loadUnaligned(fromByteOffset: $0 * 8, as: UInt64.self)) }
    }
}
