// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Lexer {
    /// A string in single or double quotes, whose escapes are looked at but not undone.
    mutating func quotedString() -> Token {
        let quote = bytes[position]
        position += 1
        while position < bytes.count, bytes[position] != 0x0A {
            let byte = bytes[position]
            if byte == quote {
                position += 1
                return token(.string)
            }
            if byte == "\\" {
                position += 1
                if let reason = escape(in: quote) { return fail(reason) }
                continue
            }
            let character = QuotedText.scalar(at: position, in: bytes)
            if character.scalar == "\u{FFFD}" { return fail("invalid UTF-8 rune") }
            position += character.count
        }
        return fail("unterminated quoted string")
    }

    /// A string in backquotes.
    mutating func rawString() -> Token {
        position += 1
        while position < bytes.count {
            let character = QuotedText.scalar(at: position, in: bytes)
            if character.scalar == "\u{FFFD}" { return fail("invalid UTF-8 rune") }
            position += character.count
            if character.scalar == "`" { return token(.string) }
        }
        return fail("unterminated raw string")
    }

    /// Reads over what stands behind a backslash.
    ///
    /// - Returns: what is wrong with it, or nil.
    private mutating func escape(in quote: UInt8) -> String? {
        guard position < bytes.count else { return "escape sequence not terminated" }
        let count: Int
        let base: UInt32
        switch bytes[position] {
        case "a", "b", "f", "n", "r", "t", "v", "\\", quote:
            position += 1
            return nil
        case 0x30...0x37: (count, base) = (3, 8)
        case "x": (count, base) = (2, 16)
        case "u": (count, base) = (4, 16)
        case "U": (count, base) = (8, 16)
        default:
            let character = QuotedText.scalar(at: position, in: bytes)
            return "unknown escape sequence \(QuotedText.codePoint(character.scalar))"
        }
        if base == 16 { position += 1 }
        var value: UInt32 = 0
        for _ in 0..<count {
            guard position < bytes.count else { return "escape sequence not terminated" }
            let character = QuotedText.scalar(at: position, in: bytes)
            guard let digit = character.scalar.hexadecimalDigit, digit < base else {
                return "illegal character \(QuotedText.codePoint(character.scalar)) in escape sequence"
            }
            value = value &* base &+ digit
            position += character.count
        }
        let most: UInt32 = count < 4 ? 255 : 0x10_FFFF
        return value > most || (0xD800..<0xE000).contains(value)
            ? "escape sequence is an invalid Unicode code point" : nil
    }

    /// The bytes of a string token without quotes and escapes. They need not be UTF-8: `"\xff"`.
    func unquoted(_ token: Token) -> [UInt8] {
        let inner = bytes[(token.start + 1)..<(token.end - 1)]
        if bytes[token.start] == "`" || !inner.contains(UInt8(ascii: "\\")) { return Array(inner) }
        var result: [UInt8] = []
        var index = inner.startIndex
        while index < inner.endIndex {
            let byte = inner[index]
            index += 1
            guard byte == "\\" else {
                result.append(byte)
                continue
            }
            let kind = inner[index]
            index += 1
            switch kind {
            case "a": result.append(0x07)
            case "b": result.append(0x08)
            case "f": result.append(0x0C)
            case "n": result.append(0x0A)
            case "r": result.append(0x0D)
            case "t": result.append(0x09)
            case "v": result.append(0x0B)
            case "x":
                result.append(UInt8(truncatingIfNeeded: number(inner[index..<(index + 2)], base: 16)))
                index += 2
            case 0x30...0x37:
                result.append(UInt8(truncatingIfNeeded: number(inner[(index - 1)..<(index + 2)], base: 8)))
                index += 2
            case "u", "U":
                let count = kind == "u" ? 4 : 8
                let scalar = Unicode.Scalar(number(inner[index..<(index + count)], base: 16)) ?? "\u{FFFD}"
                result.append(contentsOf: UTF8.encode(scalar)!)
                index += count
            default: result.append(kind)
            }
        }
        return result
    }

    private func number(_ digits: ArraySlice<UInt8>, base: UInt32) -> UInt32 {
        digits.reduce(0) { $0 &* base &+ (Unicode.Scalar($1).hexadecimalDigit ?? 0) }
    }
}

extension Unicode.Scalar {
    fileprivate var hexadecimalDigit: UInt32? {
        switch self {
        case "0"..."9": value - 0x30
        case "a"..."f": value - 0x61 + 10
        case "A"..."F": value - 0x41 + 10
        default: nil
        }
    }
}
