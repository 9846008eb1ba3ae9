// SPDX-License-Identifier: Apache-2.0

/// Reads times of RFC 3339, and remembers the minute of the last one: events come nearly in the order of time, and as
/// `2026-01-05T12:00:03.250Z`, so that mostly only the seconds have to be read.
struct MinuteMemo {
    /// The bytes `yyyy-MM-ddThh:mm` of the minute as two words, at first of no text, and its first millisecond, UTC.
    private var date = UInt64.max
    private var rest = UInt64.max
    private var minute: Int64 = 0

    /// What `EventTime.rfc3339` gives.
    @inline(__always)
    mutating func milliseconds(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard text.count == 24, let base = text.baseAddress else { return EventTime.rfc3339(text) }
        let raw = UnsafeRawPointer(base)
        // ":ss.mmmZ"
        let seconds = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 16, as: UInt64.self))
        guard raw.loadUnaligned(as: UInt64.self) == date,
            raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self) == rest,
            let digits = EventTime.digits(seconds, separators: 0x5A00_0000_2E00_003A)
        else { return read(text) }
        let second = EventTime.pair(digits, 8)
        guard second <= 60 else { return nil }
        let millisecond = EventTime.pair(digits, 32) &* 10 &+ Int(truncatingIfNeeded: digits &>> 48 & 0xF)
        return minute &+ Int64(second &* 1_000 &+ millisecond)
    }

    @inline(never)
    private mutating func read(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard let time = EventTime.rfc3339(text), let base = text.baseAddress else { return nil }
        // Only of a time in UTC do the digits tell the minute.
        guard time >= 0, text[23] == UInt8(ascii: "Z"), let second = EventTime.number(base, 17, 2) else { return time }
        let raw = UnsafeRawPointer(base)
        date = raw.loadUnaligned(as: UInt64.self)
        rest = raw.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        // A leap second is in the minute that it is written in, though it counts in the next.
        minute = (time - Int64(second) * 1_000) / 60_000 * 60_000
        return time
    }
}
