// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// A sample: a number or a histogram.
enum RangeValue {
    case number(Double)
    case histogram(NativeHistogram)
}

/// One window of a series that has histograms, its numbers and its histograms apart. The slow path: such series are
/// looked at window by window.
struct MixedWindow {
    /// The numbers, with their times and start timestamps.
    let numbers = SampleColumns(capacity: 16)
    /// The histograms, with theirs.
    private(set) var histograms: [HistogramSample] = []

    init(_ windows: borrowing RangeWindows, _ step: Int) {
        let columns = windows.columns
        for index in Int(windows.low[step])..<Int(windows.high[step]) {
            let start = columns.starts.isEmpty ? 0 : columns.starts[index]
            if let histogram = columns.histograms[index] {
                histograms.append(
                    HistogramSample(timestamp: columns.timestamps[index], start: start, histogram: histogram)
                )
            } else {
                numbers.append(columns.timestamps[index], columns.values[index])
                if !columns.starts.isEmpty { numbers.starts.append(start) }
            }
        }
    }
}

extension RangeKernel {
    /// The value at one step of a series that has histograms.
    func mixed(
        _ windows: borrowing RangeWindows,
        _ step: Int,
        _ labels: Labels,
        _ annotations: inout Annotations
    ) -> RangeValue? {
        let window = MixedWindow(windows, step)
        let name = labels["__name__"] ?? ""
        let hasNumbers = window.numbers.count > 0
        let hasHistograms = !window.histograms.isEmpty
        switch function {
        case .countOverTime: return .number(Double(window.numbers.count + window.histograms.count))
        case .presentOverTime: return .number(1)
        case .firstOverTime, .lastOverTime, .tsOfFirstOverTime, .tsOfLastOverTime: return edge(windows, step)
        case .changes, .resets: return count(windows, step)
        case .irate, .idelta: return instant(windows, step, name, &annotations)
        case .rate, .increase, .delta, .sumOverTime, .avgOverTime:
            if hasNumbers && hasHistograms {
                annotations.mixedFloatsHistograms(name, at: position)
                return nil
            }
            if hasNumbers { return ofNumbers(window, step, labels, &annotations) }
            return ofHistograms(window.histograms, end: windows.ends[step], name, &annotations)
        default:
            if !hasNumbers { return nil }
            let value = ofNumbers(window, step, labels, &annotations)
            let needsTwo = function == .deriv || function == .predictLinear || function == .doubleExponentialSmoothing
            if hasHistograms, value != nil || needsTwo && window.numbers.count == 1 {
                annotations.histogramsIgnoredInRange(name, at: position)
            }
            return value
        }
    }

    /// The value of the numbers of one window.
    private func ofNumbers(
        _ window: MixedWindow,
        _ step: Int,
        _ labels: Labels,
        _ annotations: inout Annotations
    ) -> RangeValue? {
        let kernel = at(step)
        var windows = RangeWindows(kernel, window.numbers)
        var value = VectorColumns.absent
        withUnsafeMutablePointer(to: &value) { kernel.numbers(&windows, $0, labels, &annotations) }
        return VectorColumns.isAbsent(value) ? nil : .number(value)
    }

    /// The first or last sample, or its time.
    private func edge(_ windows: borrowing RangeWindows, _ step: Int) -> RangeValue {
        let columns = windows.columns
        let isFirst = function == .firstOverTime || function == .tsOfFirstOverTime
        let index = isFirst ? Int(windows.low[step]) : Int(windows.high[step]) - 1
        if function == .tsOfFirstOverTime || function == .tsOfLastOverTime {
            return .number(Double(columns.timestamps[index]) / 1_000)
        }
        if let histogram = columns.histograms[index] { return .histogram(histogram) }
        return .number(columns.values[index])
    }

    /// `changes` and `resets`: a number after a histogram, or the other way round, is both.
    private func count(_ windows: borrowing RangeWindows, _ step: Int) -> RangeValue? {
        let columns = windows.columns
        var low = Int(windows.low[step])
        let high = Int(windows.high[step])
        if extent == .anchored {
            let start = windows.start(step)
            if columns.timestamps[high - 1] <= start { return nil }
            while low + 1 < high, columns.timestamps[low + 1] <= start { low += 1 }
        }
        var count = 0.0
        for index in (low + 1)..<max(high, low + 1) {
            switch (columns.histograms[index - 1], columns.histograms[index]) {
            case (nil, nil):
                let (before, now) = (columns.values[index - 1], columns.values[index])
                if function == .resets {
                    if now < before || columns.isStartReset(index) { count += 1 }
                } else if now != before && !(now.isNaN && before.isNaN) {
                    count += 1
                }
            case (let before?, let now?):
                if function == .resets {
                    if columns.isStartReset(index) || now.isReset(since: before) { count += 1 }
                } else if !now.hasSameContents(as: before) {
                    count += 1
                }
            default: count += 1
            }
        }
        return .number(count)
    }

    /// The same function of the window of one step.
    func at(_ step: Int) -> RangeKernel {
        var kernel = self
        kernel.parameters = parameters.map { [$0[step]] }
        kernel.times = Steps(at: times.count == 1 ? times.start : times[step])
        kernel.ends = RangeEnds(at: ends[step])
        return kernel
    }
}
