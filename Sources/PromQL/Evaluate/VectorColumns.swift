// SPDX-License-Identifier: Apache-2.0

package import TimeSeries

/// An instant vector at all steps: a dense matrix of series × steps, with the labels beside it.
///
/// The value of series r at step s is `values[r × stepCount + s]`; ``absent`` says that there is no sample. A sample
/// is a number or a histogram: where it is a histogram, `values` holds ``histogramMark`` and `histograms` the histogram.
package struct VectorColumns: Sendable {
    /// No sample. The bits of Prometheus's staleness marker, which is never the value of a sample that PromQL sees.
    @inline(__always)
    package static var absent: Double { Double(bitPattern: absentBits) }
    private static var absentBits: UInt64 { 0x7FF0_0000_0000_0002 }
    /// The sample is a histogram. A NaN that no arithmetic makes and that is never read as a number.
    @inline(__always)
    package static var histogramMark: Double { Double(bitPattern: histogramBits) }
    private static var histogramBits: UInt64 { 0x7FF0_0000_0000_0003 }

    /// How many steps there are.
    package let stepCount: Int
    /// The labels of each series, `__name__` among them.
    package var labels: [Labels]
    /// Whether the series's `__name__` and with it `__type__` and `__unit__` go away at the end (Prometheus: delayed
    /// name removal). Until then functions such as `label_replace` see it.
    package var dropsName: [Bool]
    /// Series × steps.
    package var values: [Double]
    /// Empty when there is no histogram at all, else one for each entry of `values`.
    package var histograms: [NativeHistogram?]
    /// What it counts among the samples that the query holds.
    var charge: SampleCharge?

    /// Nothing.
    package init(stepCount: Int) {
        self.init(stepCount: stepCount, labels: [], dropsName: [], values: [])
    }

    package init(
        stepCount: Int,
        labels: [Labels],
        dropsName: [Bool],
        values: [Double],
        histograms: [NativeHistogram?] = []
    ) {
        assert(labels.count == dropsName.count && labels.count * stepCount == values.count)
        assert(histograms.isEmpty || histograms.count == values.count)
        self.stepCount = stepCount
        self.labels = labels
        self.dropsName = dropsName
        self.values = values
        self.histograms = histograms
    }

    /// How many series there are.
    package var count: Int { labels.count }

    /// Whether a value says that there is no sample.
    @inline(__always)
    package static func isAbsent(_ value: Double) -> Bool { value.bitPattern == absentBits }

    /// Whether a value says that the sample is a histogram.
    @inline(__always)
    package static func isHistogram(_ value: Double) -> Bool { value.bitPattern == histogramBits }

    /// Whether a value is a number (NaN is one).
    @inline(__always)
    package static func isNumber(_ value: Double) -> Bool {
        value.bitPattern != absentBits && value.bitPattern != histogramBits
    }

    /// Whether there may be a histogram.
    package var hasHistograms: Bool { !histograms.isEmpty }

    /// Puts a histogram at an index of `values`.
    package mutating func set(_ histogram: NativeHistogram, at index: Int) {
        if histograms.isEmpty { histograms = Array(repeating: nil, count: values.count) }
        values[index] = VectorColumns.histogramMark
        histograms[index] = histogram
    }

    /// Adds a series without any sample, whose samples the caller puts in.
    package mutating func appendAbsent(_ labels: Labels, dropsName: Bool) {
        self.labels.append(labels)
        self.dropsName.append(dropsName)
        values.append(contentsOf: repeatElement(VectorColumns.absent, count: stepCount))
        if hasHistograms { histograms.append(contentsOf: repeatElement(nil, count: stepCount)) }
    }

    /// The samples of one series at all steps.
    package func row(_ index: Int) -> ArraySlice<Double> {
        values[index * stepCount..<(index + 1) * stepCount]
    }
}

/// What an expression is at all steps of a query.
package enum ExpressionValue: Sendable {
    /// One number for each step.
    case scalar([Double])
    case vector(VectorColumns)
    case string(String)
}
