// SPDX-License-Identifier: Apache-2.0

/// Appends numbers and texts to bytes, in the forms that `ByteReader` reads.
///
/// Variable-length integers carry seven bits a byte, the lowest first; all but the last byte have the high bit set.
/// Signed ones are zigzag encoded before.
///
/// Both are public because the compiler inlines nothing that is `package` into another module, and loops over points call
/// them: measured, a call a number takes 1.5 times as long.
@frozen
public struct ByteWriter {
    @usableFromInline var written: [UInt8] = []

    /// What has been written.
    @inlinable @inline(__always)
    public var bytes: [UInt8] { written }

    /// A writer with room for so many bytes.
    @inlinable
    public init(capacity: Int = 0) {
        written.reserveCapacity(capacity)
    }

    /// One byte.
    @inlinable @inline(__always)
    public mutating func byte(_ value: UInt8) {
        written.append(value)
    }

    /// An integer of variable length: 1 to 10 bytes.
    @inlinable @inline(__always)
    public mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            written.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        written.append(UInt8(truncatingIfNeeded: rest))
    }

    /// A signed integer of variable length.
    @inlinable @inline(__always)
    public mutating func zigzag(_ value: Int64) {
        varint(UInt64(bitPattern: (value << 1) ^ (value >> 63)))
    }

    /// A fixed-width integer, little-endian.
    @inlinable
    public mutating func fixed(_ value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { written.append(contentsOf: $0) }
    }

    /// Bytes as they are.
    @inlinable
    public mutating func raw(_ added: UnsafeRawBufferPointer) {
        written.append(contentsOf: added)
    }

    /// A text: the count of its bytes, and they.
    @inlinable
    public mutating func text(_ value: String) {
        varint(UInt64(value.utf8.count))
        written.append(contentsOf: value.utf8)
    }

    /// Integers of fixed width, one behind the other.
    @inlinable
    public mutating func array(_ values: [some FixedWidthInteger & BitwiseCopyable]) {
        values.withUnsafeBytes { written.append(contentsOf: $0) }
    }
}

/// Reads what `ByteWriter` wrote. Every read checks the bounds: the bytes come from a disk.
@frozen
public struct ByteReader {
    @usableFromInline let bytes: UnsafeRawBufferPointer
    @usableFromInline var place = 0

    /// A record that is shorter than it says, or says what cannot be.
    @frozen
    public struct Malformed: Error {
        /// Where in the record.
        public let offset: Int
        /// Whether what is there is none of ours yet: a later version wrote it.
        public var isOfOtherVersion: Bool

        /// A fault at a place.
        @inlinable
        public init(offset: Int, isOfOtherVersion: Bool = false) {
            self.offset = offset
            self.isOfOtherVersion = isOfOtherVersion
        }
    }

    /// A reader of bytes that outlive it.
    @inlinable
    public init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// How many bytes have been read.
    @inlinable @inline(__always)
    public var offset: Int { place }

    /// How many are left.
    @inlinable @inline(__always)
    public var remaining: Int { bytes.count - place }

    /// What is not read yet.
    @inlinable @inline(__always)
    public var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[place...]) }

    /// Goes on behind so many bytes.
    @inlinable @inline(__always)
    public mutating func skip(_ count: Int) throws(Malformed) {
        guard count >= 0, count <= remaining else { throw Malformed(offset: place) }
        place += count
    }

    /// One byte.
    @inlinable
    public mutating func byte() throws(Malformed) -> UInt8 {
        guard place < bytes.count else { throw Malformed(offset: place) }
        defer { place += 1 }
        return bytes[place]
    }

    /// An integer of variable length.
    @inlinable @inline(__always)
    public mutating func varint() throws(Malformed) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while place < bytes.count {
            let byte = bytes[place]
            place += 1
            if shift == 63, byte > 1 { break }
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
            shift += 7
            if shift > 63 { break }
        }
        throw Malformed(offset: place)
    }

    /// A signed integer of variable length.
    @inlinable @inline(__always)
    public mutating func zigzag() throws(Malformed) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A count of things that take at least `size` bytes each: no more than there can be.
    @inlinable
    public mutating func count(of size: Int) throws(Malformed) -> Int {
        let value = try varint()
        guard value <= UInt64(remaining / max(size, 1)) else { throw Malformed(offset: place) }
        return Int(value)
    }

    /// A fixed-width integer, little-endian.
    @inlinable
    public mutating func fixed<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type) throws(Malformed) -> Value {
        let size = MemoryLayout<Value>.size
        guard remaining >= size else { throw Malformed(offset: place) }
        defer { place += size }
        return Value(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: Value.self))
    }

    /// A text, which is UTF-8.
    public mutating func text() throws(Malformed) -> String {
        let length = try count(of: 1)
        defer { place += length }
        let slice = UnsafeRawBufferPointer(rebasing: bytes[place..<(place + length)])
        guard let text = String(validating: slice, as: UTF8.self) else { throw Malformed(offset: place) }
        return text
    }

    /// The bytes of a text, which are UTF-8.
    @inlinable
    public mutating func textBytes() throws(Malformed) -> UnsafeRawBufferPointer {
        let length = try count(of: 1)
        defer { place += length }
        let slice = UnsafeRawBufferPointer(rebasing: bytes[place..<(place + length)])
        var high: UInt8 = 0
        for byte in slice { high |= byte }
        // ASCII most of the time.
        guard high < 0x80 || String(validating: slice, as: UTF8.self) != nil else { throw Malformed(offset: place) }
        return slice
    }
}
