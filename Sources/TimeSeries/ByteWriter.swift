// SPDX-License-Identifier: Apache-2.0

/// Appends numbers and texts to bytes, in the forms that `ByteReader` reads.
///
/// Variable-length integers carry seven bits a byte, the lowest first; all but the last byte have the high bit set.
/// Signed ones are zigzag encoded before.
@frozen
package struct ByteWriter {
    @usableFromInline package internal(set) var bytes: [UInt8] = []

    @inlinable
    package init(capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    @inlinable @inline(__always)
    package mutating func byte(_ value: UInt8) {
        bytes.append(value)
    }

    @inlinable @inline(__always)
    package mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    @inlinable @inline(__always)
    package mutating func zigzag(_ value: Int64) {
        varint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    /// A fixed-width integer, little-endian.
    @inlinable
    package mutating func fixed(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }

    /// Bytes as they are.
    @inlinable
    package mutating func raw(_ added: UnsafeRawBufferPointer) {
        bytes.append(contentsOf: added)
    }

    @inlinable
    package mutating func text(_ value: String) {
        varint(UInt64(value.utf8.count))
        bytes.append(contentsOf: value.utf8)
    }

    /// Integers of fixed width, one behind the other.
    @inlinable
    package mutating func array(_ values: [some FixedWidthInteger & BitwiseCopyable]) {
        values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
}

/// Reads what `ByteWriter` wrote. Every read checks the bounds: the bytes come from a disk.
@frozen
package struct ByteReader {
    @usableFromInline let bytes: UnsafeRawBufferPointer
    package internal(set) var offset = 0

    /// A record that is shorter than it says, or says what cannot be.
    package struct Malformed: Error {
        /// Where in the record.
        package let offset: Int
        /// Whether what is there is none of ours yet: a later version wrote it.
        package var isOfOtherVersion: Bool

        package init(offset: Int, isOfOtherVersion: Bool = false) {
            self.offset = offset
            self.isOfOtherVersion = isOfOtherVersion
        }
    }

    @inlinable
    package init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    @inlinable
    package var remaining: Int { bytes.count - offset }

    /// What is not read yet.
    @inlinable
    package var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[offset...]) }

    /// Goes on behind so many bytes.
    @inlinable @inline(__always)
    package mutating func skip(_ count: Int) throws(Malformed) {
        guard count >= 0, count <= remaining else { throw Malformed(offset: offset) }
        offset += count
    }

    @inlinable
    package mutating func byte() throws(Malformed) -> UInt8 {
        guard offset < bytes.count else { throw Malformed(offset: offset) }
        defer { offset += 1 }
        return bytes[offset]
    }

    @inlinable @inline(__always)
    package mutating func varint() throws(Malformed) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            if shift == 63, byte > 1 { break }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
            if shift > 63 { break }
        }
        throw Malformed(offset: offset)
    }

    @inlinable @inline(__always)
    package mutating func zigzag() throws(Malformed) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A count of things that take at least `size` bytes each: no more than there can be.
    @inlinable
    package mutating func count(of size: Int) throws(Malformed) -> Int {
        let value = try varint()
        guard value <= UInt64(remaining / max(size, 1)) else { throw Malformed(offset: offset) }
        return Int(value)
    }

    @inlinable
    package mutating func fixed<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type) throws(Malformed) -> Value {
        let size = MemoryLayout<Value>.size
        guard remaining >= size else { throw Malformed(offset: offset) }
        defer { offset += size }
        return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    @inlinable
    package mutating func text() throws(Malformed) -> String {
        let length = try count(of: 1)
        defer { offset += length }
        let slice = UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + length)])
        guard let text = String(validating: slice, as: UTF8.self) else { throw Malformed(offset: offset) }
        return text
    }

    /// The bytes of a text, which are UTF-8.
    @inlinable
    package mutating func textBytes() throws(Malformed) -> UnsafeRawBufferPointer {
        let length = try count(of: 1)
        defer { offset += length }
        let slice = UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + length)])
        var high: UInt8 = 0
        for byte in slice { high |= byte }
        // ASCII most of the time.
        guard high < 0x80 || String(validating: slice, as: UTF8.self) != nil else { throw Malformed(offset: offset) }
        return slice
    }
}
