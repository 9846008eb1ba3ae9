// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Functions that look at the edges of a window only.
enum EdgeKernel {
    static func run(_ function: Function, _ windows: borrowing RangeWindows, _ values: UnsafeMutablePointer<Double>) {
        let samples = windows.columns.values
        let timestamps = windows.columns.timestamps
        for step in 0..<windows.ends.count {
            let low = Int(windows.low[step])
            let high = Int(windows.high[step])
            if low == high {
                values[step] = VectorColumns.absent
                continue
            }
            values[step] =
                switch function {
                case .countOverTime: Double(windows.held(step))
                case .presentOverTime: 1
                case .firstOverTime: samples[low]
                case .lastOverTime: samples[high - 1]
                case .tsOfFirstOverTime: Double(timestamps[low]) / 1_000
                default: Double(timestamps[high - 1]) / 1_000
                }
        }
    }
}

/// `changes` and `resets` of numbers.
///
/// Source: Prometheus, `promql/functions.go`, `funcChanges` and `funcResets`.
struct CountKernel {
    private let isResets: Bool
    private let isAnchored: Bool

    init(_ kernel: RangeKernel) {
        isResets = kernel.function == .resets
        isAnchored = kernel.extent == .anchored
    }

    /// - Complexity: O(samples + steps): each pair of neighbours is looked at once.
    func run(_ windows: inout RangeWindows, _ values: UnsafeMutablePointer<Double>) {
        let columns = windows.columns
        let samples = columns.values
        let timestamps = columns.timestamps
        let before = windows.scratch(columns.count)
        // How many pairs up to each sample count.
        var sum = 0.0
        before[0] = 0
        for index in 1..<max(columns.count, 1) {
            if isResets {
                if samples[index] < samples[index - 1] || columns.isStartReset(index) { sum += 1 }
            } else if samples[index] != samples[index - 1] && !(samples[index].isNaN && samples[index - 1].isNaN) {
                sum += 1
            }
            before[index] = sum
        }
        for step in 0..<windows.ends.count {
            var low = Int(windows.low[step])
            let high = Int(windows.high[step])
            values[step] = VectorColumns.absent
            if low == high { continue }
            if isAnchored {
                let start = windows.start(step)
                if timestamps[high - 1] <= start { continue }
                // From the last sample at or before the start on.
                while low + 1 < high, timestamps[low + 1] <= start { low += 1 }
            }
            values[step] = before[high - 1] - before[low]
        }
    }
}
