// SPDX-License-Identifier: Apache-2.0

package import Tidemark

extension Timestamp {
    /// As RFC 3339 has it, in UTC: `2026-01-05T12:00:00Z`, with milliseconds when there are any.
    ///
    /// Years beyond four digits are written with as many as they need, which RFC 3339 has no form for.
    package var rfc3339: String {
        func twoDigits(_ number: Int64) -> String { (number < 10 ? "0" : "") + String(number) }
        let day = milliseconds.quotientAndFloor(86_400_000)
        let (year, month, dayOfMonth) = civilDate(day.quotient)
        let seconds = day.rest / 1_000
        let fraction = day.rest % 1_000
        let yearText =
            year < 0 ? String(year) : String(repeating: "0", count: max(0, 4 - String(year).count)) + String(year)
        var text = "\(yearText)-\(twoDigits(month))-\(twoDigits(dayOfMonth))T"
        text += "\(twoDigits(seconds / 3_600)):\(twoDigits(seconds / 60 % 60)):\(twoDigits(seconds % 60))"
        if fraction > 0 { text += "." + String(String(1_000 + fraction).dropFirst()) }
        return text + "Z"
    }
}

extension Int64 {
    /// Divides with a rest that is never negative.
    fileprivate func quotientAndFloor(_ divisor: Int64) -> (quotient: Int64, rest: Int64) {
        let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
    }
}

/// Year, month and day of so many days after 1970-01-01 in the Gregorian calendar.
///
/// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms", `civil_from_days`.
private func civilDate(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let (era, dayOfEra) = (days + 719_468).quotientAndFloor(146_097)
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
}
