// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension TemplateLexer {
    /// A name, behind its `.` or `$` where it has one.
    mutating func word(_ kind: TemplateToken.Kind, from start: Int) -> Bool {
        while position < bytes.count {
            let character = QuotedText.scalar(at: position, in: bytes)
            guard character.scalar.isOfTemplateName else { break }
            position += character.count
        }
        guard isAtTerminator() else {
            let character = QuotedText.scalar(at: position, in: bytes)
            return fail("bad character \(QuotedText.codePoint(character.scalar))", at: start)
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        switch kind {
        case .field where text == ".": take(.dot, from: start)
        case .identifier where text == "true" || text == "false": take(.bool, from: start)
        case .identifier:
            if let keyword = TemplateToken.Keyword(rawValue: text) {
                take(.keyword(keyword), from: start)
            } else {
                take(.identifier, from: start)
            }
        default: take(kind, from: start)
        }
        return true
    }

    /// A string in double quotes or a character in single ones, whose escapes are not looked at.
    mutating func quoted(_ kind: TemplateToken.Kind, from start: Int) -> Bool {
        let quote = bytes[start]
        while position < bytes.count, bytes[position] != 0x0A {
            let byte = bytes[position]
            position += 1
            if byte == quote {
                take(kind, from: start)
                return true
            }
            if byte == UInt8(ascii: "\\"), position < bytes.count, bytes[position] != 0x0A { position += 1 }
        }
        return fail(kind == .string ? "unterminated quoted string" : "unterminated character constant", at: start)
    }

    /// A string in backquotes.
    mutating func raw(from start: Int) -> Bool {
        while position < bytes.count {
            position += 1
            if bytes[position - 1] == UInt8(ascii: "`") {
                take(.rawString, from: start)
                return true
            }
        }
        return fail("unterminated raw quoted string", at: start)
    }

    /// A number, with a sign where it has one. Whether it has the form of one, the parser finds.
    mutating func number() -> Bool {
        let start = position
        if isNext("+-") { position += 1 }
        var digits: StaticString = "0123456789_"
        var exponent: StaticString = "eE"
        if peeked() == UInt8(ascii: "0") {
            position += 1
            if isNext("xX") {
                (digits, exponent) = ("0123456789abcdefABCDEF_", "pP")
                position += 1
            } else if isNext("oObB") {
                position += 1
            }
        }
        while isNext(digits) { position += 1 }
        if isNext(".") { position += 1 }
        while isNext(digits) { position += 1 }
        if isNext(exponent) {
            position += 1
            if isNext("+-") { position += 1 }
            while isNext("0123456789_") { position += 1 }
        }
        let isImaginary = isNext("i")
        if isImaginary { position += 1 }
        guard position < bytes.count else {
            take(.number, from: start)
            return true
        }
        let character = QuotedText.scalar(at: position, in: bytes)
        if character.scalar.isOfTemplateName || isNext("+-") {
            position += character.count
            let text = QuotedText.string(utf8: bytes[start..<position])
            return fail("bad number syntax: \(text)", at: start)
        }
        if isImaginary { return fail("complex numbers are not supported", at: start) }
        take(.number, from: start)
        return true
    }

    private func isNext(_ characters: StaticString) -> Bool {
        position < bytes.count && characters.withUTF8Buffer { $0.contains(bytes[position]) }
    }
}
