// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Lines that were not handed on yet. The one owner of raw memory in the generator.
///
/// Appending does not check for room line by line: the owner drains when `isNearlyFull`, and no line is longer than
/// `longestLine`.
struct LineBuffer: ~Copyable {
    /// More than any line: names are short and fixed, numbers have at most 20 digits.
    static let longestLine = 1024
    /// Blocks of this size keep the calls of write(2) rare (about one for 1000 lines) and stay in the L2 cache.
    private static let capacity = 256 * 1024

    private let memory = UnsafeMutableRawPointer.allocate(byteCount: Self.capacity, alignment: 16)
    private(set) var count = 0
    // The last minute that was written, as text: most lines share it with the line before.
    private var minute = Int64.min
    private let minuteText = UnsafeMutableRawPointer.allocate(byteCount: 17, alignment: 16)

    deinit {
        memory.deallocate()
        minuteText.deallocate()
    }

    var isNearlyFull: Bool { count > Self.capacity - Self.longestLine }

    /// Hands the bytes to `write` and starts over.
    mutating func drain(_ write: (UnsafeRawBufferPointer) throws -> Void) rethrows {
        if count > 0 { try write(UnsafeRawBufferPointer(start: memory, count: count)) }
        count = 0
    }

    // MARK: - Appending

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        (memory + count).copyMemory(from: start, byteCount: bytes.count)
        count += bytes.count
    }

    mutating func append(_ text: StaticString) {
        append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func append(byte: UInt8) {
        memory.storeBytes(of: byte, toByteOffset: count, as: UInt8.self)
        count += 1
    }

    /// 13 digits of base 32 in the alphabet 0-9, a-v (RFC 4648, section 7, in lower case), the highest first.
    mutating func append(base32 word: UInt64) {
        for place in 0..<13 {
            let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - 5 * place)) & 31
            memory.storeBytes(of: digit &+ (digit < 10 ? 48 : 87), toByteOffset: count + place, as: UInt8.self)
        }
        count += 13
    }

    /// Six digits of base 16, the highest first.
    mutating func append(hex6 word: UInt32) {
        for place in 0..<6 {
            let digit = UInt8(truncatingIfNeeded: word >> UInt32(20 - 4 * place)) & 15
            memory.storeBytes(of: digit &+ (digit < 10 ? 48 : 87), toByteOffset: count + place, as: UInt8.self)
        }
        count += 6
    }

    /// A decimal number with the fewest decimals that are exact, at most six: 2150 is `0.00215`, 3000000 is `3`.
    ///
    /// - Parameters:
    ///   - micros: millionths, not negative.
    ///   - leastDecimals: decimals written even if they are 0, at most six.
    mutating func append(decimalMicros micros: Int64, leastDecimals: Int = 0) {
        append(integer: micros / 1_000_000)
        var rest = micros % 1_000_000
        if rest == 0, leastDecimals == 0 { return }
        append(byte: UInt8(ascii: "."))
        var written = 0
        while rest > 0 || written < leastDecimals {
            rest *= 10
            append(byte: 48 &+ UInt8(truncatingIfNeeded: rest / 1_000_000))
            rest %= 1_000_000
            written += 1
        }
    }

    private mutating func append(integer value: Int64) {
        var place: Int64 = 1
        while value / place >= 10 { place *= 10 }
        while place > 0 {
            append(byte: 48 &+ UInt8(truncatingIfNeeded: value / place % 10))
            place /= 10
        }
    }

    // MARK: - Time

    /// RFC 3339 in UTC with milliseconds, 24 bytes: `2026-01-05T00:00:00.000Z`.
    ///
    /// - Parameter time: Unix milliseconds in the years 1970 to 9999.
    mutating func append(time: Int64) {
        let timeMinute = time / 60_000
        if timeMinute != minute { spellMinute(timeMinute) }
        (memory + count).copyMemory(from: minuteText, byteCount: 17)
        count += 17
        let rest = UInt32(truncatingIfNeeded: time - timeMinute * 60_000)
        let second = rest / 1000
        let milliseconds = rest % 1000
        append(twoDigits: second)
        append(byte: UInt8(ascii: "."))
        append(byte: 48 &+ UInt8(truncatingIfNeeded: milliseconds / 100))
        append(twoDigits: milliseconds % 100)
        append(byte: UInt8(ascii: "Z"))
    }

    private mutating func append(twoDigits value: UInt32) {
        append(byte: 48 &+ UInt8(truncatingIfNeeded: value / 10))
        append(byte: 48 &+ UInt8(truncatingIfNeeded: value % 10))
    }

    /// Slow path of `append(time:)`: a new minute.
    private mutating func spellMinute(_ newMinute: Int64) {
        minute = newMinute
        let date = CivilDate(daysSince1970: newMinute / 1440)
        let minuteOfDay = Int(newMinute % 1440)
        func store(_ value: Int, _ digits: Int, at offset: Int) {
            var left = value
            for place in (0..<digits).reversed() {
                minuteText.storeBytes(of: UInt8(48 + left % 10), toByteOffset: offset + place, as: UInt8.self)
                left /= 10
            }
        }
        minuteText.copyMemory(from: "0000-00-00T00:00:", byteCount: 17)
        store(Int(date.year), 4, at: 0)
        store(Int(date.month), 2, at: 5)
        store(Int(date.day), 2, at: 8)
        store(minuteOfDay / 60, 2, at: 11)
        store(minuteOfDay % 60, 2, at: 14)
    }
}

/// The same text as `LineBuffer.append(time:)` as a string, for messages.
func rfc3339(milliseconds: Int64) -> String {
    var buffer = LineBuffer()
    buffer.append(time: milliseconds)
    var text = ""
    buffer.drain { text = String(decoding: $0, as: UTF8.self) }
    return text
}
