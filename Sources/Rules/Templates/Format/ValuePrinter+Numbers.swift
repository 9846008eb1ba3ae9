// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension ValuePrinter {
    // MARK: - Integers

    mutating func writeInteger(
        _ number: Int64,
        verb: Unicode.Scalar,
        of value: TemplateValue
    ) throws(TemplateFault) {
        switch verb {
        case "v", "d": try writeInteger(number, base: 10, prefix: "")
        case "b": try writeInteger(number, base: 2, prefix: flags.sharp ? "0b" : "")
        case "o", "O": try writeOctal(number, hasPrefix: verb == "O")
        case "x": try writeInteger(number, base: 16, prefix: flags.sharp ? "0x" : "")
        case "X": try writeInteger(number, base: 16, prefix: flags.sharp ? "0X" : "", isCapital: true)
        case "c": try pad(String(Character(ValuePrinter.scalar(number))))
        case "q":
            let text = QuotedText.character(ValuePrinter.scalar(number))
            try pad(flags.plus ? ValuePrinter.inASCII(text) : text)
        case "U": try writeCodePoint(number)
        default: try writeBadVerb(verb, value)
        }
    }

    private static func scalar(_ number: Int64) -> Unicode.Scalar {
        UInt32(exactly: number).flatMap { Unicode.Scalar($0) } ?? "\u{FFFD}"
    }

    /// With a zero before it for `#`, which the precision may give too.
    private mutating func writeOctal(_ number: Int64, hasPrefix: Bool) throws(TemplateFault) {
        if hasPrefix { return try writeInteger(number, base: 8, prefix: flags.sharp ? "0o0" : "0o") }
        try writeInteger(number, base: 8, prefix: flags.sharp ? "0" : "")
    }

    private mutating func writeInteger(
        _ number: Int64,
        base: Int,
        prefix: String,
        isCapital: Bool = false
    ) throws(TemplateFault) {
        let sign = number < 0 ? "-" : flags.plus ? "+" : flags.space ? " " : ""
        var count = 1
        if let precision = flags.precision {
            count = precision
            // No digits at all for a zero of no digits.
            if precision == 0, number == 0 { return try padWithSpaces("") }
        } else if flags.zero, !flags.minus, let width = flags.width {
            count = width - sign.count
        }
        var digits = String(number.magnitude, radix: base, uppercase: isCapital)
        var prefix = prefix
        if count > digits.utf8.count {
            guard count <= TemplateBounds.mostBytes else {
                throw TemplateFault("text longer than \(TemplateBounds.mostBytes) bytes")
            }
            digits = String(repeating: "0", count: count - digits.utf8.count) + digits
        }
        if prefix.last == "0", base == 8, digits.utf8.first == UInt8(ascii: "0") { prefix.removeLast() }
        try padWithSpaces(sign + prefix + digits)
    }

    private mutating func padWithSpaces(_ text: String) throws(TemplateFault) {
        let zero = flags.zero
        flags.zero = false
        defer { flags.zero = zero }
        try pad(text)
    }

    /// `U+0041`, with `#` the character too.
    private mutating func writeCodePoint(_ number: Int64) throws(TemplateFault) {
        let digits = String(UInt64(bitPattern: number), radix: 16, uppercase: true)
        let count = min(max(4, flags.precision ?? 4), TemplateBounds.mostBytes)
        let zeros = String(repeating: "0", count: max(0, count - digits.utf8.count))
        let scalar = UInt32(exactly: number).flatMap { Unicode.Scalar($0) }
        let shown = flags.sharp ? scalar.map { $0.printsInGo ? " '\($0)'" : "" } ?? "" : ""
        try padWithSpaces("U+" + zeros + digits + shown)
    }

    // MARK: - Floats

    mutating func writeFloat(_ number: Double, verb: Unicode.Scalar) throws(TemplateFault) {
        guard "vbgGxXfFeE".unicodeScalars.contains(verb) else { return try writeBadVerb(verb, .float(number)) }
        if let precision = flags.precision, precision > TemplateBounds.mostBytes {
            throw TemplateFault("text longer than \(TemplateBounds.mostBytes) bytes")
        }
        var text = FloatText.text(number, verb: verb, precision: flags.precision, sharp: flags.sharp)
        let hasSign = text.hasPrefix("-")
        if !hasSign, number.isInfinite || flags.plus {
            text = "+" + text
        } else if !hasSign, flags.space {
            text = " " + text
        }
        if flags.space, !flags.plus, text.hasPrefix("+") { text = " " + text.dropFirst() }
        // What is no number is not filled with zeros; neither do they come before a sign.
        guard number.isFinite else { return try padWithSpaces(text) }
        guard flags.zero, !flags.minus, let width = flags.width, let first = text.first, "+- ".contains(first) else {
            return try pad(text)
        }
        try append(String(first))
        flags.width = width - 1
        defer { flags.width = width }
        try pad(String(text.dropFirst()))
    }
}
