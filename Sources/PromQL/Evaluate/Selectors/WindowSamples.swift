// SPDX-License-Identifier: Apache-2.0

import TimeSeries

extension Evaluation {
    /// The samples of a range vector that is the whole query: of each series those in the window of the only step.
    ///
    /// - Throws: when two series of a subquery have the same labels without their names, and samples at the same time.
    func windowSamples(_ expression: Expression) throws(QueryError) -> ResultColumns {
        var input = try rangeInput(expression, for: nil)
        if case .evaluated(let columns, let steps) = input.rows {
            input.rows = .evaluated(try columns.withNamesDropped(query), steps)
        }
        var result = ResultColumns()
        var windows = RangeWindows(input, ends: RangeEnds(input))
        let order = (0..<input.count).sorted { input.labels($0) < input.labels($1) }
        for row in order {
            try query.checkpoint()
            try input.read(row, query, into: windows.columns)
            query.statistics.totalQueryableSamples += windows.place()
            if input.extent != .plain, windows.columns.histograms.isEmpty { windows.setEdges(input.extent) }
            windows.keepOnly(Int(windows.low[0])..<Int(windows.high[0]))
            if windows.columns.count == 0 { continue }
            if result.values.count + windows.columns.count > query.options.maximumSamples {
                throw QueryError(
                    .execution,
                    "query processing would load too many samples into memory in query execution"
                )
            }
            result.append(input.labels(row), windows.columns)
        }
        return result
    }
}

extension RangeWindows {
    /// Leaves only these samples.
    func keepOnly(_ kept: Range<Int>) {
        let columns = columns
        columns.timestamps.update(from: columns.timestamps + kept.lowerBound, count: kept.count)
        columns.values.update(from: columns.values + kept.lowerBound, count: kept.count)
        if !columns.histograms.isEmpty { columns.histograms = Array(columns.histograms[kept]) }
        if !columns.starts.isEmpty { columns.starts = Array(columns.starts[kept]) }
        columns.count = kept.count
    }

    /// Puts samples on both edges of the only window, as `anchored` and `smoothed` see them, and leaves those between.
    ///
    /// Source: Prometheus, `promql/engine.go`, `extendFloats`.
    func setEdges(_ extent: RangeExtent) {
        let (timestamps, values) = (columns.timestamps, columns.values)
        let (start, end) = (start(0), ends[0])
        var first = Int(low[0])
        var last = Int(high[0]) - 1
        high[0] = low[0]
        if last < first { return }
        let isSmoothed = extent == .smoothed
        while first < last, timestamps[first + 1] <= start { first += 1 }
        if isSmoothed {
            while last > first, timestamps[last - 1] >= end { last -= 1 }
        }
        if timestamps[last] <= start { return }
        var left = values[first]
        if isSmoothed, timestamps[first] < start {
            left = RateKernel.Line(timestamps[first], values[first], timestamps[first + 1], values[first + 1])
                .value(at: start, isCounter: false)
        }
        var right = values[last]
        if isSmoothed, last > Int(low[0]), timestamps[last] > end {
            right = RateKernel.Line(timestamps[last - 1], values[last - 1], timestamps[last], values[last])
                .value(at: end, isCounter: false)
        }
        var kept: [(Int64, Double)] = [(start, left)]
        for index in first...last where timestamps[index] > start && timestamps[index] < end {
            kept.append((timestamps[index], values[index]))
        }
        kept.append((end, right))
        columns.removeAll()
        for (time, value) in kept { columns.append(time, value) }
        low[0] = 0
        high[0] = Int32(kept.count)
    }
}
