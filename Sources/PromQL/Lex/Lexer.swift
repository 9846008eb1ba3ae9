// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Cuts a query's text into tokens, one at a time, so that what is wrong behind a place is not told before it.
///
/// What a character means depends on where it stands: in braces words are names, in brackets they are the functions
/// of duration expressions. Texts and places of faults are Prometheus's.
///
/// Source: Prometheus, `promql/parser/lex.go`. O(bytes) for the whole text.
struct Lexer {
    /// The text in UTF-8, valid since it comes from a `String`.
    let bytes: [UInt8]
    /// Where reading goes on.
    var position = 0
    /// Where the token begins that is being read.
    var start = 0
    /// What is wrong, after a token of kind `fault`, which is the last one.
    private(set) var fault = ""

    private var openParentheses = 0
    private var isInBraces = false
    private var isInBrackets = false
    /// Behind `[` and behind the operators that follow it, up to the first number.
    private var isAtDuration = false
    private var hasColon = false
    private var hasDuration = false

    init(_ text: String) { bytes = Array(text.utf8) }

    /// The next byte, or 0 at the end. (A text with a 0 in it is faulty there in any case.)
    var peeked: UInt8 { position < bytes.count ? bytes[position] : 0 }

    /// The next token. Not to be called again after one of kind `fault`.
    mutating func next() -> Token {
        while position < bytes.count, bytes[position].isSpace { position += 1 }
        start = position
        if isInBraces { return inBraces() }
        if isAtDuration { return atDuration() }
        return statement()
    }

    /// The text of a token.
    func text(of token: Token) -> String { String(decoding: bytes[token.start..<token.end], as: UTF8.self) }

    func token(_ kind: TokenKind) -> Token { Token(kind: kind, start: start, end: position) }

    mutating func fail(_ reason: String) -> Token {
        fault = reason
        return Token(kind: .fault, start: start, end: bytes.count)
    }

    /// A fault behind the token that has just been read, where Prometheus tells it.
    private mutating func failBehind(_ reason: String) -> Token {
        start = position
        return fail(reason)
    }

    /// Takes the next byte if it is this one.
    mutating func accept(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == character else { return false }
        position += 1
        return true
    }

    private mutating func comment() -> Token {
        while position < bytes.count, bytes[position] != 0x0A, bytes[position] != 0x0D { position += 1 }
        return token(.comment)
    }

    /// Anywhere but in braces and behind an opened bracket.
    private mutating func statement() -> Token {
        guard position < bytes.count else {
            if openParentheses != 0 { return fail("unclosed left parenthesis") }
            if isInBrackets { return fail("unclosed left bracket") }
            return token(.end)
        }
        let byte = bytes[position]
        switch byte {
        case "#": return comment()
        case "\"", "'": return quotedString()
        case "`": return rawString()
        case _ where byte.isDigit || byte == "." && follows(\.isDigit): return numberOrDuration()
        case _ where byte.isLetter || byte == ":": return isInBrackets ? wordInBrackets() : word()
        default: break
        }
        let character = QuotedText.scalar(at: position, in: bytes)
        position += character.count
        switch byte {
        case ",": return token(.comma)
        case "*": return token(.binary(.multiply))
        case "/": return token(.binary(.divide))
        case "%": return token(.binary(.modulo))
        case "+": return token(.binary(.add))
        case "-": return token(.binary(.subtract))
        case "^": return token(.binary(.power))
        case "@": return token(.at)
        case "=", "!", "<", ">": return comparison(byte)
        case "(", ")": return parenthesis(byte)
        case "{":
            isInBraces = true
            return token(.leftBrace)
        case "[":
            if isInBrackets { return fail("unexpected left bracket '['") }
            isInBrackets = true
            isAtDuration = true
            hasColon = false
            return token(.leftBracket)
        case "]":
            guard isInBrackets else { return fail("unexpected right bracket ']'") }
            isInBrackets = false
            return token(.rightBracket)
        default: return fail("unexpected character: \(QuotedText.character(character.scalar))")
        }
    }

    private mutating func comparison(_ byte: UInt8) -> Token {
        switch byte {
        case "=":
            if accept("=") { return token(.binary(.equal)) }
            return peeked == "~" ? fail("unexpected character after '=': '~'") : token(.equal)
        case "!":
            if accept("=") { return token(.binary(.notEqual)) }
            return fail("unexpected character after '!': \(quotedCharacterHere)")
        case "<":
            if accept("=") { return token(.binary(.lessOrEqual)) }
            return token(.binary(accept("/") ? .trimUpper : .less))
        default:
            if accept("=") { return token(.binary(.greaterOrEqual)) }
            return token(.binary(accept("/") ? .trimLower : .greater))
        }
    }

    private mutating func parenthesis(_ byte: UInt8) -> Token {
        if byte == "(" {
            openParentheses += 1
            return token(.leftParenthesis)
        }
        openParentheses -= 1
        return openParentheses < 0 ? failBehind("unexpected right parenthesis ')'") : token(.rightParenthesis)
    }

