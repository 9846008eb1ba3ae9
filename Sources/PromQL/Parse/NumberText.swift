// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Numbers of PromQL, read and written.
enum NumberText {
    /// The value of a number, or what is wrong with it, in the words of Go's `strconv`.
    ///
    /// Whole numbers are read as Go writes them, with prefixes `0x`, `0b`, `0o` and `0` and underscores between digits;
    /// everything else as decimal fractions.
    static func value(of text: String) -> Result<Double, NumberFault> {
        if let whole = wholeNumber(text) { return .success(Double(whole)) }
        let lowercased = text.lowercased()
        if lowercased == "inf" { return .success(.infinity) }
        if lowercased == "nan" { return .success(.nan) }
        let fault = { (reason: String) in
            Result<Double, NumberFault>.failure(
                NumberFault(
                    message: "error parsing number: strconv.ParseFloat: parsing \(QuotedText.string(text)): \(reason)"
                )
            )
        }
        guard !lowercased.hasPrefix("0x"), !text.contains("_") || underscoresSeparateDigits(text),
            let value = Double(text.filter { $0 != "_" })
        else { return fault("invalid syntax") }
        return value.isInfinite ? fault("value out of range") : .success(value)
    }

    /// What is wrong with a number.
    struct NumberFault: Error { var message: String }

    private static func wholeNumber(_ text: String) -> Int64? {
        var digits = Substring(text)
        var radix = 10
        if text.contains("_"), !underscoresSeparateDigits(text) { return nil }
        if text.count > 1, text.first == "0" {
            switch text.dropFirst().first {
            case "x", "X": (radix, digits) = (16, text.dropFirst(2))
            case "b", "B": (radix, digits) = (2, text.dropFirst(2))
            case "o", "O": (radix, digits) = (8, text.dropFirst(2))
            default: (radix, digits) = (8, text.dropFirst())
            }
        }
        return Int64(digits.filter { $0 != "_" }, radix: radix)
    }

    /// Whether each underscore stands between digits or behind a prefix.
    private static func underscoresSeparateDigits(_ text: String) -> Bool {
        let bytes = Array(text.lowercased().utf8)
        let isPrefixed = bytes.count > 1 && bytes[0] == "0" && (bytes[1] == "x" || bytes[1] == "b" || bytes[1] == "o")
        func isDigit(_ index: Int) -> Bool {
            guard bytes.indices.contains(index) else { return false }
            return bytes[index].isDigit || isPrefixed && (index < 2 || (0x61...0x66).contains(bytes[index]))
        }
        return bytes.indices.allSatisfy { bytes[$0] != UInt8(ascii: "_") || isDigit($0 - 1) && isDigit($0 + 1) }
    }
}
