// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// What a thread has to say of its rows beside the numbers: histograms, annotations, and what was read.
struct RowOutput {
    let stepCount: Int
    /// Histograms by their index in the values of all rows.
    private(set) var histograms: [(index: Int, histogram: NativeHistogram)] = []
    var annotations = Annotations()
    /// How many samples the windows held, of all steps together.
    var samples = 0
    /// The same for each step, when that was asked for; else empty.
    var samplesPerStep: [Int]

    init(stepCount: Int, countsSteps: Bool) {
        self.stepCount = stepCount
        samplesPerStep = countsSteps ? Array(repeating: 0, count: stepCount) : []
    }

    /// Makes the sample of a row at a step a histogram.
    ///
    /// - Parameter values: the values of that row.
    mutating func set(
        _ histogram: NativeHistogram,
        _ row: Int,
        _ step: Int,
        _ values: UnsafeMutablePointer<Double>
    ) {
        values[step] = VectorColumns.histogramMark
        histograms.append((row * stepCount + step, histogram))
    }

}

/// Where the values of all rows are, for threads that each write rows of their own.
struct UnsafeRows: @unchecked Sendable {
    let start: UnsafeMutablePointer<Double>

    init(_ buffer: UnsafeMutableBufferPointer<Double>) {
        // An empty vector has no memory; nothing is written then.
        start = buffer.baseAddress ?? UnsafeMutablePointer(bitPattern: 8)!
    }
}

extension VectorColumns {
    /// Calls `body` with the memory of the values, which it sets.
    mutating func fill<Result>(
        _ body: (UnsafeMutableBufferPointer<Double>) throws(QueryError) -> Result
    ) throws(QueryError) -> Result {
        var outcome: Swift.Result<Result, QueryError>?
        values.withUnsafeMutableBufferPointer { buffer in
            do throws(QueryError) {
                outcome = .success(try body(buffer))
            } catch {
                outcome = .failure(error)
            }
        }
        guard let outcome else { preconditionFailure("the body has run") }
        return try outcome.get()
    }
}

extension RunningQuery {
    /// What a thread of this query has to say, which is nothing yet.
    func output(_ stepCount: Int) -> RowOutput {
        RowOutput(stepCount: stepCount, countsSteps: options.countsSamplesPerStep)
    }

    /// Takes over what the threads have to say, of an evaluation at some steps. What was looked at once for all steps
    /// because of `@` counts for each of them.
    ///
    /// Source of the counts: Prometheus, `util/stats/query_stats.go`.
    func take(_ outputs: [RowOutput], into columns: inout VectorColumns, at steps: Steps) {
        for output in outputs {
            for (index, histogram) in output.histograms { columns.set(histogram, at: index) }
            annotations.merge(output.annotations)
            let times = output.stepCount == steps.count ? 1 : steps.count
            statistics.totalQueryableSamples += output.samples * times
            // Steps of subqueries are not those of the query.
            guard steps == self.steps, !output.samplesPerStep.isEmpty else { continue }
            for step in statistics.samplesPerStep.indices {
                statistics.samplesPerStep[step].samples += output.samplesPerStep[times == 1 ? step : 0]
            }
        }
    }

    /// Finds series.
    func select(_ selection: SeriesSelection) throws(QueryError) -> any SeriesSet {
        let set: any SeriesSet
        do {
            set = try source.select(selection)
        } catch {
            throw QueryError(.internal, "\(error)")
        }
        if set.count > options.maximumSeries {
            throw QueryError(
                .execution,
                "the query finds \(set.count) series with one selector, more than the limit of \(options.maximumSeries)"
            )
        }
        return set
    }

    /// Reads a series. Any thread.
    ///
    /// Signalling NaNs become plain ones, but for the staleness marker: their bits are the engine's marks, and arithmetic
    /// makes none.
    func read(_ set: any SeriesSet, _ row: Int, into columns: SampleColumns) throws(QueryError) {
        do {
            try set.read(row, into: columns)
        } catch {
            throw QueryError(.internal, "\(error)")
        }
        columns.quietNaNs()
    }

    /// A vector of series that have no labels yet, with memory for the samples.
    ///
    /// - Throws: when that is more than a query may hold.
    func matrix(_ rows: Int, stepCount: Int) throws(QueryError) -> VectorColumns {
        try expectRoom(rows, stepCount: stepCount)
        var columns = VectorColumns(stepCount: stepCount)
        columns.values = Array(repeating: VectorColumns.absent, count: rows * stepCount)
        columns.charge = held.hold(rows * stepCount)
        return columns
    }

    /// Looks whether so many series more may be held at so many steps.
    ///
    /// - Throws: when that is more than a query may hold.
    func expectRoom(_ rows: Int, stepCount: Int) throws(QueryError) {
        let (samples, overflow) = rows.multipliedReportingOverflow(by: stepCount)
        if overflow || samples > options.maximumSamples - held.count {
            throw QueryError(
                .execution,
                "query processing would load too many samples into memory in query execution"
            )
        }
        statistics.peakSamples = max(statistics.peakSamples, held.count + samples)
    }
}

extension SampleColumns {
    /// Makes plain NaNs of signalling ones that are no staleness markers.
    fileprivate func quietNaNs() {
        let values = values
        // Looked for without a branch first: hardly any series has one.
        var found = 0
        for index in 0..<count { found &+= values[index].isSignalingNaN ? 1 : 0 }
        if found == 0 { return }
        for index in 0..<count where values[index].isSignalingNaN && !SampleColumns.isStale(values[index]) {
            values[index] = .nan
        }
    }

    /// Takes the staleness markers out.
    func removeStaleMarkers() {
        var kept = 0
        for index in 0..<count where !SampleColumns.isStale(values[index]) {
            if kept != index {
                timestamps[kept] = timestamps[index]
                values[kept] = values[index]
                if !histograms.isEmpty { histograms[kept] = histograms[index] }
                if !starts.isEmpty { starts[kept] = starts[index] }
                if !ordinals.isEmpty { ordinals[kept] = ordinals[index] - (index - kept) }
            }
            kept += 1
        }
        if kept == count { return }
        if !histograms.isEmpty { histograms.removeLast(count - kept) }
        if !starts.isEmpty { starts.removeLast(count - kept) }
        if !ordinals.isEmpty { ordinals.removeLast(count - kept) }
        count = kept
    }

    /// Says of each histogram of which nothing is known whether there was a reset since the one before.
    ///
    /// Source: Prometheus, `promql/histogram_stats_iterator.go`.
    func detectResets() {
        if histograms.isEmpty { return }
        var previous: NativeHistogram?
        for index in 0..<count {
            guard var histogram = histograms[index], !SampleColumns.isStale(values[index]) else { continue }
            if histogram.resetHint == .unknown, let previous {
                histogram.resetHint = histogram.isReset(since: previous) ? .reset : .notReset
                histograms[index] = histogram
            }
            previous = histogram
        }
    }
}
