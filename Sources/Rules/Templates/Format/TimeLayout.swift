// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Times in the layouts of Go, which show how the reference time, Mon Jan 2 15:04:05 2006, would look. All times are in
/// UTC.
///
/// Source: Go, package time, Time.Format.
enum TimeLayout {
    /// The text of a time. What means nothing in a layout stands for itself.
    static func text(of moment: TemplateMoment, _ layout: String) -> String {
        var rest = Substring(layout)
        var result = ""
        scan: while !rest.isEmpty {
            // Fast path: what begins no element.
            let plain = rest.utf8.prefix { !beginnings.contains($0) }
            if !plain.isEmpty {
                result += Substring(plain)
                rest = rest[plain.endIndex...]
                continue
            }
            if let fraction = takeFraction(&rest, moment) {
                result += fraction
                continue
            }
            for (element, write) in elements where rest.utf8.starts(with: element.utf8) {
                let behind = rest.dropFirst(element.count)
                // `Monthly` is no `Mon`.
                if element == "Jan" || element == "Mon", let next = behind.utf8.first, (0x61...0x7A).contains(next) {
                    continue
                }
                result += write(moment)
                rest = behind
                continue scan
            }
            result.append(rest.removeFirst())
        }
        return result
    }

    private static let beginnings = Array("JM0123456_Pp-Z.,".utf8)

    /// Longer ones before those that they begin with.
    private static let elements: [(String, @Sendable (TemplateMoment) -> String)] = [
        ("January", { TemplateMoment.months[Int($0.date.month) - 1] }),
        ("Jan", { String(TemplateMoment.months[Int($0.date.month) - 1].prefix(3)) }),
        ("Monday", { TemplateMoment.weekdays[Int($0.weekday)] }),
        ("Mon", { String(TemplateMoment.weekdays[Int($0.weekday)].prefix(3)) }),
        ("MST", { _ in "UTC" }),
        ("002", { padded($0.dayOfYear, 3) }),
        ("01", { padded($0.date.month, 2) }),
        ("02", { padded($0.date.day, 2) }),
        ("03", { padded(hourOfTwelve($0), 2) }),
        ("04", { padded($0.minute, 2) }),
        ("05", { padded($0.second, 2) }),
        ("06", { padded($0.date.year % 100, 2) }),
        ("15", { padded($0.hour, 2) }),
        ("1", { "\($0.date.month)" }),
        ("2006", { padded($0.date.year, 4) }),
        ("2", { "\($0.date.day)" }),
        ("__2", { padded($0.dayOfYear, 3, with: " ") }),
        ("_2006", { "_" + padded($0.date.year, 4) }),
        ("_2", { padded($0.date.day, 2, with: " ") }),
        ("3", { "\(hourOfTwelve($0))" }),
        ("4", { "\($0.minute)" }),
        ("5", { "\($0.second)" }),
        ("PM", { $0.hour >= 12 ? "PM" : "AM" }),
        ("pm", { $0.hour >= 12 ? "pm" : "am" }),
        ("-07:00:00", { _ in "+00:00:00" }),
        ("-07:00", { _ in "+00:00" }),
        ("-070000", { _ in "+000000" }),
        ("-0700", { _ in "+0000" }),
        ("-07", { _ in "+00" }),
        ("Z07:00:00", { _ in "Z" }),
        ("Z07:00", { _ in "Z" }),
        ("Z070000", { _ in "Z" }),
        ("Z0700", { _ in "Z" }),
        ("Z07", { _ in "Z" }),
    ]

    private static func hourOfTwelve(_ moment: TemplateMoment) -> Int64 {
        moment.hour % 12 == 0 ? 12 : moment.hour % 12
    }

    private static func padded(_ value: Int64, _ width: Int, with fill: Character = "0") -> String {
        let digits = String(value)
        return String(repeating: fill, count: max(0, width - digits.count)) + digits
    }

    /// `.000` and `,000` are so many digits of the second's fraction, `.999` the same without zeros at the end.
    private static func takeFraction(_ rest: inout Substring, _ moment: TemplateMoment) -> String? {
        guard let mark = rest.first, mark == "." || mark == ",", let kind = rest.dropFirst().first,
            kind == "0" || kind == "9"
        else { return nil }
        let count = rest.dropFirst().prefix { $0 == kind }.count
        let behind = rest.dropFirst(count + 1)
        if let next = behind.utf8.first, next.isTemplateDigit { return nil }
        rest = behind
        let nine = padded(moment.millisecond * 1_000_000, 9)
        var digits = String(nine.prefix(count)) + String(repeating: "0", count: max(0, min(count, 1 << 16) - 9))
        if kind == "9" {
            digits = String(nine.prefix(count))
            while digits.last == "0" { digits.removeLast() }
            if digits.isEmpty { return "" }
        }
        return String(mark) + digits
    }
}
