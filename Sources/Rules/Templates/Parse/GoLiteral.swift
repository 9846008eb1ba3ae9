// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Literals of Go: what is written becomes what is meant.
enum GoLiteral {
    /// A number: an Int64 where it is written as a whole one, otherwise a Double.
    static func number(_ text: String) throws(TemplateFault) -> TemplateValue {
        let body = text.utf8.drop { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
        let lowercase = body.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
        let isHexadecimal = lowercase.starts(with: Array("0x".utf8))
        let isFloat = lowercase.contains {
            $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: isHexadecimal ? "p" : "e") || $0 == UInt8(ascii: "p")
        }
        if isFloat {
            guard let value = GoNumber.parse(text) else {
                throw TemplateFault("bad number syntax: \(QuotedText.string(text))")
            }
            return .float(value)
        }
        return .integer(try wholeNumber(text, digits: lowercase))
    }

    /// Decimal, `0x`, `0o`, `0b`, or octal behind a plain `0`; underscores between digits behind a prefix.
    ///
    /// Source: Go, `strconv.ParseInt` with base 0.
    private static func wholeNumber(_ text: String, digits: [UInt8]) throws(TemplateFault) -> Int64 {
        let bad = TemplateFault("bad number syntax: \(QuotedText.string(text))")
        var digits = digits[...]
        var base: UInt64 = 10
        if digits.first == UInt8(ascii: "0"), digits.count > 1 {
            switch digits[digits.startIndex + 1] {
            case UInt8(ascii: "x"): base = 16
            case UInt8(ascii: "o"): base = 8
            case UInt8(ascii: "b"): base = 2
            default: base = 0
            }
            digits = digits.dropFirst(base == 0 ? 1 : 2)
            if base == 0 { base = 8 }
        }
        if digits.isEmpty || digits.last == UInt8(ascii: "_") { throw bad }
        if base == 10, digits.contains(UInt8(ascii: "_")) {
            throw bad
        }
        var value: UInt64 = 0
        var isBehindBreak = false
        for byte in digits {
            if byte == UInt8(ascii: "_") {
                if isBehindBreak { throw bad }
                isBehindBreak = true
                continue
            }
            isBehindBreak = false
            let digit: UInt64
            switch byte {
            case 0x30...0x39: digit = UInt64(byte - 0x30)
            case 0x61...0x66: digit = UInt64(byte - 0x61 + 10)
            default: throw bad
            }
            if digit >= base { throw bad }
            let (product, overflows) = value.multipliedReportingOverflow(by: base)
            let (sum, carries) = product.addingReportingOverflow(digit)
            if overflows || carries { throw TemplateFault("integer overflow: \(QuotedText.string(text))") }
            value = sum
        }
        let isNegative = text.utf8.first == UInt8(ascii: "-")
        if isNegative, value == 1 << 63 { return .min }
        guard let magnitude = Int64(exactly: value) else {
            throw TemplateFault("integer overflow: \(QuotedText.string(text))")
        }
        return isNegative ? -magnitude : magnitude
    }

    /// A string with its quotes, double ones or backquotes. Bytes that are no UTF-8 become U+FFFD.
    static func string(_ text: String) throws(TemplateFault) -> String {
        let inner = Array(text.utf8.dropFirst().dropLast())
        if text.utf8.first == UInt8(ascii: "`") {
            return String(decoding: inner.filter { $0 != 0x0D }, as: UTF8.self)
        }
        if !inner.contains(UInt8(ascii: "\\")) { return String(decoding: inner, as: UTF8.self) }
        var rest = inner[...]
        var result: [UInt8] = []
        while !rest.isEmpty { try result.append(contentsOf: unit(&rest, quote: UInt8(ascii: "\"")).bytes) }
        return String(decoding: result, as: UTF8.self)
    }

    /// A character in single quotes: its number.
    static func character(_ text: String) throws(TemplateFault) -> Int64 {
        var rest = Array(text.utf8.dropFirst().dropLast())[...]
        if rest.isEmpty { throw TemplateFault("malformed character constant: \(text)") }
        let unit = try unit(&rest, quote: UInt8(ascii: "'"))
        if !rest.isEmpty { throw TemplateFault("malformed character constant: \(text)") }
        return Int64(unit.value)
    }

    /// Takes a character or an escape, which is one byte or a code point.
    ///
    /// Source: Go, `strconv.UnquoteChar`.
    private static func unit(
        _ rest: inout ArraySlice<UInt8>,
        quote: UInt8
    ) throws(TemplateFault) -> (value: UInt32, bytes: [UInt8]) {
        let invalid = TemplateFault("invalid escape in a string or character")
        guard rest.first == UInt8(ascii: "\\") else {
            let (scalar, count) = QuotedText.scalar(at: 0, in: Array(rest.prefix(4)))
            let bytes = Array(rest.prefix(count))
            rest = rest.dropFirst(count)
            return (scalar.value, bytes)
        }
        rest = rest.dropFirst()
        guard let kind = rest.popFirst() else { throw invalid }
        let simple: [UInt8: UInt8] = [
            0x61: 0x07, 0x62: 0x08, 0x66: 0x0C, 0x6E: 0x0A, 0x72: 0x0D, 0x74: 0x09, 0x76: 0x0B, 0x5C: 0x5C,
        ]
        if let byte = kind == quote ? quote : simple[kind] { return (UInt32(byte), [byte]) }
        let (count, base): (Int, UInt32)
        switch kind {
        case UInt8(ascii: "x"): (count, base) = (2, 16)
        case UInt8(ascii: "u"): (count, base) = (4, 16)
        case UInt8(ascii: "U"): (count, base) = (8, 16)
        case 0x30...0x37: (count, base) = (3, 8)
        default: throw invalid
        }
        let first = base == 8 ? [kind] : []
        let others = rest.prefix(count - first.count)
        let digits = String(decoding: first + others, as: UTF8.self)
        let hasSign = digits.utf8.first == UInt8(ascii: "+") || digits.utf8.first == UInt8(ascii: "-")
        guard digits.utf8.count == count, !hasSign, let value = UInt32(digits, radix: Int(base)) else { throw invalid }
        rest = rest.dropFirst(others.count)
        if count < 4 {
            guard value < 256 else { throw invalid }
            return (value, [UInt8(value)])
        }
        guard let scalar = Unicode.Scalar(value) else { throw invalid }
        return (value, Array(String(Character(scalar)).utf8))
    }
}
