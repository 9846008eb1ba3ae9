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
        writer.varint(field << 3 | 2)
        content.writer.bytes.withUnsafeBytes { content in
            writer.varint(UInt64(content.count))
            writer.raw(content)
        }
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
