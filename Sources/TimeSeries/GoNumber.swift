// SPDX-License-Identifier: Apache-2.0

/// Numbers as Go writes them in Prometheus's messages and answers. All but ``fixed(_:)`` are the shortest digits that
/// read back as the same number; infinities are `+Inf` and `-Inf`, and there is a `-0`.
package enum GoNumber {
    /// As `%g` and `%v`: with an exponent of at least two digits when it is below -4 or above 5: `0.25`, `1e+06`.
    ///
    /// Source: Go, `strconv.FormatFloat` with format 'g' and precision -1.
    package static func general(_ value: Double) -> String {
        guard let digits = ShortestDigits(value) else { return special(value) }
        let exponent = digits.point - 1
        return exponent >= -4 && exponent < 6 ? digits.decimal : digits.scientific
    }

    /// Always with an exponent: `1e+00`.
    ///
    /// Source: Go, `strconv.FormatFloat` with format 'e' and precision -1.
    package static func exponential(_ value: Double) -> String {
        guard let digits = ShortestDigits(value) else {
            return value.isFinite ? special(value) + "e+00" : special(value)
        }
        return digits.scientific
    }

    /// Without an exponent.
    ///
    /// Source: Go, `strconv.FormatFloat` with format 'f' and precision -1.
    package static func decimal(_ value: Double) -> String {
        ShortestDigits(value)?.decimal ?? special(value)
    }

    /// As `%f`: six digits behind the point.
    package static func fixed(_ value: Double) -> String {
        if !value.isFinite { return special(value) }
        let sign = value.sign == .minus ? "-" : ""
        if value.magnitude >= 0x1p53 { return sign + wholeDigits(value.magnitude) + ".000000" }
        var whole = value.magnitude.rounded(.down)
        var millionths = ((value.magnitude - whole) * 1_000_000).rounded(.toNearestOrEven)
        if millionths == 1_000_000 { (whole, millionths) = (whole + 1, 0) }
        return sign + "\(UInt64(whole))." + String(1_000_000 + UInt64(millionths)).dropFirst()
    }

    /// Zero and what is no number.
    private static func special(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value.sign == .minus ? "-0" : "0"
    }

    /// All digits of a whole number of at least 2^53.
    private static func wholeDigits(_ value: Double) -> String {
        var digits: [UInt8] = String(value.significandBitPattern | 1 << 52).utf8.reversed().map { $0 - 0x30 }
        for _ in 0..<(value.exponent - 52) {
            var carry: UInt8 = 0
            for index in digits.indices {
                let doubled = digits[index] * 2 + carry
                digits[index] = doubled % 10
                carry = doubled / 10
            }
            if carry > 0 { digits.append(carry) }
        }
        return digits.reversed().map(String.init).joined()
    }
}

/// The shortest digits that read back as a number: 0.d1d2... x 10^point.
private struct ShortestDigits {
    let sign: String
    /// Without zeros at the ends.
    let text: String
    let point: Int

    /// Nil for zero, infinities and NaN.
    init?(_ value: Double) {
        guard value.isFinite, value != 0 else { return nil }
        sign = value < 0 ? "-" : ""
        let parts = value.magnitude.description.split(separator: "e")
        let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        var digits = Substring(mantissa.joined())
        var point = mantissa[0].count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        while digits.last == "0" { digits.removeLast() }
        while digits.first == "0" {
            digits.removeFirst()
            point -= 1
        }
        text = String(digits)
        self.point = point
    }

    var scientific: String {
        let exponent = point - 1
        let rest = text.dropFirst()
        let power = String(exponent.magnitude)
        return sign + text.prefix(1) + (rest.isEmpty ? "" : "." + rest) + "e" + (exponent < 0 ? "-" : "+")
            + (power.count < 2 ? "0" : "") + power
    }

    var decimal: String {
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + text }
        if text.count <= point { return sign + text + String(repeating: "0", count: point - text.count) }
        return sign + text.prefix(point) + "." + text.dropFirst(point)
    }
}
