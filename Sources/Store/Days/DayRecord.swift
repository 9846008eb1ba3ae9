// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A sealed day, as the entry `Y` holds it. Format 1:
///
///     version:1 = 1
///     flags:1             1 = series are leaving the hot database for the file; 2 = thinned; 4 = overlaid
///     generation:varint   of its file
///     bytes:varint        of its file
///     thinned             if so: count:varint, count × name:text, ascending: the metrics that are past their retention and
///                         were left out
///     overlaid:zigzag     if so: since when the hot database has late events of the day, event time in milliseconds
///     crc:4               CRC-32C of everything before, xor that of the key, little-endian
struct DayRecord: Equatable {
    var generation: UInt32
    var bytes: Int
    /// The hot database has not lost yet what the file has.
    var isCleaning = false
    /// The metrics that were left out of the file. What late events add to one of them later is in it: nothing of them
    /// can be read before the day's end.
    var thinned = ThinnedMetrics([])
    /// Since when the hot database has late events of the day, as event time was when they were first seen.
    var overlaidSince: Timestamp?

    func encode(key: [UInt8]) -> [UInt8] {
        var writer = ByteWriter(capacity: 24)
        writer.byte(1)
        writer.byte((isCleaning ? 1 : 0) | (thinned.isEmpty ? 0 : 2) | (overlaidSince == nil ? 0 : 4))
        writer.varint(UInt64(generation))
        writer.varint(UInt64(bytes))
        if !thinned.isEmpty {
            let names = thinned.sorted
            writer.varint(UInt64(names.count))
            for name in names { writer.text(name) }
        }
        if let overlaidSince { writer.zigzag(overlaidSince.milliseconds) }
        let crc = writer.bytes.withUnsafeBytes { CRC32C.checksum($0) }
        writer.fixed(crc ^ key.withUnsafeBytes { CRC32C.checksum($0) })
        return writer.bytes
    }

    static func decode(
        _ bytes: UnsafeRawBufferPointer,
        key: UnsafeRawBufferPointer
    ) throws(ByteReader.Malformed) -> DayRecord {
        var reader = ByteReader(try CRC32C.body(of: bytes, key: CRC32C.checksum(key)))
        guard try reader.byte() == 1 else { throw ByteReader.Malformed(offset: 0, isOfOtherVersion: true) }
        let flags = try reader.byte()
        guard flags < 8, let generation = UInt32(exactly: try reader.varint()), generation > 0 else {
            throw ByteReader.Malformed(offset: reader.offset)
        }
        var record = DayRecord(generation: generation, bytes: Int(clamping: try reader.varint()))
        record.isCleaning = flags & 1 != 0
        if flags & 2 != 0 {
            var names: Set<String> = []
            for _ in 0..<(try reader.count(of: 1)) { names.insert(try reader.text()) }
            record.thinned = ThinnedMetrics(names)
        }
        if flags & 4 != 0 { record.overlaidSince = Timestamp(milliseconds: try reader.zigzag()) }
        guard reader.remaining == 0 else { throw ByteReader.Malformed(offset: reader.offset) }
        return record
    }
}

/// The floor, as the entry `M floor` holds it: version:1 = 1, day:varint. Points and samples of earlier days cannot be
/// read any more.
enum FloorRecord {
    static let name = "floor"

    static func encode(_ day: UInt32) -> [UInt8] {
        var writer = ByteWriter()
        writer.byte(1)
        writer.varint(UInt64(day))
        return writer.bytes
    }

    static func decode(_ bytes: UnsafeRawBufferPointer) throws(ByteReader.Malformed) -> UInt32 {
        var reader = ByteReader(bytes)
        guard try reader.byte() == 1 else { throw ByteReader.Malformed(offset: 0, isOfOtherVersion: true) }
        guard let day = UInt32(exactly: try reader.varint()), reader.remaining == 0 else {
            throw ByteReader.Malformed(offset: 1)
        }
        return day
    }
}
