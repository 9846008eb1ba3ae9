// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Evaluation {
    /// `minute` to `year`, in UTC, of numbers that are seconds since the Unix epoch, or of the steps.
    func calendar(_ node: FunctionCall) throws(QueryError) -> VectorColumns {
        let function = node.function
        guard let argument = node.arguments.first else {
            // Go divides toward zero; before 1970 a step with a fraction counts for the second behind it.
            let values = (0..<steps.count).map { CivilInstant(seconds: steps[$0] / 1_000).value(of: function) }
            return VectorColumns(stepCount: steps.count, labels: [[:]], dropsName: [false], values: values)
        }
        return try vector(argument).mappingNumbers { CivilInstant(seconds: $0).value(of: function) }
    }
}

/// Date and time of day in UTC, of the Gregorian calendar extended in both directions.
struct CivilInstant {
    /// Days since 1970-01-01.
    let day: Int64
    /// Of the day: 0..<86,400.
    let second: Int64
    private let date: CivilDate

    /// Seconds since the Unix epoch, toward zero. What no Int64 holds, NaN too, counts as the least one, which is what
    /// Go makes of it on x86.
    init(seconds: Double) {
        self.init(seconds: seconds > -0x1p63 && seconds < 0x1p63 ? Int64(seconds) : .min)
    }

    init(seconds: Int64) {
        let within = seconds % 86_400
        second = within < 0 ? within + 86_400 : within
        day = seconds / 86_400 - (within < 0 ? 1 : 0)
        date = CivilDate(daysSince1970: day)
    }

    var year: Int64 { date.year }
    /// 1...12.
    var month: Int64 { date.month }
    /// 1...31.
    var dayOfMonth: Int64 { date.day }

    /// Whether its year has a February 29.
    var isLeapYear: Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    /// 28...31.
    var daysInMonth: Int64 {
        switch month {
        case 2: isLeapYear ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// 1...366.
    var dayOfYear: Int64 {
        let before: [Int64] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334]
        return before[Int(month) - 1] + dayOfMonth + (month > 2 && isLeapYear ? 1 : 0)
    }

    /// 0 for Sunday to 6.
    var dayOfWeek: Int64 {
        let weekday = (day % 7 + 4) % 7  // the epoch was a Thursday
        return weekday < 0 ? weekday + 7 : weekday
    }

    /// What a function of PromQL says of it.
    ///
    /// - Precondition: it is one of the calendar.
    fileprivate func value(of function: Function) -> Double {
        switch function {
        case .minute: Double(second / 60 % 60)
        case .hour: Double(second / 3_600)
        case .dayOfMonth: Double(dayOfMonth)
        case .dayOfWeek: Double(dayOfWeek)
        case .dayOfYear: Double(dayOfYear)
        case .daysInMonth: Double(daysInMonth)
        case .month: Double(month)
        case .year: Double(year)
        default: preconditionFailure("not of the calendar")
        }
    }
}
