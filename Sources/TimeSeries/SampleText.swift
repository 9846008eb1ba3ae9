// SPDX-License-Identifier: Apache-2.0

// Sample values as the query API of Prometheus spells them: plain decimals where the exposition formats have exponents.

/// Bytes that any text of ``writePlainDouble(_:at:)`` fits in: a sign, 309 digits before the point or 343 behind it.
package let longestPlainNumber = 352

/// Writes the shortest text that reads back as `value`, as the query API has it: `1`, `0.25`, `100000000000000000000`,
/// `1e-07`, `NaN`, `+Inf`, `-Inf`. With an exponent below 1e-6 and from 1e21 on, plain otherwise.
///
/// Source: Prometheus, `util/jsonutil/marshal.go`, `MarshalFloat`.
///
/// - Parameter start: memory of at least ``longestNumber`` bytes.
/// - Returns: the number of bytes written.
package func writeSampleValue(_ value: Double, at start: UnsafeMutableRawPointer) -> Int {
    if let length = writeShortDecimal(value, at: start) { return length }
    let isPlain = value.magnitude >= 1e-6 && value.magnitude < 1e21
    return writeShortest(value, isPlain: isPlain, at: start)
}

/// The same without ever using an exponent, as the query API has scalars.
///
/// Source: Prometheus, `promql/value.go`, `Scalar.MarshalJSON`.
///
/// - Parameter start: memory of at least ``longestPlainNumber`` bytes.
/// - Returns: the number of bytes written.
package func writePlainDouble(_ value: Double, at start: UnsafeMutableRawPointer) -> Int {
    if let length = writeShortDecimal(value, at: start) { return length }
    return writeShortest(value, isPlain: true, at: start)
}

/// The slow path: takes Swift's shortest digits and, when there is to be no exponent, moves the point where it belongs.
func writeShortest(_ value: Double, isPlain: Bool, at start: UnsafeMutableRawPointer) -> Int {
    guard value.isFinite else {
        let text: StaticString = value.isNaN ? "NaN" : value < 0 ? "-Inf" : "+Inf"
        start.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        return text.utf8CodeUnitCount
    }
    var sink = ASCIISink(end: start)
    value.write(to: &sink)
    var length = sink.end - start
    let bytes = start.assumingMemoryBound(to: UInt8.self)
    // Longer texts than one of 17 digits with an exponent do not come, so the search is short.
    guard let mark = (0..<length).last(where: { bytes[$0] == UInt8(ascii: "e") }) else {
        if length > 2, bytes[length - 2] == UInt8(ascii: "."), bytes[length - 1] == UInt8(ascii: "0") { length -= 2 }
        return length
    }
    return isPlain ? expand(bytes, length: length, exponentMark: mark) : length
}

/// Turns `-1.25e-07` into `-0.000000125` in place.
private func expand(_ text: UnsafeMutablePointer<UInt8>, length: Int, exponentMark: Int) -> Int {
    let zero = UInt8(ascii: "0")
    let sign = text[0] == UInt8(ascii: "-") ? 1 : 0
    var exponent = 0
    for index in exponentMark + 2..<length { exponent = exponent * 10 + Int(text[index] - zero) }
    if text[exponentMark + 1] == UInt8(ascii: "-") { exponent = -exponent }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: exponentMark) { digits in
        var count = 0
        for index in sign..<exponentMark where text[index] != UInt8(ascii: ".") {
            digits[count] = text[index]
            count += 1
        }
        var end = sign
        func put(_ byte: UInt8) {
            text[end] = byte
            end += 1
        }
        if exponent < 0 {
            put(zero)
            put(UInt8(ascii: "."))
            for _ in 1..<(-exponent) { put(zero) }
            for index in 0..<count { put(digits[index]) }
        } else {
            for index in 0..<max(count, exponent + 1) {
                if index == exponent + 1 { put(UInt8(ascii: ".")) }
                put(index < count ? digits[index] : zero)
            }
        }
        return end
    }
}

/// Where a number's text goes without a String in between.
private struct ASCIISink: TextOutputStream {
    var end: UnsafeMutableRawPointer

    mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { _writeASCII($0) }
    }

    // The standard library hands the text of numbers to this requirement, and to `write` where it is not there.
    mutating func _writeASCII(_ bytes: UnsafeBufferPointer<UInt8>) {
        guard let base = bytes.baseAddress else { return }
        end.copyMemory(from: base, byteCount: bytes.count)
        end += bytes.count
    }
}
