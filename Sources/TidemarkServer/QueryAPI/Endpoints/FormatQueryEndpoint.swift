// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import PromQL
import Tidemark

/// `/api/v1/format_query`: an expression as one would write it, over several lines when it is long.
struct FormatQueryEndpoint: Sendable {
    let runner: QueryRunner

    /// Parameter: `query`.
    func respond(to request: Request, _ context: ConnectionContext) async throws -> Response {
        let query = try await runner.parameters(of: request)["query"] ?? ""
        return try await runner.answer(request, context) { _, _ in
            let text = try wordingQuery { () throws(QueryError) in try QueryEngine.format(query) }
            return .success { json in
                json.append(string: text)
                return false
            }
        }
    }
}
