// SPDX-License-Identifier: Apache-2.0

/// A day of the Gregorian calendar, extended in both directions.
package struct CivilDate: Equatable, Sendable {
    package let year: Int64
    /// 1...12.
    package let month: Int64
    /// 1...31.
    package let day: Int64

    /// Howard Hinnant's `civil_from_days`: years begin in March, so that the leap day comes last
    /// (https://howardhinnant.github.io/date_algorithms.html).
    ///
    /// - Parameter days: since 1970-01-01, negative before it; 719,468 more must fit in an Int64.
    package init(daysSince1970 days: Int64) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }
}
