// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Writes the fields of a protocol buffer message. Fields that have the default value are left out by the caller.
struct MessageWriter {
    private var writer: ByteWriter

    init(capacity: Int = 0) {
        writer = ByteWriter(capacity: capacity)
    }

    var bytes: [UInt8] { writer.bytes }

    /// An integer, a boolean or an enumeration.
    mutating func varint(_ field: UInt64, _ value: UInt64) {
        writer.varint(field << 3)
        writer.varint(value)
    }

    /// The bits of a double.
    mutating func double(_ field: UInt64, bits: UInt64) {
        writer.varint(field << 3 | 1)
        writer.fixed(bits)
    }

    mutating func text(_ field: UInt64, _ value: String) {
        writer.varint(field << 3 | 2)
        writer.text(value)
    }

    /// A message, or packed numbers.
    mutating func message(_ field: UInt64, _ content: MessageWriter) {
        content.writer.bytes.withUnsafeBytes { bytes(field, $0) }
    }

    /// A message that is written already.
    mutating func bytes(_ field: UInt64, _ content: UnsafeRawBufferPointer) {
        message(field, bytes: content.count)
        writer.raw(content)
    }

    /// The head of a message whose fields come next and are so many bytes.
    mutating func message(_ field: UInt64, bytes: Int) {
        writer.varint(field << 3 | 2)
        writer.varint(UInt64(bytes))
    }

    /// How many bytes a number takes.
    static func size(_ value: UInt64) -> Int {
        (70 - max(value, 1).leadingZeroBitCount) / 7
    }

    /// All fields of another message.
    mutating func fields(_ other: MessageWriter) {
        other.writer.bytes.withUnsafeBytes { writer.raw($0) }
    }

    /// A number without a field, for packed ones.
    mutating func number(_ value: UInt64) {
        writer.varint(value)
    }
}
