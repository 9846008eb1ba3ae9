// SPDX-License-Identifier: Apache-2.0

/// The grammar of RFC 8259, written down plainly, for the tests to ask. (Foundation takes trailing commas.)
struct PlainJSON {
    private let text: [UInt8]
    private var at = 0

    /// Whether the text is one object with white space around it. Unpaired surrogates in strings outside nested values
    /// are not its business.
    static func isObject(_ text: [UInt8]) -> Bool {
        var json = PlainJSON(text: text)
        json.space()
        guard json.peek == UInt8(ascii: "{"), json.value() else { return false }
        json.space()
        return json.at == text.count
    }

    private init(text: [UInt8]) {
        self.text = text
    }

    private var peek: UInt8? { at < text.count ? text[at] : nil }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        at += 1
        return true
    }

    private mutating func space() {
        while let byte = peek, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { at += 1 }
    }

    private mutating func value() -> Bool {
        switch peek {
        case UInt8(ascii: "{"): return list(close: UInt8(ascii: "}"), keys: true)
        case UInt8(ascii: "["): return list(close: UInt8(ascii: "]"), keys: false)
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "t"): return word("true")
        case UInt8(ascii: "f"): return word("false")
        case UInt8(ascii: "n"): return word("null")
        default: return number()
        }
    }

    private mutating func list(close: UInt8, keys: Bool) -> Bool {
        at += 1
        space()
        if take(close) { return true }
        while true {
            if keys {
                guard string() else { return false }
                space()
                guard take(UInt8(ascii: ":")) else { return false }
                space()
            }
            guard value() else { return false }
            space()
            if take(close) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
            space()
        }
    }

    private mutating func string() -> Bool {
        guard take(UInt8(ascii: "\"")) else { return false }
        while let byte = peek {
            at += 1
            if byte == UInt8(ascii: "\"") { return true }
            if byte < 0x20 { return false }
            guard byte == UInt8(ascii: "\\") else { continue }
            guard let escape = peek, "\"\\/bfnrtu".utf8.contains(escape) else { return false }
            at += 1
            if escape == UInt8(ascii: "u") {
                for _ in 0..<4 {
                    guard let digit = peek, Character(UnicodeScalar(digit)).isHexDigit, digit < 0x80 else {
                        return false
                    }
                    at += 1
                }
            }
        }
        return false
    }

    private mutating func word(_ word: String) -> Bool {
        guard text[at...].starts(with: word.utf8) else { return false }
        at += word.utf8.count
        return true
    }

    private mutating func digits() -> Bool {
        let start = at
        while let byte = peek, byte &- 0x30 < 10 { at += 1 }
        return at > start
    }

    private mutating func number() -> Bool {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { guard digits() else { return false } }
        if take(UInt8(ascii: ".")) { guard digits() else { return false } }
        guard let byte = peek, byte | 0x20 == UInt8(ascii: "e") else { return true }
        at += 1
        if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
        return digits()
    }
}
