// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// One histogram of a window.
struct HistogramSample {
    /// When it was taken, in milliseconds.
    var timestamp: Int64
    /// Since when it counts, in milliseconds, 0 when that is not known.
    var start: Int64
    var histogram: NativeHistogram

    /// Whether start timestamps say that there was a reset since another one. See `SampleColumns.isStartReset`.
    func isStartReset(since previous: HistogramSample) -> Bool {
        if start == 0 || start >= timestamp || start < previous.timestamp { return false }
        if start > previous.timestamp { return true }
        return previous.start != 0 && previous.start < previous.timestamp
    }

    /// Whether its start lies before the sample before, and is another than that one's.
    func startOverlaps(_ previous: HistogramSample) -> Bool {
        start != 0 && start < previous.timestamp && start != previous.start
    }
}

/// Puts histograms together and keeps what there is to remark: for one metric and one place of the query.
struct HistogramArithmetic {
    let name: String
    let position: SourceRange
    private(set) var annotations = Annotations()

    init(_ name: String, at position: SourceRange) {
        self.name = name
        self.position = position
    }

    /// Adds one to another.
    ///
    /// - Returns: whether they can be added.
    mutating func add(_ other: NativeHistogram, to histogram: inout NativeHistogram) -> Bool {
        do {
            let notes = try histogram.add(other)
            if notes.contains(.boundsReconciled) { annotations.informOfReconciledBounds(.addition, at: position) }
            return true
        } catch {
            annotations.warnOfMixedSchemas(metric: name, at: position)
            return false
        }
    }

    /// Subtracts one from another. Resets have been looked at by whoever subtracts, so that hints may collide.
    ///
    /// - Returns: whether they can be subtracted.
    mutating func subtract(_ other: NativeHistogram, from histogram: inout NativeHistogram) -> Bool {
        do {
            let notes = try histogram.subtract(other)
            if notes.contains(.boundsReconciled) { annotations.informOfReconciledBounds(.subtraction, at: position) }
            return true
        } catch {
            annotations.warnOfMixedSchemas(metric: name, at: position)
            return false
        }
    }

    /// What lies on the line between two histograms; of a counter that was reset, on the line from nothing.
    mutating func interpolated(
        _ first: HistogramSample,
        _ last: HistogramSample,
        _ time: Int64,
        _ isCounter: Bool
    ) -> NativeHistogram? {
        if first.histogram.usesCustomBuckets != last.histogram.usesCustomBuckets {
            mixedSchemas()
            return nil
        }
        if time == first.timestamp { return first.histogram }
        if time == last.timestamp { return last.histogram }
        let fraction = Double(time - first.timestamp) / Double(last.timestamp - first.timestamp)
        var value = last.histogram
        if isCounter, value.isReset(since: first.histogram) {
            value.multiply(by: fraction)
            return value
        }
        guard subtract(first.histogram, from: &value) else { return nil }
        value.multiply(by: fraction)
        return add(first.histogram, to: &value) ? value : nil
    }

    mutating func mixedSchemas() { annotations.warnOfMixedSchemas(metric: name, at: position) }
    mutating func notCounter() { annotations.warnOfGauge(metric: name, at: position) }
    mutating func notGauge() { annotations.warnOfCounter(metric: name, at: position) }
    mutating func startOverlaps() { annotations.startTimeOverlap(name, at: position) }
}
