// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A series' family and labels, as the entry `S` holds them. Format 1:
///
///     version:1 = 2  created: zigzag milliseconds  family:varint  count:varint  count × label:varint
///
/// The family is the number in its entry `F`, the labels are the numbers of their entries `N`, ordered by the bytes of
/// their names. Version 1 was never released.
enum SeriesRecord {
    static func encode(family: Int, labels: some Collection<UInt32>, created: Timestamp) -> [UInt8] {
        var writer = ByteWriter(capacity: 16 + labels.count * 4)
        writer.byte(2)
        writer.zigzag(created.milliseconds)
        writer.varint(UInt64(family))
        writer.varint(UInt64(labels.count))
        for label in labels { writer.varint(UInt64(label)) }
        return writer.bytes
    }

    /// Reads what stands before the numbers of the labels, and how many there are.
    @inline(__always)
    static func decodeHead(
        _ reader: inout ByteReader
    ) throws(ByteReader.Malformed) -> (created: Int64, family: UInt64, count: Int) {
        guard try reader.byte() == 2 else { throw ByteReader.Malformed(offset: 0) }
        return (try reader.zigzag(), try reader.varint(), try reader.count(of: 1))
    }
}

/// A label, as the entry `N` holds it. Format 1:
///
///     version:1 = 1  name: text  value: text
///
/// A text is its length in bytes as a varint and its UTF-8. Labels are numbered from 0 in the order in which series
/// first have them, and written in the same batch as the first series that has them.
enum LabelRecord {
    static func encode(name: String, value: UnsafeBufferPointer<UInt8>) -> [UInt8] {
        var writer = ByteWriter(capacity: name.utf8.count + value.count + 6)
        writer.byte(1)
        writer.text(name)
        writer.varint(UInt64(value.count))
        writer.raw(UnsafeRawBufferPointer(value))
        return writer.bytes
    }

    /// The bytes of name and value, which are UTF-8 both, the value not empty.
    static func decode(
        _ bytes: UnsafeRawBufferPointer
    ) throws(ByteReader.Malformed) -> (name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
        var reader = ByteReader(bytes)
        guard try reader.byte() == 1 else { throw ByteReader.Malformed(offset: 0) }
        let name = try reader.textBytes()
        let value = try reader.textBytes()
        guard reader.remaining == 0, !value.isEmpty else { throw ByteReader.Malformed(offset: reader.offset) }
        return (name, value)
    }
}
