// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import Ingest

@Suite struct `Civil arithmetic` {
    @Test func `every day from 1970 to 2200 has the number that Foundation gives it`() {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = TimeZone(identifier: "UTC")!
        var number = 0
        for year in 1970...2200 {
            for month in 1...12 {
                let length = CivilTime.daysInMonth(year: year, month: month)
                let first = calendar.date(from: DateComponents(year: year, month: month, day: 1))!
                #expect(
                    first.timeIntervalSince1970 == Double(CivilTime.days(year: year, month: month, day: 1) * 86_400)
                )
                #expect(calendar.range(of: .day, in: .month, for: first)!.count == length, "\(year)-\(month)")
                for day in 1...length {
                    check(CivilTime.days(year: year, month: month, day: day) == number, "\(year)-\(month)-\(day)")
                    number += 1
                }
            }
        }
        print("IngestTests: \(number) days counted")
        #expect(number == 84_371)
    }

    @Test func `days go on without a gap through the years before 1970`() {
        #expect(CivilTime.days(year: 1969, month: 12, day: 31) == -1)
        #expect(CivilTime.days(year: 0, month: 3, day: 1) == -719_468)
        #expect(CivilTime.days(year: 0, month: 1, day: 1) == -719_528)
        #expect(CivilTime.days(year: -400, month: 3, day: 1) == -719_468 - 146_097)
        #expect(CivilTime.days(year: 1600, month: 2, day: 29) + 1 == CivilTime.days(year: 1600, month: 3, day: 1))
    }

    @Test func `a time of day is in range or none`() {
        func at(_ hour: Int, _ minute: Int, _ second: Int) -> Int64? {
            CivilTime.milliseconds(
                year: 1970,
                month: 1,
                day: 1,
                hour: hour,
                minute: minute,
                second: second,
                millisecond: 7
            )
        }
        #expect(at(0, 0, 0) == 7)
        #expect(at(23, 59, 59) == 86_399_007)
        #expect(at(23, 59, 60) == 86_400_007)
        #expect(at(24, 0, 0) == nil)
        #expect(at(0, 60, 0) == nil)
        #expect(at(0, 0, 61) == nil)
    }
}