    /// A word in brackets but behind a number: a function of duration expressions, or the colon of a subquery.
    private mutating func wordInBrackets() -> Token {
        if accept(":") {
            if hasColon { return fail("unexpected colon ':'") }
            hasColon = true
            return token(.colon)
        }
        let character = QuotedText.character(Unicode.Scalar(bytes[position]))
        return durationFunction() ?? fail("unexpected character: \(character), expected ':'")
    }

    /// Behind `[`.
    private mutating func atDuration() -> Token {
        guard position < bytes.count else { return fail("unexpected end of input in duration expression") }
        let byte = bytes[position]
        if byte.isDigit || byte == "." && follows(\.isDigit) {
            isAtDuration = false
            hasDuration = true
            return numberOrDuration()
        }
        let character = QuotedText.scalar(at: position, in: bytes)
        let unexpected = "unexpected character in duration expression: \(QuotedText.character(character.scalar))"
        if byte.isLetter {
            guard let function = durationFunction() else { return fail(unexpected) }
            hasDuration = true
            return function
        }
        position += character.count
        switch byte {
        case "]":
            isInBrackets = false
            isAtDuration = false
            return token(.rightBracket)
        case ":":
            if !hasDuration { return failBehind("unexpected colon before duration in duration expression") }
            if hasColon { return failBehind("unexpected repeated colon in duration expression") }
            hasColon = true
            return token(.colon)
        case "(", ")": return parenthesis(byte)
        case "+": return token(.binary(.add))
        case "-": return token(.binary(.subtract))
        case "*": return token(.binary(.multiply))
        case "/": return token(.binary(.divide))
        case "%": return token(.binary(.modulo))
        case "^": return token(.binary(.power))
        case ",": return token(.comma)
        default: return fail(unexpected)
        }
    }

    /// `step`, `range`, `min_of` or `max_of`, in any case; else nil, and nothing is taken.
    private mutating func durationFunction() -> Token? {
        var end = position
        while end < bytes.count, bytes[end].isLetter { end += 1 }
        let kind = TokenKind.words[String(decoding: bytes[position..<end], as: UTF8.self).lowercased()]
        guard kind == .step || kind == .range || kind == .leastOf || kind == .greatestOf, let kind else { return nil }
        position = end
        return token(kind)
    }

    /// In the braces of a selector, where no word has a meaning of its own.
    private mutating func inBraces() -> Token {
        guard position < bytes.count else { return fail("unexpected end of input inside braces") }
        let byte = bytes[position]
        switch byte {
        case "#": return comment()
        case "\"", "'": return quotedString()
        case "`": return rawString()
        case _ where byte.isLetter:
            while position < bytes.count, bytes[position].isLetterOrDigit { position += 1 }
            return token(.identifier)
        default: break
        }
        let character = QuotedText.scalar(at: position, in: bytes)
        position += character.count
        switch byte {
        case ",": return token(.comma)
        case "=": return token(accept("~") ? .matches : .equal)
        case "!":
            if accept("~") { return token(.doesNotMatch) }
            if accept("=") { return token(.binary(.notEqual)) }
            return fail("unexpected character after '!' inside braces: \(quotedCharacterHere)")
        case "{": return fail("unexpected left brace '{'")
        case "}":
            isInBraces = false
            return token(.rightBrace)
        default: return fail("unexpected character inside braces: \(QuotedText.character(character.scalar))")
        }
    }

    /// A word outside of braces and brackets.
    private mutating func word() -> Token {
        while position < bytes.count, bytes[position].isLetterOrDigit || bytes[position] == ":" { position += 1 }
        let word = bytes[start..<position]
        if let kind = TokenKind.words[String(decoding: word, as: UTF8.self).lowercased()] {
            switch kind {
            case .fill, .fillLeft, .fillRight: return token(isParenthesisNext ? kind : .identifier)
            default: return token(kind)
            }
        }
        return token(word.contains(UInt8(ascii: ":")) ? .metricIdentifier : .identifier)
    }

    private var isParenthesisNext: Bool {
        var index = position
        while index < bytes.count, bytes[index].isSpace { index += 1 }
        return index < bytes.count && bytes[index] == "("
    }

    private func follows(_ property: KeyPath<UInt8, Bool>) -> Bool {
        position + 1 < bytes.count && bytes[position + 1][keyPath: property]
    }

    /// The next character as Go quotes it; at the end the replacement character, as Prometheus says it.
    private var quotedCharacterHere: String {
        QuotedText.character(position < bytes.count ? QuotedText.scalar(at: position, in: bytes).scalar : "\u{FFFD}")
    }
}

/// Whether a byte is this ASCII character.
func == (byte: UInt8, character: Unicode.Scalar) -> Bool { UInt32(byte) == character.value }

/// The same in a `switch`.
func ~= (character: Unicode.Scalar, byte: UInt8) -> Bool { UInt32(byte) == character.value }

/// The character classes of PromQL, which know ASCII only.
extension UInt8 {
    var isSpace: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }
    var isDigit: Bool { (0x30...0x39).contains(self) }
    var isLetter: Bool { (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) || self == 0x5F }
    var isLetterOrDigit: Bool { isLetter || isDigit }
}
