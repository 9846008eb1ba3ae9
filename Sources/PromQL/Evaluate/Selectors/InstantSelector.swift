// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// What of the newest sample is wanted.
enum SampleAspect {
    /// The number or the histogram.
    case value
    /// When it was taken, in seconds: `timestamp()`.
    case timestamp
    /// Since when its counter counts, in seconds, 0 where that is not known: `start_timestamp()`.
    case start
}

extension Evaluation {
    /// The newest sample of each selected series at each step, no older than the lookback (exclusive), and none where
    /// the newest is a staleness marker.
    ///
    /// Source: Prometheus, `promql/engine.go`, `vectorSelectorSingle`; of `smoothed` `smoothSeries`.
    func selector(_ node: VectorSelector) throws(QueryError) -> VectorColumns {
        try selector(node, .value)
    }

    /// Of each selected series the time of its newest sample, in seconds.
    func selectorTimestamps(_ node: VectorSelector) throws(QueryError) -> VectorColumns {
        try selector(node, .timestamp)
    }

    /// Of each selected series the start timestamp of its newest sample, in seconds.
    func selectorStartTimestamps(_ node: VectorSelector) throws(QueryError) -> VectorColumns {
        try selector(node, .start)
    }

    private func selector(_ node: VectorSelector, _ aspect: SampleAspect) throws(QueryError) -> VectorColumns {
        let times = try SelectorTimes(offset: node.offset, at: node.at, in: self)
        let lookback = query.options.lookback
        let isSmoothed = node.extent == .smoothed
        let set = try query.select(
            SeriesSelection(
                node.matchers,
                from: Timestamp(milliseconds: times.steps.start - lookback + 1),
                through: Timestamp(milliseconds: times.steps.end + (isSmoothed ? lookback : 0)),
                windows: SampleWindows(at: times.steps, isSmoothed: isSmoothed)
            )
        )
        var columns = try query.matrix(set.count, stepCount: times.steps.count)
        columns.labels = (0..<set.count).map { set.labels($0) }
        columns.dropsName = Array(repeating: aspect != .value, count: set.count)
        let workers = try columns.fill { values throws(QueryError) in
            let values = UnsafeRows(values)
            return try query.forEachRow(set.count, makeWorker: { InstantReader(query.output(times.steps.count)) }) {
                (reader: inout InstantReader, row) throws(QueryError) in
                try query.read(set, row, into: reader.columns)
                if detectsResets { reader.columns.detectResets() }
                let start = values.start + row * times.steps.count
                if isSmoothed {
                    reader.interpolate(times.steps, lookback, row, start, set.labels(row), node.position)
                } else {
                    reader.takeNewest(aspect, times.steps, lookback, row, start)
                }
            }
        }
        query.take(workers.map(\.output), into: &columns, at: steps)
        return times.isFixed ? try repeated(columns) : columns
    }
}

/// Takes the samples of series at steps. One for each thread.
struct InstantReader {
    let columns = SampleColumns()
    var output: RowOutput

    init(_ output: RowOutput) { self.output = output }

    /// Sets the values of a row from the samples in `columns`.
    mutating func takeNewest(
        _ aspect: SampleAspect,
        _ steps: Steps,
        _ lookback: Int64,
        _ row: Int,
        _ values: UnsafeMutablePointer<Double>
    ) {
        let timestamps = columns.timestamps
        let samples = columns.values
        let count = columns.count
        var next = 0
        var time = steps.start
        var taken = 0
        for step in 0..<steps.count {
            while next < count, timestamps[next] <= time { next += 1 }
            if next > 0, timestamps[next - 1] > time - lookback {
                // A staleness marker has the bits of `absent`, so that the series ends by itself.
                values[step] = samples[next - 1]
                taken += 1
            } else {
                values[step] = VectorColumns.absent
            }
            time &+= steps.interval
        }
        output.samples += taken
        if !output.samplesPerStep.isEmpty {
            for step in 0..<steps.count where !VectorColumns.isAbsent(values[step]) { output.samplesPerStep[step] += 1 }
        }
        if aspect == .value && columns.histograms.isEmpty { return }
        next = 0
        for step in 0..<steps.count where !VectorColumns.isAbsent(values[step]) {
            while next < count, timestamps[next] <= steps[step] { next += 1 }
            switch aspect {
            case .value:
                if let histogram = columns.histograms[next - 1] { output.set(histogram, row, step, values) }
            case .timestamp:
                values[step] = Double(timestamps[next - 1]) / 1_000
            case .start:
                let start = columns.starts.isEmpty ? 0 : columns.starts[next - 1]
                values[step] = Double(start) / 1_000
            }
        }
    }

    /// Sets the values of a row to what lies on the line between the samples before and behind each step, or to the
    /// last one when there is none behind it. A number and a histogram have no line between them. Histograms that drop
    /// are taken for counters that were reset, numbers are not.
    mutating func interpolate(
        _ steps: Steps,
        _ lookback: Int64,
        _ row: Int,
        _ values: UnsafeMutablePointer<Double>,
        _ labels: Labels,
        _ position: SourceRange
    ) {
        columns.removeStaleMarkers()
        let (timestamps, samples, histograms) = (columns.timestamps, columns.values, columns.histograms)
        let count = columns.count
        let name = labels["__name__"] ?? ""
        var next = 0
        for step in 0..<steps.count {
            let time = steps[step]
            values[step] = VectorColumns.absent
            while next < count, timestamps[next] <= time { next += 1 }
            guard next > 0, timestamps[next - 1] > time - lookback else { continue }
            let last = next - 1
            output.samples += 1
            if !output.samplesPerStep.isEmpty { output.samplesPerStep[step] += 1 }
            let isOnLine = timestamps[last] < time && next < count && timestamps[next] <= time + lookback
            switch (
                histograms.isEmpty ? nil : histograms[last], histograms.isEmpty || !isOnLine ? nil : histograms[next]
            )
            {
            case (nil, nil):
                values[step] = samples[last]
                if isOnLine {
                    values[step] = RateKernel.Line(timestamps[last], samples[last], timestamps[next], samples[next])
                        .value(at: time, isCounter: false)
                }
            case (let before?, nil) where !isOnLine: output.set(before, row, step, values)
            case (let before?, let behind?):
                var arithmetic = HistogramArithmetic(name, at: position)
                let first = HistogramSample(timestamp: timestamps[last], start: 0, histogram: before)
                let second = HistogramSample(timestamp: timestamps[next], start: 0, histogram: behind)
                if let value = arithmetic.interpolated(first, second, time, true) {
                    output.set(value, row, step, values)
                }
                output.annotations.merge(arithmetic.annotations)
            default: output.annotations.mixedFloatsHistograms(name, at: position)
            }
        }
    }
}
