// SPDX-License-Identifier: Apache-2.0

import TimeSeries

// `rate` and its like of histograms: the same as of numbers, for each bucket.
//
// Source: Prometheus, `promql/functions.go`, `histogramRate`, `extendedHistogramRate` and `instantValue`.
extension RateKernel {
    /// The increase in a window, extrapolated to its edges.
    func extrapolated(
        _ samples: [HistogramSample],
        window start: Int64,
        _ end: Int64,
        _ arithmetic: inout HistogramArithmetic
    ) -> NativeHistogram? {
        let first = samples[0]
        let last = samples[samples.count - 1]
        var increase: NativeHistogram?
        if samples.count > 1 {
            increase = difference(samples, &arithmetic)
            if increase == nil { return nil }
        }
        var factor: Double
        if isCounter, first.start != 0, first.start > start, first.start < first.timestamp {
            // It began within the window, with nothing: no extrapolation to the left.
            if var sum = increase {
                guard arithmetic.add(first.histogram, to: &sum) else { return nil }
                increase = sum
            } else {
                increase = first.histogram
            }
            let sampled = Double(last.timestamp - first.start) / 1_000
            let gaps = Double(samples.count - 1)
            let gap = gaps == 0 ? 0 : Double(last.timestamp - first.timestamp) / 1_000 / gaps
            var toEnd = Double(end - last.timestamp) / 1_000
            if toEnd >= gap * 1.1 { toEnd = gap / 2 }
            factor = sampled == 0 ? 1 : (sampled + toEnd) / sampled
            if isRate { factor /= seconds }
        } else {
            guard let increase else { return nil }
            factor = self.factor(
                increase.count,
                first: first.histogram.count,
                from: first.timestamp,
                to: last.timestamp,
                gaps: samples.count - 1,
                window: start,
                end
            )
        }
        increase?.multiply(by: factor)
        return increase
    }

    /// The last less the first, with what was lost by resets.
    private func difference(
        _ samples: [HistogramSample],
        _ arithmetic: inout HistogramArithmetic
    ) -> NativeHistogram? {
        var previous = samples[0].histogram
        let last = samples[samples.count - 1].histogram
        if isCounter {
            if samples.contains(where: { $0.histogram.resetHint == .gauge }) { arithmetic.notCounter() }
            // Of a counter that is reset after the first sample only the layout matters that comes behind.
            let second = samples[1].histogram
            if samples[1].isStartReset(since: samples[0]) || second.isReset(since: previous) {
                previous = NativeHistogram()
                previous.schema = second.schema
                previous.customValues = second.customValues
            }
        } else if previous.resetHint != .gauge || last.resetHint != .gauge {
            arithmetic.notGauge()
        }
        if last.usesCustomBuckets != previous.usesCustomBuckets {
            arithmetic.mixedSchemas()
            return nil
        }
        var schema = min(last.schema, previous.schema)
        if isCounter {
            for sample in samples[1..<(samples.count - 1)] {
                if sample.histogram.usesCustomBuckets != last.usesCustomBuckets {
                    arithmetic.mixedSchemas()
                    return nil
                }
                schema = min(schema, sample.histogram.schema)
            }
        }
        var difference = last.reduced(toSchema: schema)
        guard arithmetic.subtract(previous, from: &difference) else { return nil }
        if isCounter {
            for (before, now) in zip(samples, samples.dropFirst()) {
                if now.startOverlaps(before) { arithmetic.startOverlaps() }
                if now.isStartReset(since: before) || now.histogram.isReset(since: previous) {
                    guard arithmetic.add(previous, to: &difference) else { return nil }
                }
                previous = now.histogram
            }
        }
        difference.resetHint = .gauge
        difference.compact()
        return difference
    }

    /// `irate` and `idelta`: the last less the one before.
    func instant(
        _ before: HistogramSample,
        _ last: HistogramSample,
        _ arithmetic: inout HistogramArithmetic
    ) -> NativeHistogram? {
        let areGauges = before.histogram.resetHint == .gauge && last.histogram.resetHint == .gauge
        let isGauge = before.histogram.resetHint == .gauge || last.histogram.resetHint == .gauge
        if isRate && isGauge { arithmetic.notCounter() }
        if !isRate && !areGauges { arithmetic.notGauge() }
        var change = last.histogram
        if !isRate || !last.isStartReset(since: before) && !last.histogram.isReset(since: before.histogram) {
            guard arithmetic.subtract(before.histogram, from: &change) else { return nil }
        }
        change.resetHint = .gauge
        change.compact()
        if isRate { change.divide(by: Double(last.timestamp - before.timestamp) / 1_000) }
        return change
    }

