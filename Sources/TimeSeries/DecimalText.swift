// SPDX-License-Identifier: Apache-2.0

// Numbers as text, written straight into the memory of a page or a file. A scrape of 100,000 series prints as many
// numbers and an export millions, so none of them becomes a String on the way.

/// Bytes that any number written here fits in: a 40-digit Int128 with sign and point, or a Double's shortest text.
package let longestNumber = 48

/// "00" to "99", so that one division gives two digits.
private let digitPairs: StaticString = """
    0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
    5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
    """

/// Powers of ten that fit in a UInt64, by exponent.
private func powerOfTen(_ exponent: Int) -> UInt64 {
    var power: UInt64 = 1
    for _ in 0..<exponent { power *= 10 }
    return power
}

/// How many decimal digits `value` has; 1 for zero.
private func digitCount(_ value: UInt64) -> Int {
    var count = 1
    var rest = value
    while rest >= 10_000 {
        rest /= 10_000
        count += 4
    }
    return rest >= 1_000 ? count + 3 : rest >= 100 ? count + 2 : rest >= 10 ? count + 1 : count
}

/// Writes `value` right-aligned into the `width` bytes at `start`, padded with zeros on the left.
private func writeDigits(_ value: UInt64, width: Int, at start: UnsafeMutableRawPointer) {
    let pairs = UnsafeRawPointer(digitPairs.utf8Start)
    var rest = value
    var position = width
    while position >= 2 {
        let pair = Int(rest % 100)
        rest /= 100
        position -= 2
        start.storeBytes(
            of: pairs.loadUnaligned(fromByteOffset: pair * 2, as: UInt16.self),
            toByteOffset: position,
            as: UInt16.self
        )
    }
    if position == 1 {
        start.storeBytes(of: UInt8(ascii: "0") + UInt8(rest % 10), as: UInt8.self)
    }
}

/// Writes `value` in decimal.
///
/// - Parameter start: memory of at least ``longestNumber`` bytes.
/// - Returns: the number of bytes written.
package func writeInteger(_ value: UInt64, at start: UnsafeMutableRawPointer) -> Int {
    let width = digitCount(value)
    writeDigits(value, width: width, at: start)
    return width
}

/// Writes `units` × 10^-`decimals` exactly, without trailing zeros after the point: 1234500 with 6 decimals is `1.2345`.
///
/// - Parameters:
///   - units: any value, negative ones included.
///   - decimals: 0 to 18.
///   - start: memory of at least ``longestNumber`` bytes.
/// - Returns: the number of bytes written.
package func writeFixedPoint(units: Int128, decimals: Int, at start: UnsafeMutableRawPointer) -> Int {
    // Fast path: the magnitude fits in 64 bits, as every total below 9.2 × 10^18 units does.
    guard let small = Int64(exactly: units) else {
        return writeWideFixedPoint(units: units, decimals: decimals, at: start)
    }
    return writeFixedPoint(units: small, decimals: decimals, at: start)
}

/// The same for units of 64 bits.
package func writeFixedPoint(units: Int64, decimals: Int, at start: UnsafeMutableRawPointer) -> Int {
    var length = 0
    if units < 0 {
        start.storeBytes(of: UInt8(ascii: "-"), as: UInt8.self)
        length = 1
    }
    if decimals == 0 { return length + writeInteger(units.magnitude, at: start + length) }
    let scale = decimals == 6 ? 1_000_000 : decimals == 3 ? 1_000 : powerOfTen(decimals)
    length += writeInteger(units.magnitude / scale, at: start + length)
    return length + writeFraction(units.magnitude % scale, decimals: decimals, at: start + length)
}

/// Writes `.` and the digits of a fraction without its trailing zeros; nothing when it is zero.
private func writeFraction(_ fraction: UInt64, decimals: Int, at start: UnsafeMutableRawPointer) -> Int {
    if fraction == 0 { return 0 }
    start.storeBytes(of: UInt8(ascii: "."), as: UInt8.self)
    writeDigits(fraction, width: decimals, at: start + 1)
    var end = decimals
    while (start + end).load(as: UInt8.self) == UInt8(ascii: "0") { end -= 1 }
    return end + 1
}

/// The slow path of ``writeFixedPoint(units:decimals:at:)``: beyond 64 bits.
private func writeWideFixedPoint(units: Int128, decimals: Int, at start: UnsafeMutableRawPointer) -> Int {
    var scale: UInt128 = 1
    for _ in 0..<decimals { scale *= 10 }
    let (whole, fraction) = units.magnitude.quotientAndRemainder(dividingBy: scale)
    let text = (units < 0 ? "-" : "") + String(whole)
    var length = 0
    for byte in text.utf8 {
        start.storeBytes(of: byte, toByteOffset: length, as: UInt8.self)
        length += 1
    }
    return length + writeFraction(UInt64(fraction), decimals: decimals, at: start + length)
}

/// The shortest text that reads back as the same Float64, in the spelling of the exposition formats: `1`, `0.25`,
/// `1e+21`, `NaN`, `+Inf`, `-Inf`.
///
/// Source: OpenMetrics 1.0, "Numbers"; Go's `strconv.ParseFloat` reads all of them.
package func doubleText(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    let text = value.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
}

/// A total as text: exact when `inexact` is 0, otherwise the Float64 sum of both parts.
///
/// - Returns: the number of bytes written, at most ``longestNumber``.
package func writeTotal(units: Int128, decimals: Int, inexact: Double, at start: UnsafeMutableRawPointer) -> Int {
    if inexact == 0 { return writeFixedPoint(units: units, decimals: decimals, at: start) }
    var scale: Double = 1
    for _ in 0..<decimals { scale *= 10 }
    return writeDouble(Double(units) / scale + inexact, at: start)
}

/// Writes the text of ``doubleText(_:)``.
///
/// - Parameter start: memory of at least ``longestNumber`` bytes.
/// - Returns: the number of bytes written.
package func writeDouble(_ value: Double, at start: UnsafeMutableRawPointer) -> Int {
    if let length = writeShortDecimal(value, at: start) { return length }
    return writeShortest(value, isPlain: false, at: start)
}

/// The fast path of what writes a Float64: whole numbers, and decimals of up to six digits behind the point, as counts,
/// money and ratios are. Nil, and nothing written, for others.
@inline(__always)
func writeShortDecimal(_ value: Double, at start: UnsafeMutableRawPointer) -> Int? {
    guard value.magnitude < 1e15 else { return nil }
    let whole = Int64(value)
    if Double(whole) == value {
        // Minus zero is no integer.
        return whole != 0 || value.sign == .plus ? writeFixedPoint(units: whole, decimals: 0, at: start) : nil
    }
    guard value.magnitude < 1e9, value.magnitude >= 1e-4 else { return nil }
    // A number of at most 15 digits that reads back as `value` is the shortest that does once its trailing zeros are
    // gone; 10^6 is exact, so the division rounds as a reader does. Adding 1.5 × 2^52 rounds to the nearest integer.
    let units = value * 1e6 + 0x1.8p52 - 0x1.8p52
    guard units / 1e6 == value else { return nil }
    return writeFixedPoint(units: Int64(units), decimals: 6, at: start)
}
