// SPDX-License-Identifier: Apache-2.0

/// The parts of a key: for each field two bytes of length, little-endian, and the value's bytes. The texts that joins keep
/// are written the same way.
enum KeyParts {
    static func strings(_ key: UnsafeBufferPointer<UInt8>) -> [String] {
        var parts: [String] = []
        forEach(key) { parts.append(String(decoding: $0, as: UTF8.self)) }
        return parts
    }

    @inline(__always)
    static func forEach(_ key: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        var offset = 0
        while offset + 2 <= key.count {
            let length = Int(key[offset]) | Int(key[offset + 1]) << 8
            body(UnsafeBufferPointer(rebasing: key[(offset + 2)..<(offset + 2 + length)]))
            offset += 2 + length
        }
    }

    /// One part; none when there are not so many.
    static func part(_ wanted: Int, of key: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
        var position = 0
        var found: UnsafeBufferPointer<UInt8>?
        forEach(key) { part in
            if position == wanted { found = part }
            position += 1
        }
        return found
    }

    /// Whether bytes that come from a disk are parts, to the last.
    static func isWhole(_ key: UnsafeBufferPointer<UInt8>) -> Bool {
        var offset = 0
        while offset + 2 <= key.count { offset += 2 + (Int(key[offset]) | Int(key[offset + 1]) << 8) }
        return offset == key.count
    }

    /// Appends a text as a part.
    static func append(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout GrowableBuffer<UInt8>) {
        precondition(text.count <= UInt16.max, "parts are labels")
        bytes.append(UInt8(truncatingIfNeeded: text.count))
        bytes.append(UInt8(truncatingIfNeeded: text.count >> 8))
        if let start = text.baseAddress { bytes.append(from: start, count: text.count) }
    }
}
