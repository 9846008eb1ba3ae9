// SPDX-License-Identifier: Apache-2.0

/// Reads the numbers of the exposition formats, always to the nearest Float64.
enum NumberText {
    /// Which spellings are numbers.
    enum Grammar {
        /// What Go's `strconv.ParseFloat` reads, hexadecimal numbers among it (text 0.0.4, "Line format").
        case text
        /// Decimals, `Inf`, `Infinity` and `NaN` in any case (OpenMetrics 1.0, "ABNF": number).
        case openMetrics
        /// The same, where a decimal beyond the range of Float64 is infinite.
        case verdict
        /// Decimals only (OpenMetrics 1.0, "ABNF": realnumber), as timestamps are.
        case decimal
    }

    /// Reads the number at `at` and moves behind it; nil when there is none up to the next blank or the end.
    ///
    /// A decimal of at most 19 digits is read here: mantissas below 2^53 and powers of ten up to 10^22 are exact in
    /// Float64, so that one multiplication or division rounds once (Clinger, "How to read floating point numbers
    /// accurately", 1990). The rest goes to Swift's reader.
    @inline(__always)
    static func read(
        _ at: inout UnsafePointer<UInt8>,
        _ end: UnsafePointer<UInt8>,
        _ grammar: Grammar
    ) -> Double? {
        let start = at
        var next = start
        var isNegative = false
        if next < end, next.pointee == 0x2D || next.pointee == 0x2B {
            isNegative = next.pointee == 0x2D
            next += 1
        }
        var mantissa: UInt64 = 0
        let digits = next
        while next < end {
            let digit = next.pointee &- 0x30
            if digit > 9 { break }
            mantissa = mantissa &* 10 &+ UInt64(digit)
            next += 1
        }
        var count = next - digits
        if next == end || next.pointee == 0x20 {
            // Fast path: a whole number. Every UInt64 is rounded once by the conversion.
            guard count > 0, count <= 19 else { return readToken(&at, end, grammar) }
            at = next
            return isNegative ? -Double(mantissa) : Double(mantissa)
        }
        var exponent = 0
        if next.pointee == 0x2E {
            next += 1
            let fraction = next
            while next < end {
                let digit = next.pointee &- 0x30
                if digit > 9 { break }
                mantissa = mantissa &* 10 &+ UInt64(digit)
                next += 1
            }
            exponent = fraction - next
            count -= exponent
        }
        guard count > 0, count <= 19, next == end || next.pointee == 0x20, mantissa <= 1 << 53, exponent >= -22 else {
            return readToken(&at, end, grammar)
        }
        at = next
        let value = Double(mantissa) / powersOfTen[-exponent]
        return isNegative ? -value : value
    }

    /// The slow path of ``read(_:_:_:)``: exponents, many digits, words and faults.
    @inline(never)
    private static func readToken(
        _ at: inout UnsafePointer<UInt8>,
        _ end: UnsafePointer<UInt8>,
        _ grammar: Grammar
    ) -> Double? {
        var next = at
        while next < end, next.pointee != 0x20, next.pointee != 0x09 { next += 1 }
        let value = value(of: UnsafeBufferPointer(start: at, count: next - at), grammar)
        if value != nil { at = next }
        return value
    }

    /// The number that all of `token` spells, or nil.
    static func value(of token: UnsafeBufferPointer<UInt8>, _ grammar: Grammar) -> Double? {
        guard let first = token.first else { return nil }
        let isSigned = first == 0x2D || first == 0x2B
        let unsigned = UnsafeBufferPointer(rebasing: token[(isSigned ? 1 : 0)...])
        guard let lead = unsigned.first else { return nil }
        if lead == 0x2E || lead &- 0x30 <= 9 {
            let isHexadecimal = grammar == .text && isHexadecimal(unsigned)
            guard isHexadecimal || isDecimal(unsigned) else { return nil }
            // Swift reads what strtod does, to the nearest, with a point whatever the program's locale.
            guard let value = Double(String(decoding: token, as: UTF8.self)) else { return nil }
            // Go refuses what lies beyond the range, and so does Prometheus.
            return value.isFinite || grammar == .verdict || grammar == .decimal ? value : nil
        }
        guard grammar != .decimal else { return nil }
        if spells(unsigned, "inf") || spells(unsigned, "infinity") {
            return first == 0x2D ? -.infinity : .infinity
        }
        return !isSigned && spells(unsigned, "nan") ? standardNaN : nil
    }

    /// The NaN of values that are not a number (Prometheus: `model/value/value.go`, `NormalNaN`).
    static let standardNaN = Double(bitPattern: 0x7FF8_0000_0000_0001)

    // MARK: - Spelling

    /// Digits with at most one point, and an exponent perhaps; at least one digit before the exponent.
    private static func isDecimal(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var at = 0
        var digits = 0
        var points = 0
        while at < text.count, text[at] == 0x2E || text[at] &- 0x30 <= 9 {
            if text[at] == 0x2E { points += 1 } else { digits += 1 }
            at += 1
        }
        guard digits > 0, points <= 1 else { return false }
        return at == text.count || text[at] | 0x20 == 0x65 && isExponent(text[(at + 1)...])
    }

    /// `0x`, hexadecimal digits with at most one point, and a binary exponent.
    private static func isHexadecimal(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        guard text.count > 2, text[0] == 0x30, text[1] | 0x20 == 0x78 else { return false }
        guard let mark = text.firstIndex(where: { $0 | 0x20 == 0x70 }) else { return false }
        let digits = text[2..<mark]
        let points = digits.count { $0 == 0x2E }
        guard points <= 1, digits.count > points else { return false }
        return digits.allSatisfy { $0 == 0x2E || $0 &- 0x30 <= 9 || ($0 | 0x20) &- 0x61 <= 5 }
            && isExponent(text[(mark + 1)...])
    }

    private static func isExponent(_ text: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        let digits = text.first == 0x2D || text.first == 0x2B ? text.dropFirst() : text
        return !digits.isEmpty && digits.allSatisfy { $0 &- 0x30 <= 9 }
    }

    private static func spells(_ text: UnsafeBufferPointer<UInt8>, _ word: StaticString) -> Bool {
        guard text.count == word.utf8CodeUnitCount else { return false }
        return text.indices.allSatisfy { text[$0] | 0x20 == word.utf8Start[$0] }
    }
}

/// The powers of ten that Float64 holds exactly.
private let powersOfTen: InlineArray<23, Double> = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
]
