// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import PromQL
import Tidemark

/// `/api/v1/query_range`: the value of an expression at every step of a time.
struct RangeQueryEndpoint: Sendable {
    let runner: QueryRunner

    /// As many steps as fit between both ends, so one point more than that. (Prometheus: the same.)
    private static let maximumSteps: Int64 = 11_000

    /// Parameters: `query`, `start`, `end`, `step`, `timeout`, `limit`, `lookback_delta`, `stats`.
    func respond(to request: Request, _ context: ConnectionContext) async throws -> Response {
        let parameters = try await runner.parameters(of: request)
        let limit = try parameters.limit()
        let (time, step) = try range(parameters)
        let query = parameters["query"] ?? ""
        let stats = StatisticsDetail(parameters["stats"])
        let described = LoggedQuery(
            query: query,
            endpoint: "query_range",
            start: time.lowerBound,
            end: time.upperBound,
            step: step,
            client: context.client
        )
        return try await runner.query(
            request,
            context,
            described: described,
            parameters: parameters,
            evaluate: { [runner] source, options, cancellation in
                try wordingQuery {
                    () throws(QueryError) in
                    try runner.engine.range(
                        query,
                        over: time,
                        step: step,
                        options: options,
                        on: source,
                        cancellation: cancellation
                    )
                }
            },
            write: { AnswerBody(query: $0, limit: limit, stats: stats) }
        )
    }

    /// The time asked for, and the step in milliseconds.
    private func range(_ parameters: RequestParameters) throws(APIError) -> (ClosedRange<Timestamp>, Int64) {
        let start = try parameters.time("start")
        let end = try parameters.time("end")
        guard start <= end else {
            throw .invalidParameter("end", "end timestamp must not be before start time")
        }
        guard let nanoseconds = try parameters.duration("step") else {
            throw .invalidParameter("step", "cannot parse \"\" to a valid duration")
        }
        // A step below a millisecond is none: time is counted in them.
        let step = nanoseconds / 1_000_000
        guard step > 0 else {
            throw .invalidParameter(
                "step",
                "zero or negative query resolution step widths are not accepted. Try a positive integer"
            )
        }
        let (span, isEndless) = end.milliseconds.subtractingReportingOverflow(start.milliseconds)
        guard !isEndless, span / step <= Self.maximumSteps else {
            throw APIError(
                .badRequest,
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"
            )
        }
        return (start...end, step)
    }
}
