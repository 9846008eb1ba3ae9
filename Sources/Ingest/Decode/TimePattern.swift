// SPDX-License-Identifier: Apache-2.0

/// A fixed pattern of a date and time, in the letters of Unicode TR 35: `yyyy MM dd HH mm ss` and one `S` for each
/// fraction digit; anything else stands for itself, letters in single quotes.
struct TimePattern: Sendable {
    private enum Part: Sendable, Equatable {
        case year
        case month
        case day
        case hour
        case minute
        case second
        case fraction(Int)
        case literal(UInt8)
    }

    private let parts: [Part]

    /// Nil when the pattern has an unknown letter or lacks the date.
    init?(_ pattern: String) {
        var parts: [Part] = []
        var rest = Array(pattern.utf8)[...]
        while let first = rest.first {
            let run = rest.prefix { $0 == first }.count
            switch (first, run) {
            case (UInt8(ascii: "y"), 4): parts.append(.year)
            case (UInt8(ascii: "M"), 2): parts.append(.month)
            case (UInt8(ascii: "d"), 2): parts.append(.day)
            case (UInt8(ascii: "H"), 2): parts.append(.hour)
            case (UInt8(ascii: "m"), 2): parts.append(.minute)
            case (UInt8(ascii: "s"), 2): parts.append(.second)
            case (UInt8(ascii: "S"), 1...9): parts.append(.fraction(run))
            case (UInt8(ascii: "'"), 1):
                rest = rest.dropFirst()
                guard let end = rest.firstIndex(of: UInt8(ascii: "'")) else { return nil }
                parts += rest[..<end].map { .literal($0) }
                rest = rest[end...].dropFirst()
                continue
            default:
                let isLetter = (first | 0x20) >= UInt8(ascii: "a") && (first | 0x20) <= UInt8(ascii: "z")
                guard !isLetter else { return nil }
                parts += (0..<run).map { _ in .literal(first) }
            }
            rest = rest.dropFirst(run)
        }
        guard parts.contains(.year), parts.contains(.month), parts.contains(.day) else { return nil }
        self.parts = parts
    }

    /// Milliseconds of the local time since 1970-01-01T00:00 local, or nil when the text does not fit the pattern.
    func read(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard let base = text.baseAddress else { return nil }
        var at = 0
        var year = 0
        var month = 0
        var day = 0
        var hour = 0
        var minute = 0
        var second = 0
        var millisecond = 0
        func digits(_ count: Int) -> Int? {
            guard at + count <= text.count, let value = EventTime.number(base, at, count) else { return nil }
            at += count
            return value
        }
        for part in parts {
            switch part {
            case .year:
                guard let value = digits(4) else { return nil }
                year = value
            case .month:
                guard let value = digits(2) else { return nil }
                month = value
            case .day:
                guard let value = digits(2) else { return nil }
                day = value
            case .hour:
                guard let value = digits(2) else { return nil }
                hour = value
            case .minute:
                guard let value = digits(2) else { return nil }
                minute = value
            case .second:
                guard let value = digits(2) else { return nil }
                second = value
            case .fraction(let count):
                guard var value = digits(count) else { return nil }
                for _ in 0..<max(0, count - 3) { value /= 10 }
                for _ in 0..<max(0, 3 - count) { value *= 10 }
                millisecond = value
            case .literal(let byte):
                guard at < text.count, text[at] == byte else { return nil }
                at += 1
            }
        }
        guard at == text.count else { return nil }
        return CivilTime.milliseconds(
            year: year,
            month: month,
            day: day,
            hour: hour,
            minute: minute,
            second: second,
            millisecond: millisecond
        )
    }
}
