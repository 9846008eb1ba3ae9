// SPDX-License-Identifier: Apache-2.0

/// A function of PromQL, named as it is written.
///
/// Source: Prometheus, `promql/parser/functions.go`.
package enum Function: String, Hashable, Sendable, CaseIterable {
    case abs, absent
    case absentOverTime = "absent_over_time"
    case acos, acosh, asin, asinh, atan, atanh
    case avgOverTime = "avg_over_time"
    case ceil, changes, clamp
    case clampMax = "clamp_max"
    case clampMin = "clamp_min"
    case cos, cosh
    case countOverTime = "count_over_time"
    case daysInMonth = "days_in_month"
    case dayOfMonth = "day_of_month"
    case dayOfWeek = "day_of_week"
    case dayOfYear = "day_of_year"
    case deg, delta, deriv
    case end
    case exp
    case firstOverTime = "first_over_time"
    case floor
    case histogramAvg = "histogram_avg"
    case histogramCount = "histogram_count"
    case histogramFraction = "histogram_fraction"
    case histogramQuantile = "histogram_quantile"
    case histogramQuantiles = "histogram_quantiles"
    case histogramStddev = "histogram_stddev"
    case histogramStdvar = "histogram_stdvar"
    case histogramSum = "histogram_sum"
    case doubleExponentialSmoothing = "double_exponential_smoothing"
    case hour, idelta, increase, info, irate
    case labelJoin = "label_join"
    case labelReplace = "label_replace"
    case lastOverTime = "last_over_time"
    case ln, log10, log2
    case madOverTime = "mad_over_time"
    case maxOf = "max_of"
    case maxOverTime = "max_over_time"
    case minOf = "min_of"
    case minOverTime = "min_over_time"
    case minute, month, pi
    case predictLinear = "predict_linear"
    case presentOverTime = "present_over_time"
    case quantileOverTime = "quantile_over_time"
    case rad
    case range
    case rate, resets, round, scalar, sgn, sin, sinh, sort
    case sortByLabel = "sort_by_label"
    case sortByLabelDescending = "sort_by_label_desc"
    case sortDescending = "sort_desc"
    case sqrt
    case start
    case startTimestamp = "start_timestamp"
    case stddevOverTime = "stddev_over_time"
    case stdvarOverTime = "stdvar_over_time"
    case step
    case sumOverTime = "sum_over_time"
    case tan, tanh, time, timestamp
    case tsOfFirstOverTime = "ts_of_first_over_time"
    case tsOfLastOverTime = "ts_of_last_over_time"
    case tsOfMaxOverTime = "ts_of_max_over_time"
    case tsOfMinOverTime = "ts_of_min_over_time"
    case vector, year
}

/// What a function takes and gives.
package struct FunctionSignature: Sendable {
    /// The types of its arguments, optional ones included.
    package var arguments: [ValueType]
    /// How many arguments at the end may be left out.
    package var optional = 0
    /// Whether the last argument may be repeated: 0 or more times when it is optional.
    package var isVariadic = false
    /// The type of its value.
    package var returns: ValueType = .vector
}

extension Function {
    /// The type of its value.
    package var returns: ValueType { signature.returns }

    /// What it takes and gives.
    package var signature: FunctionSignature {
        switch self {
        case .abs, .acos, .acosh, .asin, .asinh, .atan, .atanh, .ceil, .cos, .cosh, .deg, .exp, .floor, .ln, .log10,
            .log2, .rad, .sgn, .sin, .sinh, .sqrt, .tan, .tanh, .absent, .histogramAvg, .histogramCount,
            .histogramStddev, .histogramStdvar, .histogramSum, .sort, .sortDescending, .timestamp:
            FunctionSignature(arguments: [.vector])
        case .absentOverTime, .avgOverTime, .changes, .countOverTime, .delta, .deriv, .idelta, .increase, .irate,
            .lastOverTime, .maxOverTime, .minOverTime, .presentOverTime, .rate, .resets, .stddevOverTime,
            .stdvarOverTime, .sumOverTime:
            FunctionSignature(arguments: [.matrix])
        case .firstOverTime, .madOverTime, .tsOfFirstOverTime, .tsOfLastOverTime, .tsOfMaxOverTime, .tsOfMinOverTime:
            FunctionSignature(arguments: [.matrix])
        case .startTimestamp: FunctionSignature(arguments: [.vector])
        case .clamp: FunctionSignature(arguments: [.vector, .scalar, .scalar])
        case .clampMax, .clampMin: FunctionSignature(arguments: [.vector, .scalar])
        case .daysInMonth, .dayOfMonth, .dayOfWeek, .dayOfYear, .hour, .minute, .month, .year:
            FunctionSignature(arguments: [.vector], optional: 1)
        case .doubleExponentialSmoothing:
            FunctionSignature(arguments: [.matrix, .scalar, .scalar])
        case .histogramFraction: FunctionSignature(arguments: [.scalar, .scalar, .vector])
        case .histogramQuantile: FunctionSignature(arguments: [.scalar, .vector])
        case .histogramQuantiles:
            FunctionSignature(
                arguments: [.vector, .string, .scalar, .scalar],
                optional: 1,
                isVariadic: true
            )
        case .info: FunctionSignature(arguments: [.vector, .vector], optional: 1)
        case .labelJoin:
            FunctionSignature(arguments: [.vector, .string, .string, .string], optional: 1, isVariadic: true)
        case .labelReplace: FunctionSignature(arguments: [.vector, .string, .string, .string, .string])
        case .maxOf, .minOf:
            FunctionSignature(arguments: [.scalar, .scalar], returns: .scalar)
        case .pi, .time: FunctionSignature(arguments: [], returns: .scalar)
        case .end, .range, .start, .step: FunctionSignature(arguments: [], returns: .scalar)
        case .predictLinear: FunctionSignature(arguments: [.matrix, .scalar])
        case .quantileOverTime: FunctionSignature(arguments: [.scalar, .matrix])
        case .round: FunctionSignature(arguments: [.vector, .scalar], optional: 1)
        case .scalar: FunctionSignature(arguments: [.vector], returns: .scalar)
        case .sortByLabel, .sortByLabelDescending:
            FunctionSignature(
                arguments: [.vector, .string],
                optional: 1,
                isVariadic: true
            )
        case .vector: FunctionSignature(arguments: [.scalar])
        }
    }
}
