// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import PromQL

@Suite("Civil instants")
struct CivilInstantTests {
    @Test(
        "Dates that are known",
        arguments: [
            // Seconds, then year, month, day, day of the year, weekday, days in the month; from `date -u -d @…`.
            (0, [1970, 1, 1, 1, 4, 31]),
            (-1, [1969, 12, 31, 365, 3, 31]),
            (951_782_399, [2000, 2, 28, 59, 1, 29]),
            (951_782_400, [2000, 2, 29, 60, 2, 29]),
            (951_868_800, [2000, 3, 1, 61, 3, 31]),
            (978_220_800, [2000, 12, 31, 366, 0, 31]),
            (1_456_790_399, [2016, 2, 29, 60, 1, 29]),
            (4_107_542_400, [2100, 3, 1, 60, 1, 31]),
            (-2_203_891_200, [1900, 3, 1, 60, 4, 31]),
            (253_402_300_799, [9999, 12, 31, 365, 5, 31]),
            (-62_135_596_800, [1, 1, 1, 1, 1, 31]),
            (-62_167_219_200, [0, 1, 1, 1, 6, 31]),
        ] as [(Int64, [Int64])]
    )
    func known(_ seconds: Int64, _ expected: [Int64]) {
        let date = CivilInstant(seconds: seconds)
        let fields = [date.year, date.month, date.dayOfMonth, date.dayOfYear, date.dayOfWeek, date.daysInMonth]
        #expect(fields == expected)
    }

    @Test("Each day of four hundred years and more follows the one before")
    func days() {
        var before = CivilInstant(seconds: Int64(-300 * 365) * 86_400)
        for day in Int64(-300 * 365 + 1)..<Int64(200 * 366) {
            let date = CivilInstant(seconds: day * 86_400)
            let isNewMonth = before.dayOfMonth == before.daysInMonth
            let isNewYear = isNewMonth && before.month == 12
            #expect(date.dayOfMonth == (isNewMonth ? 1 : before.dayOfMonth + 1))
            #expect(date.month == (isNewYear ? 1 : isNewMonth ? before.month + 1 : before.month))
            #expect(date.year == (isNewYear ? before.year + 1 : before.year))
            #expect(date.dayOfYear == (isNewYear ? 1 : before.dayOfYear + 1))
            #expect(date.dayOfWeek == (before.dayOfWeek + 1) % 7)
            before = date
        }
    }

    @Test(
        "No number of seconds ends the process",
        arguments: [Double.nan, .infinity, -.infinity, 1e300, -0x1p63, 0x1p63]
    )
    func anyNumber(_ seconds: Double) {
        let date = CivilInstant(seconds: seconds)
        #expect(
            (1...12).contains(date.month) && (1...31).contains(date.dayOfMonth) && (0..<86_400).contains(date.second)
        )
    }

    @Test("Seconds count toward zero, as Go converts them")
    func fractions() {
        #expect(CivilInstant(seconds: 59.9).second == 59)
        #expect(CivilInstant(seconds: -0.5).second == 0)
        #expect(CivilInstant(seconds: -1.5).second == 86_399)
    }
}
