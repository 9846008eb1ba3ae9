// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import PromQL
import Tidemark

/// `/api/v1/query`: the value of an expression at one time.
struct InstantQueryEndpoint: Sendable {
    let runner: QueryRunner

    /// Parameters: `query`, `time`, `timeout`, `limit`, `lookback_delta`, `stats`.
    func respond(to request: Request, _ context: ConnectionContext) async throws -> Response {
        let parameters = try await runner.parameters(of: request)
        let limit = try parameters.limit()
        let time = try parameters.time("time", or: runner.clock.now)
        let query = parameters["query"] ?? ""
        let stats = StatisticsDetail(parameters["stats"])
        let described = LoggedQuery(
            query: query,
            endpoint: "query",
            start: time,
            end: time,
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
                    try runner.engine.instant(
                        query,
                        at: time,
                        options: options,
                        on: source,
                        cancellation: cancellation
                    )
                }
            },
            write: { AnswerBody(query: $0, limit: limit, stats: stats) }
        )
    }
}

extension AnswerBody {
    /// The answer to a query.
    init(query result: QueryResult, limit: Int, stats: StatisticsDetail) {
        self = .success(warnings: result.warnings, infos: result.infos) { json in
            json.append(data: result, limit: limit, stats: stats)
        }
    }
}

/// Says of what is wrong with a query's text that it is about the parameter `query`.
func wordingQuery<Result>(_ body: () throws(QueryError) -> Result) throws(QueryError) -> Result {
    do throws(QueryError) {
        return try body()
    } catch {
        guard error.kind == .badData else { throw error }
        throw QueryError(.badData, "invalid parameter \"query\": \(error.message)", at: error.position)
    }
}
