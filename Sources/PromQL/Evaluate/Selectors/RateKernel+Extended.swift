// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension RateKernel {
    /// A line through two samples.
    struct Line {
        let firstTime, lastTime: Int64
        let first, last: Double

        init(_ firstTime: Int64, _ first: Double, _ lastTime: Int64, _ last: Double) {
            (self.firstTime, self.first, self.lastTime, self.last) = (firstTime, first, lastTime, last)
        }

        /// The value on it; of a counter that drops, on the line from zero.
        func value(at time: Int64, isCounter: Bool) -> Double {
            let from = isCounter && last < first ? 0 : first
            return from + (last - from) * Double(time - firstTime) / Double(lastTime - firstTime)
        }
    }

    /// `anchored` and `smoothed`: the difference between the values at the two edges of each window, of which the
    /// first is the last sample before (anchored) and both are interpolated (smoothed). Nothing is extrapolated.
    ///
    /// A window of an event series whose edges are slot boundaries gives exactly what was counted in it.
    func extended(_ windows: borrowing RangeWindows, _ values: UnsafeMutablePointer<Double>) {
        let samples = windows.columns.values
        let timestamps = windows.columns.timestamps
        let isSmoothed = extent == .smoothed
        // Without a drop there is nothing to look for between the edges.
        let mayReset = isCounter && Resets(samples, windows.columns.count) != nil
        for step in windows.block {
            values[step] = VectorColumns.absent
            let start = windows.start(step)
            let end = windows.ends[step]
            var first = Int(windows.low[step])
            var last = Int(windows.high[step]) - 1
            if last < first { continue }
            // The last sample at or before the start, or the first one of all.
            while first < last, timestamps[first + 1] <= start { first += 1 }
            if isSmoothed {
                // The first sample at or behind the end, or the last one of all.
                while last > first, timestamps[last - 1] >= end { last -= 1 }
            }
            if timestamps[last] <= start || isSmoothed && timestamps[first] > end { continue }
            var left = samples[first]
            if isSmoothed, timestamps[first] < start {
                left = Line(timestamps[first], samples[first], timestamps[first + 1], samples[first + 1])
                    .value(at: start, isCounter: isCounter)
            }
            var right = samples[last]
            if isSmoothed, last > Int(windows.low[step]), timestamps[last] > end {
                right = Line(timestamps[last - 1], samples[last - 1], timestamps[last], samples[last])
                    .value(at: end, isCounter: isCounter)
            }
            var difference = right - left
            if mayReset {
                if timestamps[first] <= start { first += 1 }
                if timestamps[last] >= end { last -= 1 }
                var previous = left
                var index = first
                while index <= last {
                    if samples[index] < previous { difference += previous }
                    previous = samples[index]
                    index += 1
                }
                if right < previous { difference += previous }
            }
            values[step] = isRate ? difference / seconds : difference
        }
    }
}
