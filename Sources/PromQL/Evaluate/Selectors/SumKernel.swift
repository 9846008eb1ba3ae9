// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// `sum_over_time` and `avg_over_time` of numbers.
///
/// Source: Prometheus, `promql/functions.go`, `funcSumOverTime` and `funcAvgOverTime`, which sum each window with
/// compensation. Here each sample is summed once, into a running sum of two Float64 whose differences are the windows;
/// that is exact as long as no bit of the running sum falls off, which is found out beforehand. Otherwise each window
/// is summed by itself.
enum SumKernel {
    static func sums(_ windows: inout RangeWindows, _ values: UnsafeMutablePointer<Double>) {
        guard let running = RunningSum(&windows) else {
            for step in windows.block {
                values[step] = windows.low[step] == windows.high[step] ? VectorColumns.absent : sum(windows, step).total
            }
            return
        }
        windows.block = windows.block.lowerBound..<windows.ends.count
        for step in windows.block {
            let low = Int(windows.low[step])
            let high = Int(windows.high[step])
            values[step] = low == high ? VectorColumns.absent : running.difference(low, high)
        }
    }

    static func averages(_ windows: inout RangeWindows, _ values: UnsafeMutablePointer<Double>) {
        guard let running = RunningSum(&windows) else {
            for step in windows.block {
                values[step] = windows.low[step] == windows.high[step] ? VectorColumns.absent : average(windows, step)
            }
            return
        }
        windows.block = windows.block.lowerBound..<windows.ends.count
        for step in windows.block {
            let low = Int(windows.low[step])
            let high = Int(windows.high[step])
            values[step] = low == high ? VectorColumns.absent : running.difference(low, high) / Double(high - low)
        }
    }

    /// The sum of one window.
    private static func sum(_ windows: borrowing RangeWindows, _ step: Int) -> CompensatedSum {
        let samples = windows.columns.values
        var sum = CompensatedSum()
        for index in Int(windows.low[step])..<Int(windows.high[step]) { sum.add(samples[index]) }
        return sum
    }

    /// The mean of one window: the sum by the count, or, when the sum is too great, the mean so far moved by each
    /// sample.
    private static func average(_ windows: borrowing RangeWindows, _ step: Int) -> Double {
        let samples = windows.columns.values
        let low = Int(windows.low[step])
        var sum = CompensatedSum(samples[low])
        var isMoving = false
        var count = 1.0
        for index in (low + 1)..<max(Int(windows.high[step]), low + 1) {
            count += 1
            if !isMoving {
                var next = sum
                next.add(samples[index])
                if !next.sum.isInfinite {
                    sum = next
                    continue
                }
                isMoving = true
                sum.sum /= count - 1
                sum.compensation /= count - 1
            }
            let share = (count - 1) / count
            sum = CompensatedSum(share * sum.sum, compensation: share * sum.compensation)
            sum.add(samples[index] / count)
        }
        return isMoving ? sum.sum + sum.compensation : sum.sum / count + sum.compensation / count
    }
}

/// The sums of the first samples of a series, as pairs of Float64.
private struct RunningSum {
    /// `2 × i` and `2 × i + 1` add up to the sum of the first i samples.
    private let pairs: UnsafeMutablePointer<Double>

    /// Nil when the pairs could lose a bit: when the greatest sum and the last bit of the least sample are more than
    /// 104 bits apart, or a sample is no finite number; also when windows are so short that it does not pay.
    init?(_ windows: inout RangeWindows) {
        let count = windows.columns.count
        let samples = windows.columns.values
        var greatest = 0.0
        var least = UInt64.max
        for index in 0..<count {
            let magnitude = samples[index].magnitude
            greatest = greatest < magnitude || magnitude.isNaN ? magnitude : greatest
            let bits = magnitude.bitPattern &- 1
            least = bits < least ? bits : least
        }
        guard greatest.isFinite else { return nil }
        if greatest > 0 {
            let top = Int(greatest.bitPattern >> 52) + (Int.bitWidth - count.leadingZeroBitCount)
            let bottom = Int((least &+ 1) >> 52) - 52
            if top - bottom > 104 || bottom <= 0 || top >= 2_046 { return nil }
        }
        let pairs = windows.scratch(2 * (count + 1))
        var high = 0.0
        var low = 0.0
        pairs[0] = 0
        pairs[1] = 0
        for index in 0..<count {
            let value = samples[index]
            // Knuth's two-sum, without a branch.
            let sum = high + value
            let part = sum - high
            let rest = (high - (sum - part)) + (value - part)
            high = sum
            low += rest
            pairs[2 * index + 2] = high
            pairs[2 * index + 3] = low
        }
        self.pairs = pairs
    }

    /// The sum of the samples `low..<high`.
    @inline(__always)
    func difference(_ low: Int, _ high: Int) -> Double {
        let first = pairs[2 * low]
        let last = pairs[2 * high]
        let difference = last - first
        let part = difference - last
        let rest = (last - (difference - part)) - (first + part)
        return difference + (rest + (pairs[2 * high + 1] - pairs[2 * low + 1]))
    }
}
