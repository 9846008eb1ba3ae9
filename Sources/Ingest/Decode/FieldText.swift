// SPDX-License-Identifier: Apache-2.0

import CSimdJSON
import Glibc

/// Questions about the bytes of a field.
enum FieldText {
    /// Whether the bytes are valid UTF-8.
    static func isUTF8(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let base = text.baseAddress else { return true }
        return csj_is_utf8(base, text.count) != 0
    }

    /// Whether the bytes are those.
    @inline(__always)
    static func equal(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        guard let a = left.baseAddress, let b = right.baseAddress else { return true }
        return memcmp(a, b, left.count) == 0
    }
}
