// SPDX-License-Identifier: Apache-2.0

extension Timestamp {
    /// As RFC 3339 has it, in UTC: `2026-01-05T12:00:00Z`, with milliseconds when there are any.
    ///
    /// Years beyond four digits are written with as many as they need, which RFC 3339 has no form for.
    package var rfc3339: String {
        func twoDigits(_ number: Int64) -> String { (number < 10 ? "0" : "") + String(number) }
        let day = milliseconds.quotientAndFloor(86_400_000)
        let date = CivilDate(daysSince1970: day.quotient)
        let seconds = day.rest / 1_000
        let fraction = day.rest % 1_000
        let yearText =
            date.year < 0
            ? String(date.year) : String(repeating: "0", count: max(0, 4 - String(date.year).count)) + String(date.year)
        var text = "\(yearText)-\(twoDigits(date.month))-\(twoDigits(date.day))T"
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
