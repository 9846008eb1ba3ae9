// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// `stddev_over_time`, `stdvar_over_time`, `quantile_over_time` and `mad_over_time` of numbers.
enum SpreadKernel {
    /// The population's variance, or its root (Welford 1962, with compensation).
    ///
    /// Source: Prometheus, `promql/functions.go`, `varianceOverTime`.
    static func run(
        _ windows: borrowing RangeWindows,
        _ values: UnsafeMutablePointer<Double>,
        isDeviation: Bool
    ) {
        let samples = windows.columns.values
        for step in windows.block {
            let low = Int(windows.low[step])
            let high = Int(windows.high[step])
            if low == high {
                values[step] = VectorColumns.absent
                continue
            }
            let variance = variance(samples, low, high)
            values[step] = isDeviation ? variance.squareRoot() : variance
        }
    }

    static func variance(_ samples: UnsafeMutablePointer<Double>, _ low: Int, _ high: Int) -> Double {
        var count = 0.0
        var mean = CompensatedSum()
        var squares = CompensatedSum()
        for index in low..<high {
            count += 1
            let value = samples[index]
            let distance = value - (mean.sum + mean.compensation)
            mean.add(distance / count)
            squares.add(distance * (value - (mean.sum + mean.compensation)))
        }
        return (squares.sum + squares.compensation) / count
    }

    static func quantiles(
        _ quantiles: [Double],
        _ windows: inout RangeWindows,
        _ values: UnsafeMutablePointer<Double>
    ) {
        for step in windows.block {
            let window = copy(&windows, step)
            values[step] = window.isEmpty ? VectorColumns.absent : Quantile.value(quantiles[step], window)
        }
    }

    /// The median of the distances from the median; NaN when a sample is NaN.
    ///
    /// Source: Prometheus, `promql/functions.go`, `funcMadOverTime`.
    static func medianDeviations(_ windows: inout RangeWindows, _ values: UnsafeMutablePointer<Double>) {
        for step in windows.block {
            let window = copy(&windows, step)
            values[step] = window.isEmpty ? VectorColumns.absent : medianDeviation(window)
        }
    }

    static func medianDeviation(_ window: UnsafeMutableBufferPointer<Double>) -> Double {
        if window.contains(where: \.isNaN) { return .nan }
        let median = Quantile.value(0.5, window)
        for index in window.indices { window[index] = (window[index] - median).magnitude }
        return Quantile.value(0.5, window)
    }

    /// A copy of a window's samples, to be moved about.
    private static func copy(_ windows: inout RangeWindows, _ step: Int) -> UnsafeMutableBufferPointer<Double> {
        let low = Int(windows.low[step])
        let count = Int(windows.high[step]) - low
        let scratch = windows.scratch(count)
        scratch.update(from: windows.columns.values + low, count: count)
        return UnsafeMutableBufferPointer(start: scratch, count: count)
    }
}
