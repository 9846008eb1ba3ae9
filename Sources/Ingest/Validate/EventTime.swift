// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// Reading of event times.
enum EventTime {
    /// Numbers from here on are milliseconds, below it seconds: 1e11 s would be the year 5138, 1e11 ms is 1973.
    static let millisecondsFrom: Int64 = 100_000_000_000

    /// A time of RFC 3339, section 5.6, in milliseconds: `T`, `t` or a space between date and time, any number of
    /// fraction digits (cut to milliseconds), `Z`, `z` or a numeric offset. Nil when it is none; a time without an
    /// offset is none, because nobody could say when it was.
    static func rfc3339(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard text.count >= 20, let base = text.baseAddress else { return nil }
        // Date and time as three words of eight bytes: "yyyy-MM-", "ddThh:mm", "mm:ss" with its neighbours.
        let raw = UnsafeRawPointer(base)
        let date = UInt64(littleEndian: raw.loadUnaligned(as: UInt64.self))
        let middle = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        let end = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 11, as: UInt64.self))
        guard let yearAndMonth = digits(date, separators: 0x2D00_002D_0000_0000),
            let dayAndHour = digits(middle & ~0xFF_0000 | 0x30_0000, separators: 0x0000_3A00_0000_0000),
            let time = digits(end, separators: 0x0000_3A00_003A_0000),
            base[10] == UInt8(ascii: "T") || base[10] == UInt8(ascii: " ") || base[10] == UInt8(ascii: "t")
        else { return nil }
        let year = pair(yearAndMonth, 0) &* 100 &+ pair(yearAndMonth, 16)
        let month = pair(yearAndMonth, 40)
        let day = pair(dayAndHour, 0)
        let hour = pair(dayAndHour, 24)
        let minute = pair(time, 24)
        let second = pair(time, 48)
        var index = 19
        var millisecond = 0
        if base[index] == UInt8(ascii: ".") {
            index += 1
            let start = index
            var scale = 100
            while index < text.count, base[index] &- 0x30 < 10 {
                millisecond += Int(base[index] &- 0x30) * scale
                scale /= 10
                index += 1
            }
            if index == start { return nil }
        }
        guard index < text.count,
            let local = CivilTime.milliseconds(
                year: year,
                month: month,
                day: day,
                hour: hour,
                minute: minute,
                second: second,
                millisecond: millisecond
            )
        else { return nil }
        if base[index] | 0x20 == UInt8(ascii: "z") {
            return index + 1 == text.count ? local : nil
        }
        guard let offset = offset(base + index, count: text.count - index) else { return nil }
        return local - offset
    }

    /// `+09:00`, `-03:30`, `+0900` in milliseconds east of UTC.
    static func offset(_ text: UnsafePointer<UInt8>, count: Int) -> Int64? {
        let sign: Int64
        switch text[0] {
        case UInt8(ascii: "+"): sign = 1
        case UInt8(ascii: "-"): sign = -1
        default: return nil
        }
        let minuteAt: Int
        if count == 6, text[3] == UInt8(ascii: ":") {
            minuteAt = 4
        } else if count == 5 {
            minuteAt = 3
        } else {
            return nil
        }
        guard let hours = number(text, 1, 2), let minutes = number(text, minuteAt, 2), hours <= 23, minutes <= 59
        else { return nil }
        return sign * Int64(hours * 60 + minutes) * 60_000
    }

    /// Unix time as a number: seconds, or milliseconds from 1e11 on. Fractions are cut to milliseconds.
    static func unix(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        switch Measure.parse(text) {
        case .micros(let micros):
            return micros >= millisecondsFrom * 1_000_000 ? floorDivide(micros, 1_000_000) : floorDivide(micros, 1_000)
        case .inexact(let value):
            guard abs(value) < 1e15 else { return nil }
            return Int64((value >= Double(millisecondsFrom) ? value : value * 1_000).rounded(.down))
        case .invalid:
            return nil
        }
    }

    /// Unix time in milliseconds as a number.
    static func unixMilliseconds(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        switch Measure.parse(text) {
        case .micros(let micros): return floorDivide(micros, 1_000_000)
        case .inexact(let value): return abs(value) < 1e15 ? Int64(value.rounded(.down)) : nil
        case .invalid: return nil
        }
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }

    /// The word with its ASCII digits as their values and its separators as zero; nil when a byte is neither a digit nor
    /// the separator that belongs there. A byte that is zero in the word already must be zero in `separators`.
    @inline(__always)
    static func digits(_ word: UInt64, separators: UInt64) -> UInt64? {
        let bytes: UInt64 = 0x0101_0101_0101_0101
        // 0xFF for each byte that has to be a separator, or is none at all.
        let spread = ((separators & (bytes &* 0x7F)) &+ bytes &* 0x7F) & (bytes &* 0x80)
        let isSeparator = (spread &>> 7) &* 0xFF
        guard word & isSeparator == separators else { return nil }
        let values = (word & ~isSeparator) ^ (bytes &* 0x30 & ~isSeparator)
        // A digit's value is 0...9: the high half is empty, and adding six does not reach it.
        guard (values | (values &+ bytes &* 6)) & (bytes &* 0xF0) & ~isSeparator == 0 else { return nil }
        return values
    }

    /// The two digits that begin at a bit.
    @inline(__always)
    static func pair(_ digits: UInt64, _ bit: UInt64) -> Int {
        Int(truncatingIfNeeded: (digits &>> bit) & 0xF) &* 10 &+ Int(truncatingIfNeeded: (digits &>> (bit &+ 8)) & 0xF)
    }

    /// The decimal number in `count` bytes, or nil when one of them is no digit.
    @inline(__always)
    static func number(_ base: UnsafePointer<UInt8>, _ start: Int, _ count: Int) -> Int? {
        var value = 0
        for index in start..<(start + count) {
            let digit = base[index] &- 0x30
            guard digit < 10 else { return nil }
            value = value &* 10 &+ Int(digit)
        }
        return value
    }
}

extension Timestamp {
    /// A time of RFC 3339 with a zone, such as `2026-01-05T12:00:03.25Z`, cut to milliseconds; nil when it is none.
    public init?(rfc3339 text: String) {
        var text = text
        guard let milliseconds = text.withUTF8({ EventTime.rfc3339($0) }) else { return nil }
        self.init(milliseconds: milliseconds)
    }
}
