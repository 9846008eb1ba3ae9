// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension ValuePrinter {
    /// A string under `%v`, `%s`, `%q`, `%x` and `%X`; the precision is how much of it counts.
    mutating func writeText(
        _ text: String,
        verb: Unicode.Scalar,
        of value: TemplateValue
    ) throws(TemplateFault) {
        switch verb {
        case "v" where flags.sharpV: try pad(quoted(cut(text)))
        case "v", "s": try pad(cut(text))
        case "q": try pad(quoted(cut(text)))
        case "x", "X": try writeHexadecimal(text, isCapital: verb == "X")
        default: try writeBadVerb(verb, value)
        }
    }

    private func cut(_ text: String) -> String {
        guard let precision = flags.precision, precision < text.utf8.count else { return text }
        return String(text.unicodeScalars.prefix(precision))
    }

    private func quoted(_ text: String) -> String {
        let isRaw = text.unicodeScalars.allSatisfy {
            $0 != "`" && $0 != "\u{FEFF}" && ($0 == "\t" || $0.value >= 0x20 && $0.value != 0x7F)
        }
        if flags.sharp, isRaw { return "`\(text)`" }
        let result = QuotedText.string(text)
        return flags.plus ? ValuePrinter.inASCII(result) : result
    }

    /// With escapes for all that is not ASCII.
    static func inASCII(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar.isASCII {
                result.unicodeScalars.append(scalar)
            } else {
                let digits = String(scalar.value, radix: 16)
                let width = scalar.value < 0x1_0000 ? 4 : 8
                result += (width == 4 ? "\\u" : "\\U") + String(repeating: "0", count: width - digits.count) + digits
            }
        }
        return result
    }

    /// Two digits for each byte; with the flag for space between them, with `#` behind `0x`.
    private mutating func writeHexadecimal(_ text: String, isCapital: Bool) throws(TemplateFault) {
        let bytes = text.utf8.prefix(flags.precision ?? text.utf8.count)
        guard bytes.count <= TemplateBounds.mostBytes / 6 else {
            throw TemplateFault("text longer than \(TemplateBounds.mostBytes) bytes")
        }
        let prefix = !flags.sharp || bytes.isEmpty ? "" : isCapital ? "0X" : "0x"
        let digits = bytes.map { (byte: UInt8) in
            let pair = (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: isCapital)
            return flags.space ? prefix + pair : pair
        }
        try pad(flags.space ? digits.joined(separator: " ") : prefix + digits.joined())
    }
}

extension Unicode.Scalar {
    /// Source: Go, strconv.IsPrint.
    var printsInGo: Bool {
        if isASCII { return (0x20...0x7E).contains(value) }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
            .spaceSeparator:
            return false
        default: return true
        }
    }
}
