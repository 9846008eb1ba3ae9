// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// `rate`, `increase`, `delta`, `irate` and `idelta` of numbers.
///
/// Source: Prometheus, `promql/functions.go`, `extrapolatedRate`, `extendedRate` and `instantValue`.
struct RateKernel {
    /// Whether a drop is a reset to zero.
    let isCounter: Bool
    /// Whether the result is per second.
    let isRate: Bool
    /// The window in seconds.
    let seconds: Double
    let extent: RangeExtent
    let position: SourceRange

    init(_ kernel: RangeKernel) {
        isCounter = kernel.function != .delta && kernel.function != .idelta
        isRate = kernel.function == .rate || kernel.function == .irate
        seconds = Double(kernel.range) / 1_000
        extent = kernel.extent
        position = kernel.position
    }

    /// The increase between the first and the last sample of each window, extrapolated to the window's edges.
    ///
    /// - Complexity: O(samples + steps + resets in all windows).
    func extrapolated(_ windows: borrowing RangeWindows, _ values: UnsafeMutablePointer<Double>) {
        let samples = windows.columns.values
        let timestamps = windows.columns.timestamps
        let resets = isCounter ? Resets(samples, windows.columns.count) : nil
        let ordinals = windows.columns.ordinals
        let isWhole = ordinals.isEmpty
        var firstReset = 0
        let rangeLength = windows.range
        var end = windows.ends.start
        let interval = windows.ends.interval
        for step in 0..<windows.ends.count {
            let low = Int(windows.low[step])
            let last = Int(windows.high[step]) - 1
            if last <= low {
                values[step] = VectorColumns.absent
                end &+= interval
                continue
            }
            var increase = samples[last] - samples[low]
            if let resets {
                while firstReset < resets.count, resets.positions[firstReset] <= low { firstReset += 1 }
                var reset = firstReset
                while reset < resets.count, resets.positions[reset] <= last {
                    increase += samples[resets.positions[reset] - 1]
                    reset += 1
                }
            }
            values[step] =
                increase
                * factor(
                    increase,
                    first: samples[low],
                    from: timestamps[low],
                    to: timestamps[last],
                    gaps: isWhole ? last - low : ordinals[last] - ordinals[low],
                    window: end - rangeLength,
                    end
                )
            end &+= interval
        }
    }

    /// By how much an increase is stretched, so that it is that of the whole window or, of a rate, of a second.
    ///
    /// A counter is not stretched to where it would have been below zero; the window's edge is reached only when the
    /// gap there is at most 1.1 times the mean gap between samples, and half of one is added otherwise.
    @inline(__always)
    func factor(
        _ increase: Double,
        first: Double,
        from firstTime: Int64,
        to lastTime: Int64,
        gaps: Int,
        window start: Int64,
        _ end: Int64
    ) -> Double {
        var toStart = Double(firstTime - start) / 1_000
        var toEnd = Double(end - lastTime) / 1_000
        let sampled = Double(lastTime - firstTime) / 1_000
        let gap = sampled / Double(gaps)
        let threshold = gap * 1.1
        if toStart >= threshold { toStart = gap / 2 }
        if isCounter {
            var toZero = toStart
            if increase > 0 && first >= 0 { toZero = sampled * (first / increase) }
            if toZero < toStart { toStart = toZero }
        }
        if toEnd >= threshold { toEnd = gap / 2 }
        var factor = sampled == 0 ? 1 : (sampled + toStart + toEnd) / sampled
        if isRate { factor /= seconds }
        return factor
    }

