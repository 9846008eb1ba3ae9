// SPDX-License-Identifier: Apache-2.0

extension LabelMatcher: CustomStringConvertible {
    /// As Prometheus prints it: `job=~"a|b"`. A name that older versions would not take is quoted too.
    public var description: String {
        let isPlain =
            name.utf8.first.map(Labels.isLetter) == true
            && name.utf8.allSatisfy { Labels.isLetter($0) || (0x30...0x39).contains($0) }
        return (isPlain ? name : LabelMatcher.quoted(name)) + operation.rawValue + LabelMatcher.quoted(value)
    }

    /// A text in double quotes, escaped as Go's `strconv.Quote` does it: what does not print is written as a number.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{07}": result += "\\a"
            case "\u{08}": result += "\\b"
            case "\u{0C}": result += "\\f"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{0B}": result += "\\v"
            case _ where prints(scalar): result.unicodeScalars.append(scalar)
            case _ where scalar.isASCII: result += "\\x" + hexadecimal(scalar, digits: 2)
            case _ where scalar.value < 0x1_0000: result += "\\u" + hexadecimal(scalar, digits: 4)
            default: result += "\\U" + hexadecimal(scalar, digits: 8)
            }
        }
        return result + "\""
    }

    /// Letters, marks, numbers, punctuation, symbols, and of the spaces the one of ASCII.
    private static func prints(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII { return (0x20...0x7E).contains(scalar.value) }
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }

    private static func hexadecimal(_ scalar: Unicode.Scalar, digits: Int) -> String {
        let number = String(scalar.value, radix: 16)
        return String(repeating: "0", count: max(0, digits - number.count)) + number
    }
}
