// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Steps through the lines of a text. The line end (`\n` or `\r\n`) is not part of a line; the last line needs none.
struct TextLines {
    private let text: UnsafeBufferPointer<UInt8>
    private var offset = 0

    /// The 1-based number of the line that `next` gave last.
    private(set) var number = 0

    init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
    }

    /// The next line, or nil at the end.
    @inline(__always)
    mutating func next() -> UnsafeBufferPointer<UInt8>? {
        guard offset < text.count, let base = text.baseAddress else { return nil }
        let start = base + offset
        let rest = text.count - offset
        var count = rest
        if let end = memchr(start, 0x0A, rest) {
            count = start.distance(to: end.assumingMemoryBound(to: UInt8.self))
            offset += count + 1
        } else {
            offset = text.count
        }
        number += 1
        if count > 0, start[count - 1] == 0x0D { count -= 1 }
        return UnsafeBufferPointer(start: start, count: count)
    }

    /// Whether there is nothing but white space in a line.
    @inline(__always)
    static func isBlank(_ line: UnsafeBufferPointer<UInt8>) -> Bool {
        if let first = line.first, first > 0x20 { return false }
        return line.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    }

    /// The text without a byte order mark at its start.
    static func withoutByteOrderMark(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        if text.count >= 3, text[0] == 0xEF, text[1] == 0xBB, text[2] == 0xBF {
            return UnsafeBufferPointer(rebasing: text[3...])
        }
        return text
    }
}
