// SPDX-License-Identifier: Apache-2.0

/// Questions about a feature's value as it is written, with one answer for training files and events.
enum FeatureText {
    /// The longest value that may be a bin's label, in bytes.
    static let mostBytes = EventLimits.valueBytes

    /// Whether a text says that there is no value: it is empty, `null` or `NaN`, in any case.
    @inline(__always)
    static func isMissing(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        switch text.count {
        case 0: true
        case 3: spells(text, "nan")
        case 4: spells(text, "null")
        default: false
        }
    }

    /// The number that the whole text spells, in decimals or as an infinity; NaN is none. Beyond the range of Float64 it
    /// is infinite.
    @inline(__always)
    static func number(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
        guard var at = text.baseAddress, text.count > 0 else { return nil }
        let end = at + text.count
        guard let value = NumberText.read(&at, end, .verdict), at == end, !value.isNaN else { return nil }
        return value
    }

    /// The text by which a category is known: a whole number without `.0`, which spreadsheets and data frames like to
    /// add, and `true` and `false` in small letters.
    static func category(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        if text.count == 4, spells(text, "true") { return bytes(of: "true") }
        if text.count == 5, spells(text, "false") { return bytes(of: "false") }
        guard text.count > 2, text[text.count - 1] == UInt8(ascii: "0") else { return text }
        var point = text.count - 1
        while point > 0, text[point] == UInt8(ascii: "0") { point -= 1 }
        guard point > 0, text[point] == UInt8(ascii: ".") else { return text }
        let start = text[0] == UInt8(ascii: "-") ? 1 : 0
        guard point > start, text[start..<point].allSatisfy({ $0 &- 0x30 <= 9 }) else { return text }
        return UnsafeBufferPointer(rebasing: text[..<point])
    }

    /// 1 for `true` and 0 for `false`: what they count as in a feature of numbers.
    static func truth(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
        if text.count == 4, spells(text, "true") { return 1 }
        if text.count == 5, spells(text, "false") { return 0 }
        return nil
    }

    private static func bytes(of word: StaticString) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    }

    @inline(__always)
    private static func spells(_ text: UnsafeBufferPointer<UInt8>, _ word: StaticString) -> Bool {
        for index in 0..<word.utf8CodeUnitCount where text[index] | 0x20 != word.utf8Start[index] { return false }
        return true
    }
}
