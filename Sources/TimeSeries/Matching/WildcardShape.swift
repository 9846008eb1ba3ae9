// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Texts with `.*` and `.+` between them: `abc.*`, `.*abc`, `.+abc.*`, `a.*b.+c`.
///
/// Matched by bytes: value and texts are valid UTF-8, so a text is found only where a character begins, and a gap of
/// one byte or more is one of one character or more.
struct WildcardShape: Sendable {
    /// A text somewhere behind the one before it.
    struct Middle: Sendable {
        /// How many characters are in between at least: 0 or 1.
        let gap: Int
        /// Not empty.
        let text: [UInt8]
    }

    /// What the value begins with; may be empty.
    let prefix: [UInt8]
    /// What comes then, in this order.
    let middles: [Middle]
    /// How many characters are between the last of those, or the prefix, and the suffix at least: 0 or 1.
    let lastGap: Int
    /// What the value ends with; may be empty.
    let suffix: [UInt8]

    /// Whether it is `.*`.
    var isEverything: Bool { prefix.isEmpty && middles.isEmpty && lastGap == 0 && suffix.isEmpty }

    /// Whether the whole value has this shape.
    ///
    /// Taking each text at its first place leaves the most room for the rest, so no other place needs to be tried.
    func accepts(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
        let end = value.count - suffix.count
        guard prefix.count + lastGap <= end, WildcardShape.has(prefix, at: 0, of: value),
            WildcardShape.has(suffix, at: end, of: value)
        else { return false }
        var at = prefix.count
        for middle in middles {
            guard let found = WildcardShape.find(middle.text, from: at + middle.gap, to: end, of: value) else {
                return false
            }
            at = found + middle.text.count
        }
        return at + lastGap <= end
    }

    /// Whether `text` stands there; there is room for it.
    private static func has(_ text: [UInt8], at offset: Int, of value: UnsafeBufferPointer<UInt8>) -> Bool {
        guard !text.isEmpty, let start = value.baseAddress else { return true }
        return text.withUnsafeBytes { memcmp(start + offset, $0.baseAddress!, $0.count) == 0 }
    }

    /// The first place of `text`, which is not empty, wholly between two offsets.
    ///
    /// - Complexity: O(bytes of value × bytes of text) at worst; values are short.
    private static func find(
        _ text: [UInt8],
        from first: Int,
        to end: Int,
        of value: UnsafeBufferPointer<UInt8>
    ) -> Int? {
        guard let start = value.baseAddress else { return nil }
        return text.withUnsafeBytes { text in
            let last = end - text.count
            var at = first
            while at <= last, let found = memchr(start + at, Int32(text[0]), last - at + 1) {
                at = UnsafeRawPointer(found) - UnsafeRawPointer(start)
                if memcmp(found, text.baseAddress!, text.count) == 0 { return at }
                at += 1
            }
            return nil
        }
    }
}