    /// `anchored` and `smoothed`: the difference between the two edges of the window.
    func extended(
        _ samples: [HistogramSample],
        window start: Int64,
        _ end: Int64,
        _ arithmetic: inout HistogramArithmetic
    ) -> NativeHistogram? {
        let isSmoothed = extent == .smoothed
        var first = 0
        var last = samples.count - 1
        while first < last, samples[first + 1].timestamp <= start { first += 1 }
        if isSmoothed {
            while last > first, samples[last - 1].timestamp >= end { last -= 1 }
        }
        if samples[last].timestamp <= start || isSmoothed && samples[first].timestamp > end { return nil }
        let window = samples[first...last]
        if window.contains(where: { $0.histogram.usesCustomBuckets != samples[first].histogram.usesCustomBuckets }) {
            arithmetic.mixedSchemas()
            return nil
        }
        if isCounter, window.contains(where: { $0.histogram.resetHint == .gauge }) { arithmetic.notCounter() }
        var left = samples[first].histogram
        let spansStart = isSmoothed && samples[first].timestamp < start
        if spansStart {
            guard let value = arithmetic.interpolated(samples[first], samples[first + 1], start, isCounter) else {
                return nil
            }
            left = value
        }
        var right = samples[last].histogram
        if isSmoothed, last > 0, samples[last].timestamp > end {
            guard let value = arithmetic.interpolated(samples[last - 1], samples[last], end, isCounter) else {
                return nil
            }
            right = value
        }
        if !isCounter, left.resetHint != .gauge || right.resetHint != .gauge { arithmetic.notGauge() }
        var difference = right
        guard arithmetic.subtract(left, from: &difference) else { return nil }
        if isCounter {
            var previous = left
            var next = first + 1
            if spansStart, samples[next].histogram.isReset(since: samples[first].histogram) {
                // The line at the left edge began at that reset, which is done with.
                previous = samples[next].histogram
                next += 1
            }
            if next <= last {
                for sample in samples[next..<last] {
                    if sample.histogram.isReset(since: previous) {
                        guard arithmetic.add(previous, to: &difference) else { return nil }
                    }
                    previous = sample.histogram
                }
                if right.isReset(since: previous) {
                    guard arithmetic.add(previous, to: &difference) else { return nil }
                }
            }
        }
        if isRate { difference.divide(by: seconds) }
        difference.resetHint = .gauge
        difference.compact()
        return difference
    }
}

extension RangeKernel {
    /// `rate` and its like, `sum_over_time` and `avg_over_time` of a window of histograms only.
    func ofHistograms(
        _ samples: [HistogramSample],
        end: Int64,
        _ name: String,
        _ annotations: inout Annotations
    ) -> RangeValue? {
        var arithmetic = HistogramArithmetic(name, at: position)
        let value: NativeHistogram?
        switch function {
        case .sumOverTime, .avgOverTime: value = total(samples, &arithmetic, &annotations)
        case _ where extent == .plain:
            value = RateKernel(self).extrapolated(samples, window: end - range, end, &arithmetic)
        default:
            value = RateKernel(self).extended(samples, window: end - range, end, &arithmetic)
        }
        annotations.merge(arithmetic.annotations)
        return value.map { .histogram($0) }
    }

    private func total(
        _ samples: [HistogramSample],
        _ arithmetic: inout HistogramArithmetic,
        _ annotations: inout Annotations
    ) -> NativeHistogram? {
        var notes: HistogramMergeNotes = []
        let value: NativeHistogram
        do throws(HistogramError) {
            if function == .sumOverTime {
                var sum = HistogramSum(samples[0].histogram)
                for sample in samples.dropFirst() { notes.formUnion(try sum.add(sample.histogram)) }
                value = sum.total
            } else {
                var mean = HistogramMean(samples[0].histogram)
                for sample in samples.dropFirst() { notes.formUnion(try mean.add(sample.histogram)) }
                value = mean.value
            }
        } catch {
            arithmetic.mixedSchemas()
            return nil
        }
        let hints = Set(samples.map(\.histogram.resetHint))
        if hints.contains(.reset), hints.contains(.notReset) {
            annotations.warnOfCollidingResets(.aggregation, at: position)
        }
        if notes.contains(.boundsReconciled) { annotations.informOfReconciledBounds(.aggregation, at: position) }
        return value
    }

    /// `irate` and `idelta` of a window that has histograms.
    func instant(
        _ windows: borrowing RangeWindows,
        _ step: Int,
        _ name: String,
        _ annotations: inout Annotations
    ) -> RangeValue? {
        let columns = windows.columns
        let last = Int(windows.high[step]) - 1
        guard last > Int(windows.low[step]) else { return nil }
        switch (columns.histograms[last - 1], columns.histograms[last]) {
        case (nil, nil):
            var value = VectorColumns.absent
            let samples = SampleColumns(capacity: 2)
            for index in (last - 1)...last {
                samples.append(columns.timestamps[index], columns.values[index])
                if !columns.starts.isEmpty { samples.starts.append(columns.starts[index]) }
            }
            RateKernel(self).instant(RangeWindows(at(step), samples), &value)
            return .number(value)
        case (let before?, let now?):
            var arithmetic = HistogramArithmetic(name, at: arguments)
            let starts = columns.starts
            let change = RateKernel(self).instant(
                HistogramSample(
                    timestamp: columns.timestamps[last - 1],
                    start: starts.isEmpty ? 0 : starts[last - 1],
                    histogram: before
                ),
                HistogramSample(
                    timestamp: columns.timestamps[last],
                    start: starts.isEmpty ? 0 : starts[last],
                    histogram: now
                ),
                &arithmetic
            )
            annotations.merge(arithmetic.annotations)
            return change.map { .histogram($0) }
        default:
            annotations.mixedFloatsHistograms(name, at: arguments)
            return nil
        }
    }
}
