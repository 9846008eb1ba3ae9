// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Whether two texts have the same bytes. (Swift's own comparison is by look: a composed é equals a decomposed one.)
package func areSameBytes(_ left: String, _ right: String) -> Bool {
    let count = left.utf8.count
    if count != right.utf8.count { return false }
    var (left, right) = (left, right)
    return left.withUTF8 { a in
        right.withUTF8 { b in
            guard let a = a.baseAddress, let b = b.baseAddress else { return true }
            return memcmp(a, b, count) == 0
        }
    }
}

/// A text that equals another when their bytes do: a key for label names and values.
package struct ByteText: Hashable, Sendable {
    package let text: String

    package init(_ text: String) { self.text = text }

    package static func == (left: ByteText, right: ByteText) -> Bool { areSameBytes(left.text, right.text) }
}
