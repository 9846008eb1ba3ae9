// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension TemplateFunction {
    /// Numbers for people to read.
    ///
    /// Source: Prometheus, `template/template.go`, and `helpers/templates` of its module common.
    static let numbers: [TemplateFunction] = [
        TemplateFunction("humanize", [.any]) { _, arguments throws(TemplateFault) in
            .text(humanized(try number(arguments[0])))
        },
        TemplateFunction("humanize1024", [.any]) { _, arguments throws(TemplateFault) in
            .text(humanized1024(try number(arguments[0])))
        },
        TemplateFunction("humanizeDuration", [.any]) { _, arguments throws(TemplateFault) in
            .text(humanizedDuration(try number(arguments[0])))
        },
        TemplateFunction("humanizePercentage", [.any]) { _, arguments throws(TemplateFault) in
            .text(short(try number(arguments[0]) * 100) + "%")
        },
    ]

    /// The number of a value, or of a text.
    static func number(_ value: TemplateValue) throws(TemplateFault) -> Double {
        switch value {
        case .float(let number): return number
        case .integer(let number): return Double(number)
        case .span(let nanoseconds): return TemplateValue.seconds(nanoseconds, unit: 1_000_000_000)
        case .text(let text):
            guard let number = GoNumber.parse(text) else {
                throw TemplateFault("strconv.ParseFloat: parsing \(QuotedText.string(text)): invalid syntax")
            }
            return number
        default: throw TemplateFault("can't convert \(value.typeName) to float")
        }
    }

    /// Four digits that count: Go's `%.4g`.
    static func short(_ value: Double) -> String {
        value == .infinity ? "+Inf" : FloatText.text(value, verb: "g", precision: 4)
    }

    /// With a prefix of the SI.
    private static func humanized(_ value: Double) -> String {
        if value == 0 || !value.isFinite { return short(value) }
        if value.magnitude < 1 { return reduced(value) }
        return scaled(value, by: 1_000, ["k", "M", "G", "T", "P", "E", "Z", "Y"])
    }

    /// With a prefix of the IEC.
    private static func humanized1024(_ value: Double) -> String {
        if value.magnitude <= 1 || !value.isFinite { return short(value) }
        return scaled(value, by: 1_024, ["ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"])
    }

    private static func scaled(_ value: Double, by unit: Double, _ prefixes: [String]) -> String {
        var value = value
        var prefix = ""
        for next in prefixes {
            if value.magnitude < unit { break }
            prefix = next
            value /= unit
        }
        return short(value) + prefix
    }

    private static func reduced(_ value: Double) -> String {
        var value = value
        var prefix = ""
        for next in ["m", "u", "n", "p", "f", "a", "z", "y"] {
            if value.magnitude >= 1 { break }
            prefix = next
            value *= 1_000
        }
        return short(value) + prefix
    }

    /// Days to whole seconds, or seconds and their parts.
    private static func humanizedDuration(_ value: Double) -> String {
        if !value.isFinite { return short(value) }
        if value == 0 { return short(value) + "s" }
        if value.magnitude < 1 { return reduced(value) + "s" }
        let sign = value < 0 ? "-" : ""
        // What does not fit is the least number, as Go has it on amd64.
        let whole = Int64(exactly: value.magnitude.rounded(.down)) ?? .min
        let (seconds, minutes, hours) = (whole % 60, whole / 60 % 60, whole / 3_600 % 24)
        let days = whole / 86_400
        if days != 0 { return sign + "\(days)d \(hours)h \(minutes)m \(seconds)s" }
        if hours != 0 { return sign + "\(hours)h \(minutes)m \(seconds)s" }
        if minutes != 0 { return sign + "\(minutes)m \(seconds)s" }
        return sign + short(value.magnitude) + "s"
    }
}
