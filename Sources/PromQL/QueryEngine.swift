// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// What a query may cost, and what it takes for granted.
public struct QueryOptions: Sendable {
    /// How old the newest sample of a series may be at a step, in milliseconds, not inclusive. More than 0.
    public var lookback: Int64 = 300_000
    /// The resolution of subqueries that name none, in milliseconds.
    public var subqueryStep: Int64 = 60_000
    /// The most samples that one query may hold in memory at a time.
    public var maximumSamples = 50_000_000
    /// The most series that one selector may find.
    public var maximumSeries = 1_000_000
    /// How long one query may take, in milliseconds.
    public var timeout: Int64 = 120_000
    /// On how many threads it may run; 0 for as many as there are cores.
    public var threads = 0
    /// Whether the statistics tell of the samples of each step.
    public var countsSamplesPerStep = false

    /// The defaults, which are Prometheus's where it has the option.
    public init() {}
}

/// Answers PromQL queries from a `SeriesSource`. Any thread may use one at any time.
public struct QueryEngine: Sendable {
    /// Limits and defaults of queries that say nothing else.
    public var options: QueryOptions

    /// An engine.
    public init(options: QueryOptions = QueryOptions()) {
        self.options = options
    }

    /// Evaluates at one instant.
    ///
    /// - Throws: `QueryError`, also for what the source throws.
    public func instant(
        _ query: String,
        at time: Timestamp,
        on source: any SeriesSource,
        cancellation: QueryCancellation = QueryCancellation()
    ) throws(QueryError) -> QueryResult {
        try run(query, Steps(at: time.milliseconds), isRange: false, on: source, cancellation)
    }

    /// Evaluates from `start` through `end` (inclusive when a step falls on it), every `step` milliseconds.
    ///
    /// - Precondition: `end` is not before `start`, `step` is positive.
    /// - Throws: `QueryError`, also for what the source throws.
    public func range(
        _ query: String,
        from start: Timestamp,
        through end: Timestamp,
        step: Int64,
        on source: any SeriesSource,
        cancellation: QueryCancellation = QueryCancellation()
    ) throws(QueryError) -> QueryResult {
        precondition(start <= end && step > 0, "a range goes forward")
        let (length, isTooLong) = end.milliseconds.subtractingReportingOverflow(start.milliseconds)
        if isTooLong { throw QueryError(.badData, "the time from start to end is too long") }
        let count = Int(min(length / step, Int64.max - 1)) + 1
        let steps = Steps(start: start.milliseconds, interval: step, count: count)
        return try run(query, steps, isRange: true, end: end.milliseconds, on: source, cancellation)
    }
}
