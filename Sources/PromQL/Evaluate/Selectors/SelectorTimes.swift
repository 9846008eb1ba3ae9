// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// At which times a selector looks: the steps, moved by `offset`, or one time for all of them because of `@`.
struct SelectorTimes {
    /// The times; one only when there is an `@`.
    let steps: Steps
    /// Whether all steps of the expression see the same.
    let isFixed: Bool

    /// - Throws: when the offset is an expression that has no value.
    init(
        offset: DurationExpression,
        at: AtModifier?,
        in evaluation: Evaluation
    ) throws(QueryError) {
        let query = evaluation.query
        let moved = try query.milliseconds(offset)
        var steps = evaluation.steps
        isFixed = at != nil
        switch at {
        case nil: break
        case .time(let time): steps = Steps(at: time)
        case .start: steps = Steps(at: query.steps.start)
        case .end: steps = Steps(at: query.end)
        }
        self.steps = steps.moved(back: moved)
    }
}

extension Steps {
    /// How far steps stay away from the ends of time, so that ranges and lookbacks of the longest durations, 292 years,
    /// can be added and taken away: three of them.
    static let margin: Int64 = 3 * 9_223_372_036_854

    /// The same steps earlier by so many milliseconds; those near the ends of time, where no sample is, stay in it.
    func moved(back milliseconds: Int64) -> Steps {
        let (moved, overflow) = start.subtractingReportingOverflow(milliseconds)
        let earliest = Int64.min + Steps.margin
        let latest = max(earliest, Int64.max - Steps.margin - (end - start))
        let wanted = overflow ? (milliseconds < 0 ? Int64.max : Int64.min) : moved
        return Steps(start: min(max(wanted, earliest), latest), interval: interval, count: count)
    }
}

extension RunningQuery {
    /// The value of a duration in this query.
    func milliseconds(_ duration: DurationExpression) throws(QueryError) -> Int64 {
        try duration.milliseconds(step: isRange ? steps.interval : 0, range: end - steps.start)
    }
}

extension Evaluation {
    /// The same samples at each step, of a vector that was evaluated at one.
    ///
    /// - Throws: when that is more than a query may hold.
    func repeated(_ columns: VectorColumns) throws(QueryError) -> VectorColumns {
        let count = steps.count
        assert(columns.stepCount == 1, "only what does not change from step to step is repeated")
        if count == 1 { return columns }
        try query.expectRoom(columns.count, stepCount: count)
        var values: [Double] = []
        values.reserveCapacity(columns.values.count * count)
        for value in columns.values { values.append(contentsOf: repeatElement(value, count: count)) }
        var histograms: [NativeHistogram?] = []
        for histogram in columns.histograms { histograms.append(contentsOf: repeatElement(histogram, count: count)) }
        return VectorColumns(
            stepCount: count,
            labels: columns.labels,
            dropsName: columns.dropsName,
            values: values,
            histograms: histograms
        )
    }
}
