// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// What `toTime` makes: a time in UTC, in milliseconds as Prometheus cuts it.
struct TemplateMoment: Sendable {
    static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// Since 1970-01-01, of magnitude at most 2^63 / 10^6.
    let milliseconds: Int64
    let date: CivilDate

    /// - Throws: when the seconds are not within the 292 years around 1970 that Go counts in nanoseconds.
    init(seconds: Double) throws(TemplateFault) {
        let nanoseconds = seconds * 1e9
        guard seconds.isFinite else { throw TemplateFault("value is NaN or Inf") }
        guard let whole = Int64(exactly: nanoseconds.rounded(.towardZero)) else {
            let number = GoNumber.general(seconds)
            throw TemplateFault("\(number) cannot be represented as a nanoseconds timestamp since it overflows int64")
        }
        milliseconds = whole / 1_000_000
        date = CivilDate(daysSince1970: milliseconds.floorDivided(by: 86_400_000).quotient)
    }

    var unixSeconds: Int64 { milliseconds.floorDivided(by: 1_000).quotient }
    var millisecond: Int64 { milliseconds.floorDivided(by: 1_000).remainder }
    private var secondOfDay: Int64 { milliseconds.floorDivided(by: 86_400_000).remainder / 1_000 }
    var hour: Int64 { secondOfDay / 3_600 }
    var minute: Int64 { secondOfDay / 60 % 60 }
    var second: Int64 { secondOfDay % 60 }

    /// 0 for Sunday.
    var weekday: Int64 { (milliseconds.floorDivided(by: 86_400_000).quotient + 4).floorDivided(by: 7).remainder }

    /// 1...366.
    var dayOfYear: Int64 {
        let isLeap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0)
        let before: [Int64] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
        return before[Int(date.month) - 1] + date.day + (isLeap && date.month > 2 ? 1 : 0)
    }

    /// As Go prints a time: `2015-06-23 13:19:44.128 +0000 UTC`.
    var description: String { TimeLayout.text(of: self, "2006-01-02 15:04:05.999999999 -0700 MST") }
}

extension Int64 {
    /// Rounded down, so that the rest is not negative. `divisor` is above zero.
    fileprivate func floorDivided(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
