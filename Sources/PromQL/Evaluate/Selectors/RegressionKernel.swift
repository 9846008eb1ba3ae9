// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// `deriv`, `predict_linear` and `double_exponential_smoothing` of numbers.
enum RegressionKernel {
    /// The least-squares line through samples, time in seconds from `origin` on.
    ///
    /// Source: Prometheus, `promql/functions.go`, `linearRegression`.
    static func line(
        _ timestamps: UnsafeMutablePointer<Int64>,
        _ samples: UnsafeMutablePointer<Double>,
        _ window: Range<Int>,
        origin: Int64
    ) -> (slope: Double, intercept: Double) {
        var sumX = CompensatedSum()
        var sumY = CompensatedSum()
        var sumXY = CompensatedSum()
        var sumXX = CompensatedSum()
        let first = samples[window.lowerBound]
        var isConstant = true
        for index in window {
            let y = samples[index]
            if y != first { isConstant = false }
            let x = Double(timestamps[index] &- origin) / 1_000
            sumX.add(x)
            sumY.add(y)
            sumXY.add(x * y)
            sumXX.add(x * x)
        }
        if isConstant { return first.isInfinite ? (.nan, .nan) : (0, first) }
        let count = Double(window.count)
        let x = sumX.sum + sumX.compensation
        let y = sumY.sum + sumY.compensation
        let covariance = (sumXY.sum + sumXY.compensation) - x * y / count
        let variance = (sumXX.sum + sumXX.compensation) - x * x / count
        let slope = covariance / variance
        return (slope, y / count - slope * x / count)
    }

    /// Calls `value` for each window of two samples or more.
    @inline(__always)
    private static func each(
        _ windows: borrowing RangeWindows,
        _ values: UnsafeMutablePointer<Double>,
        _ value: (_ step: Int, Range<Int>) -> Double
    ) {
        for step in windows.block {
            let window = Int(windows.low[step])..<Int(windows.high[step])
            values[step] = window.count < 2 ? VectorColumns.absent : value(step, window)
        }
    }

    static func slopes(_ windows: borrowing RangeWindows, _ values: UnsafeMutablePointer<Double>) {
        let (timestamps, samples) = (windows.columns.timestamps, windows.columns.values)
        each(windows, values) { _, window in
            line(timestamps, samples, window, origin: timestamps[window.lowerBound]).slope
        }
    }

    static func predictions(
        _ durations: [Double],
        _ times: Steps,
        _ windows: borrowing RangeWindows,
        _ values: UnsafeMutablePointer<Double>
    ) {
        let (timestamps, samples) = (windows.columns.timestamps, windows.columns.values)
        each(windows, values) { step, window in
            let line = line(timestamps, samples, window, origin: times[step])
            return line.slope * durations[step] + line.intercept
        }
    }

    /// Source: Prometheus, `promql/functions.go`, `funcDoubleExponentialSmoothing` (Holt's linear method).
    static func smoothed(
        _ levelFactors: [Double],
        _ trendFactors: [Double],
        _ windows: borrowing RangeWindows,
        _ values: UnsafeMutablePointer<Double>
    ) {
        let samples = windows.columns.values
        each(windows, values) { step, window in
            smoothed(levelFactors[step], trendFactors[step], samples, window)
        }
    }

    static func smoothed(
        _ levelFactor: Double,
        _ trendFactor: Double,
        _ samples: UnsafeMutablePointer<Double>,
        _ window: Range<Int>
    ) -> Double {
        let first = window.lowerBound
        var before = 0.0
        var level = samples[first]
        var trend = samples[first + 1] - samples[first]
        for index in (first + 1)..<window.upperBound {
            if index > first + 1 { trend = trendFactor * (level - before) + (1 - trendFactor) * trend }
            let next = levelFactor * samples[index] + (1 - levelFactor) * (level + trend)
            (before, level) = (level, next)
        }
        return level
    }
}
