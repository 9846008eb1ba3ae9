// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import PromQL
import Tidemark

/// `/api/v1/query_exemplars`: always an empty list, since Tidemark keeps no exemplars. Grafana asks when it opens a data
/// source, with milliseconds in the place of seconds.
struct ExemplarsEndpoint: Sendable {
    let runner: QueryRunner

    /// Parameters: `query`, `start`, `end`. 204 for an expression without a selector, as in Prometheus.
    func respond(to request: Request, _ context: ConnectionContext) async throws -> Response {
        let parameters = try await runner.parameters(of: request)
        _ = try parameters.timeRange()
        let query = parameters["query"] ?? ""
        return try await runner.answer(request, context) { _, _ in
            let expression = try wordingQuery { () throws(QueryError) in try QueryEngine.parse(query) }
            return expression.hasSelector ? .success(json: "[]") : .nothing
        }
    }
}

extension Expression {
    /// Whether any series are asked for.
    fileprivate var hasSelector: Bool {
        switch self {
        case .number, .string: false
        case .selector, .range: true
        case .parenthesis(let node): node.inner.hasSelector
        case .unary(let node): node.operand.hasSelector
        case .binary(let node): node.left.hasSelector || node.right.hasSelector
        case .call(let node): node.arguments.contains(where: \.hasSelector)
        case .aggregation(let node): node.operand.hasSelector || node.parameter?.hasSelector ?? false
        case .subquery(let node): node.inner.hasSelector
        }
    }
}
