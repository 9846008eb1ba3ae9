// SPDX-License-Identifier: Apache-2.0

/// Strings and characters in quotes, as Go's `strconv` writes them and Prometheus's messages show them.
package enum QuotedText {
    /// A text in double quotes: what does not print is escaped.
    package static func string(_ text: String) -> String { string(utf8: Array(text.utf8)[...]) }

    /// Bytes in double quotes; those that are no UTF-8 are written as `\xNN`.
    package static func string(utf8 bytes: ArraySlice<UInt8>) -> String {
        var result = "\""
        var index = bytes.startIndex
        while index < bytes.endIndex {
            guard let (scalar, count) = decode(bytes[index...]) else {
                result += "\\x" + hexadecimal(UInt32(bytes[index]), digits: 2)
                index += 1
                continue
            }
            append(scalar, quote: "\"", to: &result)
            index += count
        }
        return result + "\""
    }

    /// Appends a text as JSON writes it (RFC 8259, section 7).
    package static func appendJSON(_ text: String, to json: inout String) {
        json += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": json += "\\\""
            case "\\": json += "\\\\"
            case "\n": json += "\\n"
            case "\r": json += "\\r"
            case "\t": json += "\\t"
            case _ where scalar.value < 0x20: json += "\\u" + hexadecimal(scalar.value, digits: 4)
            default: json.unicodeScalars.append(scalar)
            }
        }
        json += "\""
    }

    /// A character in single quotes.
    package static func character(_ scalar: Unicode.Scalar) -> String {
        var result = "'"
        append(scalar, quote: "'", to: &result)
        return result + "'"
    }

    /// As `U+0041 'A'`.
    package static func codePoint(_ scalar: Unicode.Scalar) -> String {
        let number = hexadecimal(scalar.value, digits: 4).uppercased()
        return "U+\(number)" + (prints(scalar) ? " '\(scalar)'" : "")
    }

    /// The character that begins at a place of valid UTF-8, and its bytes.
    package static func scalar(at index: Int, in bytes: [UInt8]) -> (scalar: Unicode.Scalar, count: Int) {
        decode(bytes[index..<min(index + 4, bytes.count)]) ?? ("\u{FFFD}", 1)
    }

    /// The first character, or nil where no valid one begins.
    private static func decode(_ bytes: ArraySlice<UInt8>) -> (Unicode.Scalar, Int)? {
        var iterator = bytes.makeIterator()
        var decoder = UTF8()
        guard case .scalarValue(let scalar) = decoder.decode(&iterator) else { return nil }
        return (scalar, UTF8.width(scalar))
    }

    private static func append(_ scalar: Unicode.Scalar, quote: Unicode.Scalar, to result: inout String) {
        switch scalar {
        case quote, "\\":
            result += "\\"
            result.unicodeScalars.append(scalar)
        case "\u{07}": result += "\\a"
        case "\u{08}": result += "\\b"
        case "\u{0C}": result += "\\f"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case "\u{0B}": result += "\\v"
        // Go prints it as it is; but a query in which it stands so cannot be read.
        case "\u{FFFD}" where quote == "\"": result += "\\ufffd"
        case _ where prints(scalar): result.unicodeScalars.append(scalar)
        case _ where scalar.isASCII: result += "\\x" + hexadecimal(scalar.value, digits: 2)
        case _ where scalar.value < 0x1_0000: result += "\\u" + hexadecimal(scalar.value, digits: 4)
        default: result += "\\U" + hexadecimal(scalar.value, digits: 8)
        }
    }

    private static func prints(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return (0x20...0x7E).contains(scalar.value) }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }

    private static func hexadecimal(_ value: UInt32, digits: Int) -> String {
        let number = String(value, radix: 16)
        return String(repeating: "0", count: max(0, digits - number.count)) + number
    }
}
