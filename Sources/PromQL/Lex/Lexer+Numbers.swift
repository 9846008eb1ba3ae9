// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Lexer {
    /// A number such as `1`, `0x1f`, `1_000.5e-3`, or a duration such as `1h30m`. Whether it is a valid one, the parser
    /// finds.
    mutating func numberOrDuration() -> Token {
        if scanNumber() { return token(.number) }
        if scanDuration() { return token(.duration) }
        return fail("bad number or duration syntax: \(QuotedText.string(utf8: bytes[start..<position]))")
    }

    /// Reads over a number. On false, `position` is where it goes wrong: a duration may go on there.
    private mutating func scanNumber() -> Bool {
        let first = position
        var isHexadecimal = false
        if accept("0"), accept("x") || accept("X") {
            _ = accept("_")
            isHexadecimal = true
        }
        func isDigit(_ byte: UInt8) -> Bool {
            byte.isDigit || isHexadecimal && ((0x41...0x46).contains(byte) || (0x61...0x66).contains(byte))
        }
        _ = accept(".")
        if position < bytes.count, isDigit(bytes[position]) { position += 1 }
        var hasDot = false
        var hasExponent = false
        while position < bytes.count {
            let byte = bytes[position]
            let isExponent = byte == "e" || byte == "E"
            switch byte {
            case ".":
                position += 1
                if hasDot { return false }
                hasDot = true
                if accept("_") || accept(".") || isHexadecimal { return false }
            case _ where isExponent && hasExponent:
                position += 1
                return false
            case _ where isExponent:
                position += 1
                hasExponent = true
                if !accept("+") { _ = accept("-") }
                if acceptSeparator() || position == bytes.count { return false }
            case "_":
                position += 1
                if acceptSeparator() || position == bytes.count { return false }
            case _ where isDigit(byte): position += 1
            default: return position > first && !byte.isLetterOrDigit
            }
        }
        return position > first
    }

    /// Takes what must not follow an exponent or an underscore.
    private mutating func acceptSeparator() -> Bool { accept(".") || accept("_") || accept("e") || accept("E") }

    /// Reads over the units of a duration and the numbers between them, the first number being read.
    private mutating func scanDuration() -> Bool {
        guard acceptUnit("smhdwy") else { return false }
        while position < bytes.count, bytes[position].isDigit {
            while position < bytes.count, bytes[position].isDigit { position += 1 }
            guard acceptUnit("smhdw") else { return false }
        }
        guard position < bytes.count, bytes[position].isLetterOrDigit else { return true }
        position += 1
        return false
    }

    private mutating func acceptUnit(_ units: StaticString) -> Bool {
        guard position < bytes.count, units.withUTF8Buffer({ $0.contains(bytes[position]) }) else { return false }
        position += 1
        _ = accept("s")
        return true
    }
}
