// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// `min_over_time`, `max_over_time` and the times of the extremes, of numbers. NaN counts only where there is nothing
/// else.
///
/// Source: Prometheus, `promql/functions.go`, `compareOverTime`.
struct ExtremeKernel {
    private let isGreatest: Bool
    private let isTime: Bool

    init(_ function: Function) {
        isGreatest = function == .maxOverTime || function == .tsOfMaxOverTime
        isTime = function == .tsOfMinOverTime || function == .tsOfMaxOverTime
    }

    /// - Complexity: O(samples + steps): candidates wait in a queue in which each is better than those behind it.
    func run(_ windows: inout RangeWindows, _ values: UnsafeMutablePointer<Double>) {
        let samples = windows.columns.values
        let timestamps = windows.columns.timestamps
        let sign = isGreatest ? 1.0 : -1.0
        // Positions of candidates, as numbers in the scratch memory; up to 2^53 they are exact.
        let queue = windows.scratch(windows.columns.count)
        var head = 0
        var tail = 0
        var next = 0
        for step in 0..<windows.ends.count {
            let low = Int(windows.low[step])
            let high = Int(windows.high[step])
            while next < high {
                let value = samples[next] * sign
                if !value.isNaN {
                    // Of equal ones the first is the extreme, but its time is that of the last.
                    while tail > head {
                        let other = samples[Int(queue[tail - 1])] * sign
                        guard other < value || isTime && other == value else { break }
                        tail -= 1
                    }
                    queue[tail] = Double(next)
                    tail += 1
                }
                next += 1
            }
            while head < tail, Int(queue[head]) < low { head += 1 }
            if low == high {
                values[step] = VectorColumns.absent
            } else if head < tail {
                let position = Int(queue[head])
                values[step] = isTime ? Double(timestamps[position]) / 1_000 : samples[position]
            } else {
                // NaN only. Prometheus compares them as "not yet anything", so that the last one stays.
                values[step] = isTime ? Double(timestamps[high - 1]) / 1_000 : .nan
            }
        }
    }
}
