// SPDX-License-Identifier: Apache-2.0

package import TimeSeries

/// The series that a script has loaded.
///
/// Prometheus's scripts run on its store, which says of a histogram that follows another one whether there was a
/// counter reset in between; what the script says counts only for resets and gauges. So it is here.
package final class ScriptSeries {
    /// Where queries read.
    package let source = InMemorySeries()
    /// The newest sample of each series, which the next one's reset hint depends on.
    private var newest: [Labels: InMemorySeries.Sample] = [:]

    package init() {}

    /// Adds samples in the order of time.
    package func append(_ labels: Labels, _ samples: [(Int64, InMemorySeries.Sample)]) {
        var previous = newest[labels]
        var hinted = samples
        for index in hinted.indices {
            if var histogram = hinted[index].1.histogram {
                histogram.resetHint = ScriptSeries.hint(for: histogram, after: previous)
                hinted[index].1.histogram = histogram
            }
            previous = hinted[index].1
        }
        newest[labels] = previous
        source.add(labels, samples: hinted)
    }

    /// Adds what a `load` command says.
    func load(_ load: ScriptLoad) throws(SeriesNotationError) {
        var converted: [Labels: [Int64: ClassicHistogram]] = [:]
        for series in load.series {
            let part = load.convertsHistograms ? ClassicHistogram.part(of: series.labels) : nil
            var samples: [(Int64, InMemorySeries.Sample)] = []
            for (index, value) in series.values.enumerated() {
                let (time, overflow) = load.interval.multipliedReportingOverflow(by: Int64(index))
                guard !overflow, time < Int64.max / 4 else { throw SeriesNotationError("time is out of range") }
                var start: Int64 = 0
                if index < series.startOffsets.count, let offset = series.startOffsets[index] { start = time + offset }
                switch value {
                case .omitted: continue
                case .number(let number):
                    samples.append((time, .init(number, start: start)))
                    if let part {
                        converted[part.histogram, default: [:]][time, default: ClassicHistogram()]
                            .set(part.part, number)
                    }
                case .histogram(let histogram, _): samples.append((time, .init(histogram, start: start)))
                }
            }
            append(series.labels, samples)
        }
        for (labels, histograms) in converted {
            var samples: [(Int64, InMemorySeries.Sample)] = []
            for (time, histogram) in histograms.sorted(by: { $0.key < $1.key }) {
                samples.append((time, .init(try histogram.converted())))
            }
            append(labels, samples)
        }
    }

    /// What Prometheus's store says of a histogram after a sample: that there was no reset, or that nothing is known.
    /// It never says that there was one, since the chunk that ended there might be gone.
    ///
    /// Source: Prometheus, `tsdb/chunkenc/float_histogram.go`, `appendable`, and `counterResetHint`.
    private static func hint(
        for histogram: NativeHistogram,
        after previous: InMemorySeries.Sample?
    ) -> NativeHistogram.ResetHint {
        if histogram.resetHint == .gauge { return .gauge }
        guard let before = previous?.histogram, !SampleColumns.isStale(before.sum), before.resetHint != .gauge,
            histogram.resetHint != .reset, histogram.schema == before.schema,
            histogram.zeroThreshold == before.zeroThreshold, histogram.customValues == before.customValues,
            !histogram.isReset(since: before)
        else { return .unknown }
        return .notReset
    }
}
