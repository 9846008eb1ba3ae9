// SPDX-License-Identifier: Apache-2.0

import Glibc
import TimeSeries

/// A Double in the digits of a verb of Go's fmt, without a plus sign.
///
/// Source: Go, `strconv.FormatFloat`. With a precision, C's `printf` writes the same digits.
enum FloatText {
    /// - Parameter precision: at most ``TemplateBounds/mostBytes``.
    static func text(_ value: Double, verb: Unicode.Scalar, precision: Int?, sharp: Bool = false) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "Inf" }
        let digits: String
        switch verb {
        case "v", "g": digits = precision.map { written(value, "g", $0) } ?? GoNumber.general(value)
        case "G": digits = precision.map { written(value, "G", $0) } ?? GoNumber.general(value).uppercased()
        case "e", "E", "f": digits = written(value, verb, precision ?? 6)
        case "F": digits = written(value, "f", precision ?? 6)
        case "x": digits = hexadecimal(value, precision: precision)
        case "X": digits = hexadecimal(value, precision: precision).uppercased()
        default: return binary(value)
        }
        if !sharp { return digits }
        return withPoint(
            digits,
            isHexadecimal: verb == "x" || verb == "X",
            count: "vgGx".contains(Character(verb)) ? precision ?? 6 : 0
        )
    }

    /// With a point in any case, and zeros behind it up to so many digits that count.
    private static func withPoint(_ text: String, isHexadecimal: Bool, count: Int) -> String {
        let mark = text.firstIndex { $0 == "p" || $0 == "P" || !isHexadecimal && ($0 == "e" || $0 == "E") }
        var number = String(text[..<(mark ?? text.endIndex)])
        let digits = number.drop { $0 == "-" }
        var missing = count - digits.drop { $0 == "0" || $0 == "." }.filter { $0 != "." }.count
        if !number.contains(".") {
            if digits == "0" { missing -= 1 }
            number += "."
        }
        return number + String(repeating: "0", count: max(0, missing)) + text[(mark ?? text.endIndex)...]
    }

    private static func written(
        _ value: Double,
        _ verb: Unicode.Scalar,
        _ precision: Int
    ) -> String {
        // Digits before the point, the point, a sign, an exponent; and what the precision asks for.
        let capacity = 340 + max(0, precision)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: capacity) { buffer in
            let count = withVaList([Int32(clamping: precision), value]) {
                vsnprintf(buffer.baseAddress, capacity, "%.*\(verb)", $0)
            }
            let digits = buffer.prefix(max(0, min(Int(count), capacity - 1)))
            return String(decoding: digits.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }

    /// `0x1.8p+00`: a one, or a zero for zero, the rest of the significand, and an exponent of at least two digits.
    private static func hexadecimal(_ value: Double, precision: Int?) -> String {
        var significand = value.significandBitPattern
        var exponent = 0
        if value.isNormal {
            significand |= 1 << 52
            exponent = Int(value.exponent)
        } else if !value.isZero {
            exponent = -1_022
            while significand < 1 << 52 { (significand, exponent) = (significand << 1, exponent - 1) }
        }
        if let precision, precision < 13 {
            // To the nearest of so many digits, to the even one in the middle.
            let unit = UInt64(1) << UInt64(4 * (13 - precision))
            let (whole, rest) = significand.quotientAndRemainder(dividingBy: unit)
            significand = (whole + (rest > unit / 2 || rest == unit / 2 && whole % 2 == 1 ? 1 : 0)) * unit
            if significand == 1 << 53 { (significand, exponent) = (1 << 52, exponent + 1) }
        }
        var digits = String(String(significand & (1 << 52 - 1) | 1 << 52, radix: 16).dropFirst())
        if let precision {
            digits = String(digits.prefix(precision)) + String(repeating: "0", count: max(0, precision - 13))
        } else {
            while digits.last == "0" { digits.removeLast() }
        }
        let power = String(exponent.magnitude)
        return (value.sign == .minus ? "-0x" : "0x") + (significand == 0 ? "0" : "1")
            + (digits.isEmpty ? "" : "." + digits)
            + (exponent < 0 ? "p-" : "p+") + (power.utf8.count < 2 ? "0" : "") + power
    }

    /// The significand and the power of two, both whole: `4503599627370496p-52`.
    private static func binary(_ value: Double) -> String {
        let bits = value.significandBitPattern
        let raw = Int(value.exponentBitPattern)
        let significand = raw == 0 ? bits : bits | 1 << 52
        let exponent = (raw == 0 ? 1 : raw) - 1_075
        return (value.sign == .minus ? "-" : "") + "\(significand)p" + (exponent < 0 ? "" : "+") + "\(exponent)"
    }
}
