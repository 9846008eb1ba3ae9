// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Reads the fields of a protocol buffer message, one after the other, without a copy.
///
/// Source: the wire format of Protocol Buffers (protobuf.dev, "Encoding"). Groups are not known and refused, as proto3 has
/// none.
struct MessageReader {
    /// What a field is written as.
    enum Value {
        /// A variable-length integer: of any integer type, a boolean or an enumeration.
        case varint(UInt64)
        /// Eight bytes, little-endian.
        case fixed64(UInt64)
        /// Four bytes, little-endian.
        case fixed32(UInt32)
        /// A text, bytes, a message, or packed numbers.
        case bytes(UnsafeRawBufferPointer)
    }

    private var reader: ByteReader
    /// The number of the field that `next` returned.
    private(set) var field: UInt64 = 0

    /// A reader of bytes that outlive it.
    init(_ bytes: UnsafeRawBufferPointer) {
        reader = ByteReader(bytes)
    }

    /// The value of the next field, whose number `field` is then; nil at the end.
    @inline(__always)
    mutating func next() throws(ByteReader.Malformed) -> Value? {
        guard reader.remaining > 0 else { return nil }
        let tag = try reader.varint()
        field = tag >> 3
        guard field > 0, field < 1 << 29 else { throw ByteReader.Malformed(offset: reader.offset) }
        switch tag & 7 {
        case 0: return .varint(try reader.varint())
        case 1: return .fixed64(try reader.fixed(UInt64.self))
        case 2: return .bytes(try bytes())
        case 5: return .fixed32(try reader.fixed(UInt32.self))
        default: throw ByteReader.Malformed(offset: reader.offset)
        }
    }

    /// A count, and so many bytes.
    @inline(__always)
    private mutating func bytes() throws(ByteReader.Malformed) -> UnsafeRawBufferPointer {
        let count = try reader.count(of: 1)
        let start = reader.rest
        try reader.skip(count)
        return UnsafeRawBufferPointer(rebasing: start[..<count])
    }
}
