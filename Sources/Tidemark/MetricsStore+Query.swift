// SPDX-License-Identifier: Apache-2.0

public import PromQL
import Store
public import TimeSeries

extension MetricsStore {
    /// Answers a PromQL query at one instant: `try store.query("sum(rate(campaign_clicks_total[5m]))")`.
    ///
    /// Blocks while it computes. Commits go on meanwhile, and are not seen.
    ///
    /// - Parameters:
    ///   - time: now, unless said otherwise.
    ///   - options: what it may cost, and the lookback.
    ///   - cancellation: ends it from another thread.
    /// - Throws: `QueryError`; of kind `internal` when the store is closed.
    public func query(
        _ query: String,
        at time: Timestamp? = nil,
        options: QueryOptions = QueryOptions(),
        cancellation: QueryCancellation = QueryCancellation()
    ) throws(QueryError) -> QueryResult {
        try QueryEngine(options: options)
            .instant(query, at: time ?? self.options.clock.now, on: try queryView(), cancellation: cancellation)
    }

    /// Answers a PromQL query from `start` through `end`, every `step` milliseconds.
    ///
    /// Blocks while it computes. All steps see the same commits.
    ///
    /// - Precondition: `end` is not before `start`, `step` is positive.
    /// - Throws: `QueryError`; of kind `internal` when the store is closed.
    public func query(
        _ query: String,
        from start: Timestamp,
        through end: Timestamp,
        step: Int64,
        options: QueryOptions = QueryOptions(),
        cancellation: QueryCancellation = QueryCancellation()
    ) throws(QueryError) -> QueryResult {
        try QueryEngine(options: options)
            .range(query, from: start, through: end, step: step, on: try queryView(), cancellation: cancellation)
    }

    private func queryView() throws(QueryError) -> SeriesView {
        do throws(MetricsStoreError) {
            return try view()
        } catch {
            throw QueryError(.internal, error.description)
        }
    }
}
