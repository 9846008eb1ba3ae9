// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The series of a range vector, and the windows in which a function looks at them.
struct RangeInput {
    /// Where the samples come from.
    enum Rows {
        /// From the store.
        case stored(any SeriesSet)
        /// From an expression: a subquery.
        case evaluated(VectorColumns, Steps)
    }

    var rows: Rows
    /// The ends of the windows, inclusive.
    let ends: Steps
    /// Whether the windows of all steps of the expression are the same one.
    let isFixed: Bool
    /// How long a window is, in milliseconds; its start is not part of it.
    let range: Int64
    let extent: RangeExtent
    /// How far the samples reach beyond the windows, of `anchored` and `smoothed`.
    let lookback: Int64
    /// Where the range vector stands in the query.
    let position: SourceRange
    /// See `Evaluation.detectsResets`.
    let detectsResets: Bool

    /// How many series there are.
    var count: Int {
        switch rows {
        case .stored(let set): set.count
        case .evaluated(let columns, _): columns.count
        }
    }

    func labels(_ row: Int) -> Labels {
        switch rows {
        case .stored(let set): set.labels(row)
        case .evaluated(let columns, _): columns.labels[row]
        }
    }

    func dropsName(_ row: Int) -> Bool {
        switch rows {
        case .stored: false
        case .evaluated(let columns, _): columns.dropsName[row]
        }
    }

    /// Replaces what is in `columns` by the samples of a series, staleness markers left out. Any thread.
    func read(_ row: Int, _ query: RunningQuery, into output: SampleColumns) throws(QueryError) {
        switch rows {
        case .stored(let set):
            try query.read(set, row, into: output)
            output.removeStaleMarkers()
            if detectsResets { output.detectResets() }
        case .evaluated(let columns, let steps):
            output.removeAll()
            let start = row * steps.count
            for step in 0..<steps.count {
                let value = columns.values[start + step]
                if VectorColumns.isAbsent(value) { continue }
                output.append(steps[step], value)
                if columns.hasHistograms {
                    var histogram = columns.histograms[start + step]
                    // Samples between the steps are not looked at, so that nothing is known of resets.
                    if let hint = histogram?.resetHint, hint != .gauge { histogram?.resetHint = .unknown }
                    output.histograms.append(histogram)
                }
            }
        }
    }
}

extension Evaluation {
    /// The series of a range vector: of a range selector or of a subquery, in parentheses or not.
    ///
    /// - Parameter function: what looks at it; nil when every sample is looked at.
    func rangeInput(_ expression: Expression, for function: Function?) throws(QueryError) -> RangeInput {
        switch expression.unwrapped {
        case .range(let node): try storedRange(node, function)
        case .subquery(let node): try subqueryRange(node)
        default: preconditionFailure("checked to be a range vector")
        }
    }

    private func storedRange(_ node: RangeSelector, _ function: Function?) throws(QueryError) -> RangeInput {
        let selector = node.selector
        let times = try SelectorTimes(offset: selector.offset, at: selector.at, in: self)
        let range = try query.milliseconds(node.range)
        let lookback = selector.extent == .plain ? 0 : query.options.lookback
        let set = try query.select(
            SeriesSelection(
                selector.matchers,
                from: Timestamp(milliseconds: times.steps.start - range - lookback + 1),
                through: Timestamp(milliseconds: times.steps.end + (selector.extent == .smoothed ? lookback : 0)),
                window: range,
                windows: function.flatMap {
                    SampleWindows($0, selector.extent, at: times.steps, range: range, lookback: lookback)
                }
            )
        )
        return RangeInput(
            rows: .stored(set),
            ends: times.steps,
            isFixed: times.isFixed,
            range: range,
            extent: selector.extent,
            lookback: lookback,
            position: node.position,
            detectsResets: detectsResets
        )
    }

    /// Evaluates the inner expression at the multiples of the subquery's step that are in any window.
    ///
    /// Source: Prometheus, `promql/engine.go`, the case `SubqueryExpr` of `eval`.
    private func subqueryRange(_ node: Subquery) throws(QueryError) -> RangeInput {
        let times = try SelectorTimes(offset: node.offset, at: node.at, in: self)
        let range = try query.milliseconds(node.range)
        var interval = query.options.subqueryStep
        if let step = node.step { interval = try query.milliseconds(step) }
        let before = times.steps.start - range
        var first = before / interval * interval
        if first <= before { first += interval }
        let inner: VectorColumns
        var steps = Steps(start: first, interval: interval, count: 1)
        if first > times.steps.end {
            inner = VectorColumns(stepCount: 1)
        } else {
            steps.count = Int((times.steps.end - first) / interval) + 1
            // Scalars and constants take memory for each step too, and so do the samples of one series.
            try query.expectRoom(1, stepCount: steps.count)
            let evaluation = Evaluation(query, steps: steps, detectsResets: detectsResets)
            switch try evaluation.evaluate(node.inner) {
            case .vector(let columns): inner = columns
            case .scalar(let values):
                inner = VectorColumns(stepCount: steps.count, labels: [[:]], dropsName: [false], values: values)
            case .string: preconditionFailure("checked to be no string")
            }
        }
        return RangeInput(
            rows: .evaluated(inner, steps),
            ends: times.steps,
            isFixed: times.isFixed,
            range: range,
            extent: .plain,
            lookback: 0,
            position: node.position,
            detectsResets: detectsResets
        )
    }
}
