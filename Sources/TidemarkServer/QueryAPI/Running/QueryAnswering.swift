// SPDX-License-Identifier: Apache-2.0

import PromQL
import Tidemark

/// What the API needs of the engine: the seam where the tests put their own.
protocol QueryAnswering: Sendable {
    /// Evaluates at one instant.
    func instant(
        _ query: String,
        at time: Timestamp,
        options: QueryOptions,
        on source: any SeriesSource,
        cancellation: QueryCancellation
    ) throws(QueryError) -> QueryResult

    /// Evaluates from `start` through `end`, every `step` milliseconds.
    func range(
        _ query: String,
        over time: ClosedRange<Timestamp>,
        step: Int64,
        options: QueryOptions,
        on source: any SeriesSource,
        cancellation: QueryCancellation
    ) throws(QueryError) -> QueryResult
}

/// The engine itself.
struct EngineAnswers: QueryAnswering {
    func instant(
        _ query: String,
        at time: Timestamp,
        options: QueryOptions,
        on source: any SeriesSource,
        cancellation: QueryCancellation
    ) throws(QueryError) -> QueryResult {
        try QueryEngine(options: options).instant(query, at: time, on: source, cancellation: cancellation)
    }

    func range(
        _ query: String,
        over time: ClosedRange<Timestamp>,
        step: Int64,
        options: QueryOptions,
        on source: any SeriesSource,
        cancellation: QueryCancellation
    ) throws(QueryError) -> QueryResult {
        try QueryEngine(options: options)
            .range(
                query,
                from: time.lowerBound,
                through: time.upperBound,
                step: step,
                on: source,
                cancellation: cancellation
            )
    }
}
