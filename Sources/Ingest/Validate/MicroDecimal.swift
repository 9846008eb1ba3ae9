// SPDX-License-Identifier: Apache-2.0

/// A measure as it is added up.
enum Measure: Equatable {
    /// Millionths, exactly.
    case micros(Int64)
    /// A value finer than a millionth or beyond 64 bits of millionths.
    case inexact(Double)
    /// No decimal number, or not finite.
    case invalid

    /// Reads a decimal number: `12`, `12.34`, `.5`, `1e-3`, with an optional sign, without white space.
    ///
    /// Exact whenever the value is a whole number of millionths within Int64, whatever way it is written
    /// (`1.2300000`, `12e-1`).
    static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Measure {
        var index = 0
        let end = text.count
        var negative = false
        if index < end, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
            negative = text[index] == UInt8(ascii: "-")
            index += 1
        }
        // The digits as one integer, and the place of the point counted from their end.
        var digits: UInt64 = 0
        var anyDigit = false
        var overflow = false
        var decimals = 0
        var seenPoint = false
        while index < end {
            let byte = text[index]
            if byte == UInt8(ascii: ".") {
                if seenPoint { return .invalid }
                seenPoint = true
            } else {
                let digit = byte &- 0x30
                guard digit < 10 else { break }
                anyDigit = true
                let (scaled, o1) = digits.multipliedReportingOverflow(by: 10)
                let (sum, o2) = scaled.addingReportingOverflow(UInt64(digit))
                overflow = overflow || o1 || o2
                digits = sum
                if seenPoint { decimals += 1 }
            }
            index += 1
        }
        guard anyDigit else { return .invalid }
        if overflow, let (significant, zeros) = withoutTrailingZeros(text[..<index]) {
            digits = significant
            decimals -= zeros
            overflow = false
        }
        var exponent = 0
        if index < end {
            guard text[index] | 0x20 == UInt8(ascii: "e") else { return .invalid }
            index += 1
            var negativeExponent = false
            if index < end, text[index] == UInt8(ascii: "-") || text[index] == UInt8(ascii: "+") {
                negativeExponent = text[index] == UInt8(ascii: "-")
                index += 1
            }
            guard index < end else { return .invalid }
            while index < end {
                let digit = text[index] &- 0x30
                guard digit < 10 else { return .invalid }
                exponent = min(exponent * 10 + Int(digit), 100_000)
                index += 1
            }
            if negativeExponent { exponent = -exponent }
        }
        if !overflow, let micros = scale(digits, by: exponent - decimals + 6), let signed = Int64(exactly: micros) {
            return .micros(negative ? -signed : signed)
        }
        return inexact(text)
    }

    /// The Float64 nearest to the number that this was read from; nil when it was none.
    func nearest(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
        switch self {
        case .micros(let micros):
            // Two whole numbers that Float64 holds exactly: their quotient is rounded once.
            if micros.magnitude <= 1 << 53 { return Double(micros) / 1_000_000 }
            return Double(String(decoding: text, as: UTF8.self)) ?? Double(micros) / 1_000_000
        case .inexact(let value):
            return value
        case .invalid:
            return nil
        }
    }

    /// The digits of a long number as one integer without the zeros at their end, and how many those are; nil when even
    /// that is beyond 64 bits. (Databases write `25.500000000000000000`.)
    private static func withoutTrailingZeros(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> (UInt64, zeros: Int)? {
        var digits: UInt64 = 0
        var zeros = 0
        for byte in text where byte &- 0x30 < 10 {
            zeros += 1
            if byte == 0x30 { continue }
            guard let scaled = scale(digits, by: zeros) else { return nil }
            let (sum, overflow) = scaled.addingReportingOverflow(UInt64(byte &- 0x30))
            if overflow { return nil }
            digits = sum
            zeros = 0
        }
        return (digits, zeros)
    }

    /// `digits` × 10^`power`, or nil when that is not a whole number or beyond 64 bits.
    private static func scale(_ digits: UInt64, by power: Int) -> UInt64? {
        if digits == 0 { return 0 }
        var digits = digits
        if power >= 0 {
            guard power <= 19 else { return nil }
            for _ in 0..<power {
                let (scaled, overflow) = digits.multipliedReportingOverflow(by: 10)
                if overflow { return nil }
                digits = scaled
            }
            return digits
        }
        guard power >= -19 else { return nil }
        for _ in 0..<(-power) {
            let (quotient, remainder) = digits.quotientAndRemainder(dividingBy: 10)
            if remainder != 0 { return nil }
            digits = quotient
        }
        return digits
    }

    private static func inexact(_ text: UnsafeBufferPointer<UInt8>) -> Measure {
        guard let value = Double(String(decoding: text, as: UTF8.self)), value.isFinite else { return .invalid }
        return .inexact(value)
    }
}
