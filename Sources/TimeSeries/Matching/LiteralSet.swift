// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Some texts, told apart by their bytes.
struct LiteralSet: Sendable {
    /// Each once, in ascending order of bytes.
    private let texts: [[UInt8]]

    /// The set of these texts, in any order, some perhaps more than once.
    init(_ texts: some Sequence<[UInt8]>) {
        var unique: [[UInt8]] = []
        for text in texts.sorted(by: { $0.lexicographicallyPrecedes($1) }) where unique.last != text {
            unique.append(text)
        }
        self.texts = unique
    }

    /// The texts, ordered by bytes.
    var strings: [String] { texts.map { String(decoding: $0, as: UTF8.self) } }

    /// Whether a text with these bytes is one of them.
    ///
    /// - Complexity: O(log n) comparisons.
    func contains(_ value: UnsafeBufferPointer<UInt8>) -> Bool {
        if texts.isEmpty { return false }
        if texts.count == 1 { return texts[0].count == value.count && LiteralSet.compare(texts[0], value) == 0 }
        var low = 0
        var high = texts.count
        while low < high {
            let middle = (low + high) / 2
            let order = LiteralSet.compare(texts[middle], value)
            if order == 0 { return true }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return false
    }

    /// Less than, equal to or greater than zero as `text` comes before, is, or comes behind `value`.
    private static func compare(_ text: [UInt8], _ value: UnsafeBufferPointer<UInt8>) -> Int {
        let common = min(text.count, value.count)
        if common > 0, let start = value.baseAddress {
            let order = text.withUnsafeBytes { memcmp($0.baseAddress!, start, common) }
            if order != 0 { return Int(order) }
        }
        return text.count - value.count
    }
}
