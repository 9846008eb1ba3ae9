// SPDX-License-Identifier: Apache-2.0

import PromQL
import TimeSeries

extension TemplateFunction {
    /// Times and durations.
    ///
    /// Source: Prometheus, `template/template.go`. `parseDurationTime` is VictoriaMetrics's.
    static let times: [TemplateFunction] = [
        TemplateFunction("now", []) { evaluation, _ in .float(evaluation.scope.time.seconds) },
        TemplateFunction("humanizeTimestamp", [.any]) { _, arguments throws(TemplateFault) in
            let seconds = try number(arguments[0])
            return .text(seconds.isFinite ? try TemplateMoment(seconds: seconds).description : short(seconds))
        },
        TemplateFunction("toTime", [.any]) { _, arguments throws(TemplateFault) in
            .moment(try TemplateMoment(seconds: try number(arguments[0])))
        },
        TemplateFunction("toDuration", [.any]) { _, arguments throws(TemplateFault) in
            let seconds = try number(arguments[0])
            guard let nanoseconds = Int64(exactly: (seconds * 1e9).rounded(.towardZero)) else {
                throw TemplateFault("\(short(seconds)) cannot be represented as a duration in nanoseconds")
            }
            return .span(nanoseconds)
        },
        TemplateFunction("parseDuration", [.text]) { _, arguments throws(TemplateFault) in
            .float(TemplateValue.seconds(try nanoseconds(arguments[0].string), unit: 1_000_000_000))
        },
        TemplateFunction("parseDurationTime", [.text]) { _, arguments throws(TemplateFault) in
            .span(try nanoseconds(arguments[0].string))
        },
    ]

    /// Of a duration in the notation of PromQL.
    private static func nanoseconds(_ text: String) throws(TemplateFault) -> Int64 {
        do throws(DurationText.Fault) {
            // At most 292 years, which fit.
            return try DurationText.milliseconds(of: text) * 1_000_000
        } catch {
            throw TemplateFault(error.message)
        }
    }
}
