// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Methods that a template calls on times and durations.
///
/// Source: Go, package time.
extension TemplateValue {
    typealias Method = ([TemplateValue]) throws(TemplateFault) -> TemplateValue

    /// The method of a name, or nil.
    func method(_ name: String) -> Method? {
        switch self {
        case .moment(let moment): TemplateValue.method(name, of: moment)
        case .span(let nanoseconds): TemplateValue.method(name, ofSpan: nanoseconds)
        case .weekday, .month: name == "String" ? TemplateValue.giving(name, .text(ownText ?? "")) : nil
        default: nil
        }
    }

    private static func method(_ name: String, of moment: TemplateMoment) -> Method? {
        if name == "Format" {
            return { (arguments: [TemplateValue]) throws(TemplateFault) in
                try checkCount(arguments, 1, name)
                guard case .text(let layout) = arguments[0] else {
                    throw TemplateFault("wrong type for value; expected string; got \(arguments[0].typeName)")
                }
                return .text(TimeLayout.text(of: moment, layout))
            }
        }
        let value: TemplateValue
        switch name {
        case "UTC", "Local": value = .moment(moment)
        case "String": value = .text(moment.description)
        case "Unix": value = .integer(moment.unixSeconds)
        case "UnixMilli": value = .integer(moment.milliseconds)
        case "UnixMicro": value = .integer(moment.milliseconds * 1_000)
        case "UnixNano": value = .integer(moment.milliseconds * 1_000_000)
        case "Year": value = .integer(moment.date.year)
        case "Month": value = .month(moment.date.month)
        case "Day": value = .integer(moment.date.day)
        case "Hour": value = .integer(moment.hour)
        case "Minute": value = .integer(moment.minute)
        case "Second": value = .integer(moment.second)
        case "Nanosecond": value = .integer(moment.millisecond * 1_000_000)
        case "Weekday": value = .weekday(moment.weekday)
        case "YearDay": value = .integer(moment.dayOfYear)
        case "IsZero": value = .bool(false)
        default: return nil
        }
        return giving(name, value)
    }

    private static func method(_ name: String, ofSpan nanoseconds: Int64) -> Method? {
        let value: TemplateValue
        switch name {
        case "String": value = .text(GoDuration.text(nanoseconds))
        case "Hours": value = .float(seconds(nanoseconds, unit: 3_600_000_000_000))
        case "Minutes": value = .float(seconds(nanoseconds, unit: 60_000_000_000))
        case "Seconds": value = .float(seconds(nanoseconds, unit: 1_000_000_000))
        case "Milliseconds": value = .integer(nanoseconds / 1_000_000)
        case "Microseconds": value = .integer(nanoseconds / 1_000)
        case "Nanoseconds": value = .integer(nanoseconds)
        default: return nil
        }
        return giving(name, value)
    }

    /// The units, and the part of one, added as Go adds them.
    static func seconds(_ nanoseconds: Int64, unit: Int64) -> Double {
        Double(nanoseconds / unit) + Double(nanoseconds % unit) / Double(unit)
    }

    /// A method without parameters.
    private static func giving(_ name: String, _ value: TemplateValue) -> Method {
        { (arguments: [TemplateValue]) throws(TemplateFault) in
            try checkCount(arguments, 0, name)
            return value
        }
    }

    private static func checkCount(
        _ arguments: [TemplateValue],
        _ count: Int,
        _ name: String
    ) throws(TemplateFault) {
        if arguments.count != count {
            throw TemplateFault("wrong number of args for \(name): want \(count) got \(arguments.count)")
        }
    }
}
