// SPDX-License-Identifier: Apache-2.0

/// Steps through the bytes of one line; the line end is not among them.
///
/// For what is read once: metadata, the text of a series at first sight, all of a line that is judged strictly.
struct LineCursor {
    /// The next byte.
    var at: UnsafePointer<UInt8>
    /// Behind the last byte.
    let end: UnsafePointer<UInt8>

    init(_ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) {
        at = start
        self.end = end
    }

    var isAtEnd: Bool { at == end }

    /// What has not been read yet.
    var rest: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: at, count: end - at) }

    /// The next byte, or nil at the end.
    var next: UInt8? { at < end ? at.pointee : nil }

    /// Moves behind the next byte if it is this one.
    mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard at < end, at.pointee == UInt8(ascii: byte) else { return false }
        at += 1
        return true
    }

    /// Moves behind spaces and tabs.
    mutating func skipBlanks() {
        while at < end, LineCursor.isBlank(at.pointee) { at += 1 }
    }

    /// What stands before the next blank or the end; moves behind it.
    mutating func word() -> UnsafeBufferPointer<UInt8> {
        let start = at
        while at < end, !LineCursor.isBlank(at.pointee) { at += 1 }
        return UnsafeBufferPointer(start: start, count: at - start)
    }

    /// The number up to the next blank or the end; moves behind it.
    ///
    /// - Parameter part: what the number is, for the fault.
    mutating func number(_ part: String, _ grammar: NumberText.Grammar) throws(SyntaxFault) -> Double {
        let text = word()
        guard !text.isEmpty else { throw SyntaxFault("no \(part)") }
        guard let value = NumberText.value(of: text, grammar) else {
            throw SyntaxFault("the \(part) \(SyntaxFault.quoted(text)) is not a number")
        }
        return value
    }

    /// A name that needs no quotes, or nil: letters, digits and underscores, no digit first; in the names of metrics
    /// colons too.
    mutating func name(colons: Bool) -> String? {
        let start = at
        while at < end, LineCursor.isNameByte(at.pointee, first: at == start, colons: colons) { at += 1 }
        guard at > start else { return nil }
        return String(decoding: UnsafeBufferPointer(start: start, count: at - start), as: UTF8.self)
    }

    /// A text in double quotes, with `\\`, `\"` and `\n` resolved. Another backslash stands for itself, as in
    /// Prometheus's and Python's readers.
    mutating func quoted() throws(SyntaxFault) -> String {
        let start = at
        guard take("\"") else { throw SyntaxFault("no double quote before \(SyntaxFault.quoted(rest))") }
        let textStart = at
        while at < end, at.pointee != UInt8(ascii: "\""), at.pointee != 0x5C { at += 1 }
        let plain = UnsafeBufferPointer(start: textStart, count: at - textStart)
        if take("\"") {
            // Fast path: nothing is escaped.
            guard FieldText.isUTF8(plain) else { throw SyntaxFault("not valid UTF-8: \(quotedText(from: start))") }
            return String(decoding: plain, as: UTF8.self)
        }
        var bytes = Array(plain)
        while at < end {
            var byte = at.pointee
            at += 1
            if byte == UInt8(ascii: "\"") {
                let isUTF8 = bytes.withUnsafeBufferPointer { FieldText.isUTF8($0) }
                guard isUTF8 else { throw SyntaxFault("not valid UTF-8: \(quotedText(from: start))") }
                return String(decoding: bytes, as: UTF8.self)
            }
            if byte == 0x5C, at < end {
                switch at.pointee {
                case 0x5C, UInt8(ascii: "\""):
                    byte = at.pointee
                    at += 1
                case UInt8(ascii: "n"):
                    byte = 0x0A
                    at += 1
                default: break
                }
            }
            bytes.append(byte)
        }
        throw SyntaxFault("the quote is not closed: \(quotedText(from: start))")
    }

    private func quotedText(from start: UnsafePointer<UInt8>) -> String {
        SyntaxFault.quoted(UnsafeBufferPointer(start: start, count: at - start))
    }

    @inline(__always)
    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    @inline(__always)
    static func isNameByte(_ byte: UInt8, first: Bool, colons: Bool) -> Bool {
        (byte | 0x20) &- 0x61 <= 25 || byte == 0x5F || !first && byte &- 0x30 <= 9 || colons && byte == 0x3A
    }
}