    /// The same for series that say since when their counters count: a start within the window is a sample of zero.
    func extrapolatedWithStarts(
        _ windows: borrowing RangeWindows,
        _ values: UnsafeMutablePointer<Double>,
        _ labels: Labels,
        _ annotations: inout Annotations
    ) {
        let columns = windows.columns
        let samples = columns.values
        let timestamps = columns.timestamps
        var overlaps = false
        defer { if overlaps { annotations.startTimeOverlap(labels["__name__"] ?? "", at: position) } }
        for step in windows.block {
            let low = Int(windows.low[step])
            let last = Int(windows.high[step]) - 1
            values[step] = VectorColumns.absent
            if last < low { continue }
            var increase = samples[last] - samples[low]
            if isCounter {
                for index in (low + 1)..<max(last + 1, low + 1) {
                    overlaps = overlaps || columns.startOverlaps(index)
                    if samples[index] < samples[index - 1] || columns.isStartReset(index) {
                        increase += samples[index - 1]
                    }
                }
            }
            let start = windows.start(step)
            let end = windows.ends[step]
            let counted = columns.starts[low]
            if isCounter, counted != 0, counted > start, counted < timestamps[low] {
                // No extrapolation to the left; to the right as far as the gaps between samples allow.
                increase += samples[low]
                let sampled = Double(timestamps[last] - counted) / 1_000
                let gap = last == low ? 0 : Double(timestamps[last] - timestamps[low]) / 1_000 / Double(last - low)
                var toEnd = Double(end - timestamps[last]) / 1_000
                if toEnd >= gap * 1.1 { toEnd = gap / 2 }
                var factor = sampled == 0 ? 1 : (sampled + toEnd) / sampled
                if isRate { factor /= seconds }
                values[step] = increase * factor
            } else if last > low {
                values[step] =
                    increase
                    * factor(
                        increase,
                        first: samples[low],
                        from: timestamps[low],
                        to: timestamps[last],
                        gaps: last - low,
                        window: start,
                        end
                    )
            }
        }
    }

    /// `irate` and `idelta`: between the last two samples of each window.
    func instant(_ windows: borrowing RangeWindows, _ values: UnsafeMutablePointer<Double>) {
        let columns = windows.columns
        let samples = columns.values
        let timestamps = columns.timestamps
        for step in 0..<windows.ends.count {
            let last = Int(windows.high[step]) - 1
            guard last > Int(windows.low[step]) else {
                values[step] = VectorColumns.absent
                continue
            }
            var change = samples[last]
            if !isRate || !(samples[last] < samples[last - 1] || columns.isStartReset(last)) {
                change -= samples[last - 1]
            }
            if isRate { change /= Double(timestamps[last] - timestamps[last - 1]) / 1_000 }
            values[step] = change
        }
    }
}

/// Where a counter drops.
struct Resets {
    /// The samples that are less than the one before, in ascending order.
    private(set) var positions: [Int] = []

    init?(_ samples: UnsafeMutablePointer<Double>, _ count: Int) {
        // Most counters never drop: look without branches first.
        var drops = 0
        for index in 1..<max(count, 1) { drops &+= samples[index] < samples[index - 1] ? 1 : 0 }
        if drops == 0 { return nil }
        positions.reserveCapacity(drops)
        for index in 1..<count where samples[index] < samples[index - 1] { positions.append(index) }
    }

    var count: Int { positions.count }
}

extension SampleColumns {
    /// Whether a start timestamp says that there was a reset between a sample and the one before.
    ///
    /// A start after the sample before is a reset. A start at the sample before is one when that had a start, as delta
    /// series have; a start at the sample itself means that it is not known.
    func isStartReset(_ index: Int) -> Bool {
        if starts.isEmpty { return false }
        let start = starts[index]
        let previous = timestamps[index - 1]
        if start == 0 || start >= timestamps[index] || start < previous { return false }
        if start > previous { return true }
        let previousStart = starts[index - 1]
        return previousStart != 0 && previousStart < previous
    }

    /// Whether a start timestamp lies before the sample before, and is another than that one's.
    func startOverlaps(_ index: Int) -> Bool {
        let start = starts[index]
        return start != 0 && start < timestamps[index - 1] && start != starts[index - 1]
    }
}
