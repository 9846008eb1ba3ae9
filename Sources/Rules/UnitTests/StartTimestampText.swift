// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The text of a test's `start_timestamp`: seconds since the Unix epoch, with a fraction or without, or RFC 3339.
///
/// Source: Prometheus, `cmd/promtool/tsdb.go`, `parseTime`.
enum StartTimestampText {
    /// So many milliseconds lie at most between the epoch and a start: more than 30,000 years.
    private static let most = 1e15

    /// The time of a text, or nil when it is none. What is finer than a millisecond is cut off.
    static func parse(_ text: String) -> Timestamp? {
        guard let seconds = GoNumber.parse(text) else { return rfc3339(Array(text.utf8)[...]) }
        // Whole seconds and the rest apart, as promtool does: together they would round.
        let whole = seconds.rounded(.towardZero)
        let nanoseconds = ((seconds - whole) * 1_000_000_000).rounded(.towardZero)
        let milliseconds = whole * 1_000 + (nanoseconds / 1_000_000).rounded(.down)
        guard milliseconds.magnitude <= most else { return nil }
        return Timestamp(milliseconds: Int64(milliseconds))
    }

    /// `2026-03-01T12:00:00Z`, `2026-03-01T12:00:00.25+02:00`.
    private static func rfc3339(_ text: ArraySlice<UInt8>) -> Timestamp? {
        var rest = text
        guard let year = number(&rest, digits: 4), take("-", &rest),
            let month = number(&rest, digits: 2), (1...12).contains(month), take("-", &rest),
            let day = number(&rest, digits: 2), (1...days(of: month, in: year)).contains(day), take("T", &rest),
            let hour = number(&rest, digits: 2), hour < 24, take(":", &rest),
            let minute = number(&rest, digits: 2), minute < 60, take(":", &rest),
            let second = number(&rest, digits: 2), second < 60,
            let fraction = fraction(&rest), let zone = zone(&rest), rest.isEmpty
        else { return nil }
        let minutes = (daysSince1970(year, month, day) * 24 + hour) * 60 + minute - zone
        return Timestamp(milliseconds: (minutes * 60 + second) * 1_000 + fraction)
    }

    /// Milliseconds; 0 when there is no fraction.
    private static func fraction(_ text: inout ArraySlice<UInt8>) -> Int64? {
        guard take(".", &text) || take(",", &text) else { return 0 }
        let digits = text.prefix { (0x30...0x39).contains($0) }
        text = text.dropFirst(digits.count)
        var milliseconds = Array(digits.prefix(3))
        if milliseconds.isEmpty { return nil }
        while milliseconds.count < 3 { milliseconds.append(0x30) }
        return milliseconds.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    /// Minutes east of UTC.
    private static func zone(_ text: inout ArraySlice<UInt8>) -> Int64? {
        if take("Z", &text) { return 0 }
        let isWest = text.first == UInt8(ascii: "-")
        guard take("+", &text) || take("-", &text), let hours = number(&text, digits: 2), hours <= 24,
            take(":", &text), let minutes = number(&text, digits: 2), minutes < 60
        else { return nil }
        return (isWest ? -1 : 1) * (hours * 60 + minutes)
    }

    private static func number(_ text: inout ArraySlice<UInt8>, digits: Int) -> Int64? {
        let written = text.prefix(digits)
        guard written.count == digits, written.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        text = text.dropFirst(digits)
        return written.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }

    private static func take(_ character: Unicode.Scalar, _ text: inout ArraySlice<UInt8>) -> Bool {
        guard text.first == UInt8(ascii: character) else { return false }
        text = text.dropFirst()
        return true
    }

    private static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func days(of month: Int64, in year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Howard Hinnant's `days_from_civil` (https://howardhinnant.github.io/date_algorithms.html), for years from 0 on;
    /// the opposite is `CivilDate`.
    private static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        // A whole era is added and taken off, so that January of the year 0 is not before all eras.
        let marchYear = (month <= 2 ? year - 1 : year) + 400
        let (era, yearOfEra) = marchYear.quotientAndRemainder(dividingBy: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return (era - 1) * 146_097 + dayOfEra - 719_468
    }
}
