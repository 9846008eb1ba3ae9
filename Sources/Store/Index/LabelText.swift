// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The labels of a series as the index keeps them, made before the lock is taken.
struct LabelText {
    /// One label in `plain`.
    struct Part {
        /// Where `name="value` begins.
        let start: Int
        let nameCount: Int
        let valueCount: Int
        /// The hash of `name="value`.
        let hash: UInt32

        var count: Int { nameCount + 2 + valueCount }
    }

    /// As the labels stand in the text exposition format.
    let exposition: [UInt8]
    /// The same without escapes, when there are any.
    let unescaped: [UInt8]?
    /// The hash of `exposition`.
    let hash: UInt32
    /// The labels, ordered by name.
    let parts: [Part]

    init(_ labels: Labels) {
        var parts: [Part] = []
        parts.reserveCapacity(labels.pairs.count)
        var hasEscapes = false
        // Each label takes four bytes more than its name and value, and the braces one.
        let length = labels.pairs.reduce(labels.pairs.isEmpty ? 0 : 1) {
            $0 + $1.name.utf8.count + $1.value.utf8.count + 4
        }
        let plain = [UInt8](unsafeUninitializedCapacity: length) { bytes, count in
            for pair in labels.pairs {
                bytes[count] = UInt8(ascii: count == 0 ? "{" : ",")
                let start = count + 1
                let middle = LabelText.copy(pair.name, to: bytes, at: start)
                bytes[middle] = UInt8(ascii: "=")
                bytes[middle + 1] = UInt8(ascii: "\"")
                let end = LabelText.copy(pair.value, to: bytes, at: middle + 2)
                bytes[end] = UInt8(ascii: "\"")
                count = end + 1
                let value = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[(middle + 2)..<end])
                hasEscapes = hasEscapes || LabelText.needsEscape(value)
                let hash = HashPlaces.hash(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start..<end]))
                parts.append(
                    Part(start: start, nameCount: middle - start, valueCount: end - middle - 2, hash: hash)
                )
            }
            if count > 0 {
                bytes[count] = UInt8(ascii: "}")
                count += 1
            }
        }
        self.parts = parts
        exposition = hasEscapes ? labels.expositionBytes : plain
        unescaped = hasEscapes ? plain : nil
        hash = exposition.withUnsafeBytes { HashPlaces.hash($0) }
    }

    /// `name="value` of one label, by which it is looked up.
    static func key(_ name: String, _ value: String) -> [UInt8] {
        Array(name.utf8) + [UInt8(ascii: "="), UInt8(ascii: "\"")] + Array(value.utf8)
    }

    /// Tells where the copy ends.
    @inline(__always)
    private static func copy(_ text: String, to bytes: UnsafeMutableBufferPointer<UInt8>, at start: Int) -> Int {
        var text = text
        return text.withUTF8 { text in
            guard let source = text.baseAddress else { return start }
            (bytes.baseAddress! + start).initialize(from: source, count: text.count)
            return start + text.count
        }
    }

    @inline(__always)
    static func needsEscape(_ value: UnsafeRawBufferPointer) -> Bool {
        var isSpecial: UInt8 = 0
        // Without a branch, so that many bytes are looked at together.
        for byte in value {
            isSpecial |= (byte == 0x5C ? 1 : 0) | (byte == 0x22 ? 1 : 0) | (byte == 0x0A ? 1 : 0)
        }
        return isSpecial != 0
    }
}
