// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Cuts a template into tokens: the text between actions, space trimmed where `{{-` and `-}}` ask for it, and what is
/// in actions. Comments leave nothing.
///
/// Source: Go, `text/template/parse/lex.go`. O(bytes).
struct TemplateLexer {
    /// The text in UTF-8, valid since it comes from a `String`.
    let bytes: [UInt8]
    /// Where reading goes on.
    var position = 0
    private var tokens: [TemplateToken] = []
    /// How many parentheses are open in an action.
    private var openParentheses = 0
    /// The line of the byte at `counted`.
    private var line = 1
    private var counted = 0

    private init(_ text: String) { bytes = Array(text.utf8) }

    /// All tokens; the last one is a fault or the end.
    static func tokens(of text: String) -> [TemplateToken] {
        var lexer = TemplateLexer(text)
        while lexer.outside(), lexer.inside() {}
        return lexer.tokens
    }

    // MARK: - What it is made of

    func isAt(_ text: StaticString, _ index: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        guard index >= 0, index + count <= bytes.count else { return false }
        return text.withUTF8Buffer { $0.elementsEqual(bytes[index..<(index + count)]) }
    }

    /// The byte `ahead` of the next, or 0 behind the end. (A 0 in an action is a fault in any case.)
    func peeked(_ ahead: Int = 0) -> UInt8 {
        position + ahead < bytes.count ? bytes[position + ahead] : 0
    }

    /// Takes what has been read from `start` on.
    mutating func take(_ kind: TemplateToken.Kind, from start: Int) {
        tokens.append(
            TemplateToken(kind: kind, text: String(decoding: bytes[start..<position], as: UTF8.self), line: line(start))
        )
    }

    /// Says what is wrong, and that nothing more comes.
    mutating func fail(_ reason: String, at start: Int) -> Bool {
        tokens.append(TemplateToken(kind: .fault, text: reason, line: line(start)))
        return false
    }

    private mutating func line(_ index: Int) -> Int {
        while counted < index {
            if bytes[counted] == 0x0A { line += 1 }
            counted += 1
        }
        return line
    }

    private mutating func skipSpace() {
        while position < bytes.count, bytes[position].isTemplateSpace { position += 1 }
    }

    // MARK: - Outside of actions

    /// Reads the text up to an action and the delimiter of that; comments on the way.
    ///
    /// - Returns: whether there is an action.
    private mutating func outside() -> Bool {
        while true {
            let start = position
            while position < bytes.count, !isAt("{{", position) { position += 1 }
            let delimiter = position
            let trims = peeked(2) == UInt8(ascii: "-") && peeked(3).isTemplateSpace
            if trims && delimiter < bytes.count {
                while position > start, bytes[position - 1].isTemplateSpace { position -= 1 }
            }
            if position > start { take(.text, from: start) }
            position = delimiter
            guard delimiter < bytes.count else {
                take(.end, from: delimiter)
                return false
            }
            position += 2
            if !isAt("/*", delimiter + (trims ? 4 : 2)) {
                take(.leftDelimiter, from: delimiter)
                if trims { position += 1 }
                return true
            }
            position += trims ? 4 : 2
            guard comment(from: delimiter) else { return false }
        }
    }

    /// Reads over the rest of a comment, which must fill its action.
    private mutating func comment(from start: Int) -> Bool {
        while !isAt("*/", position) {
            guard position < bytes.count else { return fail("unclosed comment", at: start) }
            position += 1
        }
        position += 2
        guard let trims = rightDelimiter() else { return fail("comment ends before closing delimiter", at: start) }
        passRightDelimiter(trims: trims)
        return true
    }

    /// Whether a closing delimiter is next, and then whether it trims.
    private func rightDelimiter() -> Bool? {
        if isAt("}}", position) { return false }
        return peeked().isTemplateSpace && isAt("-}}", position + 1) ? true : nil
    }

    private mutating func passRightDelimiter(trims: Bool) {
        position += trims ? 4 : 2
        if trims { skipSpace() }
    }

    // MARK: - In actions

    /// Reads an action to its end.
    ///
    /// - Returns: whether it has one and nothing is wrong.
    private mutating func inside() -> Bool {
        let action = position
        openParentheses = 0
        while true {
            let start = position
            if let trims = rightDelimiter() {
                if openParentheses > 0 { return fail("unclosed left paren", at: start) }
                position += trims ? 4 : 2
                take(.rightDelimiter, from: position - 2)
                if trims { skipSpace() }
                return true
            }
            guard position < bytes.count else { return fail("unclosed action", at: action) }
            guard element() else { return false }
        }
    }

    private mutating func element() -> Bool {
        let start = position
        let byte = bytes[position]
        position += 1
        switch byte {
        case _ where byte.isTemplateSpace:
            // The last space may belong to a closing delimiter.
            while peeked().isTemplateSpace, rightDelimiter() == nil { position += 1 }
            take(.space, from: start)
        case UInt8(ascii: "="): take(.assign, from: start)
        case UInt8(ascii: ":"):
            guard peeked() == UInt8(ascii: "=") else { return fail("expected :=", at: start) }
            position += 1
            take(.declare, from: start)
        case UInt8(ascii: "|"): take(.pipe, from: start)
        case UInt8(ascii: "\""): return quoted(.string, from: start)
        case UInt8(ascii: "'"): return quoted(.character, from: start)
        case UInt8(ascii: "`"): return raw(from: start)
        case UInt8(ascii: "$"): return word(.variable, from: start)
        case UInt8(ascii: ".") where !peeked().isTemplateDigit: return word(.field, from: start)
        case UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"), 0x30...0x39:
            position = start
            return number()
        case UInt8(ascii: "("):
            openParentheses += 1
            take(.openParenthesis, from: start)
        case UInt8(ascii: ")"):
            openParentheses -= 1
            if openParentheses < 0 { return fail("unexpected right paren", at: start) }
            take(.closeParenthesis, from: start)
        default:
            let character = QuotedText.scalar(at: start, in: bytes)
            if character.scalar.isOfTemplateName {
                position = start
                return word(.identifier, from: start)
            }
            guard character.scalar.isASCII, (0x20...0x7E).contains(byte) else {
                let name = QuotedText.codePoint(character.scalar)
                return fail("unrecognized character in action: \(name)", at: start)
            }
            take(.other, from: start)
        }
        return true
    }

    /// Whether a name may end here.
    func isAtTerminator() -> Bool {
        guard position < bytes.count else { return true }
        let byte = bytes[position]
        return byte.isTemplateSpace || ".,|:)(".utf8.contains(byte) || isAt("}}", position)
    }
}

extension UInt8 {
    var isTemplateSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0D || self == 0x0A }

    var isTemplateDigit: Bool { (0x30...0x39).contains(self) }
}

extension Unicode.Scalar {
    /// Letters and digits of any kind, and `_`.
    var isOfTemplateName: Bool {
        if self == "_" { return true }
        switch properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber:
            return true
        default: return false
        }
    }
}
