// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import Tidemark
import TimeSeries

/// `/api/v1/metadata`: type, help and unit of every metric.
///
/// A histogram is one metric, as in the exposition formats; clients know of its `_bucket`, `_sum` and `_count`.
struct MetadataEndpoint: Sendable {
    let runner: QueryRunner

    /// Parameters: `metric`, `limit`, `limit_per_metric` (there is one entry for each metric).
    func respond(to request: Request, _ context: ConnectionContext) async throws -> Response {
        let parameters = try await runner.parameters(of: request)
        let limit = try number("limit", parameters)
        _ = try number("limit_per_metric", parameters)
        let metric = parameters["metric"]
        return try await runner.answer(request, context) { source, _ in
            var families = source.metadata()
            if let metric { families.removeAll { $0.name != metric } }
            if let limit, limit >= 0 { families = Array(families.prefix(limit)) }
            return AnswerBody.success { json in
                json.append("{")
                for (index, family) in families.enumerated() {
                    if index > 0 { json.append(",") }
                    json.append(string: family.name)
                    json.append(#":[{"type":"#)
                    json.append(string: family.type.name)
                    json.append(#","help":"#)
                    json.append(string: family.help)
                    json.append(#","unit":""}]"#)
                }
                json.append("}")
                return false
            }
        }
    }

    private func number(_ name: String, _ parameters: RequestParameters) throws(APIError) -> Int? {
        guard let text = parameters[name] else { return nil }
        guard let number = Int(text) else { throw APIError(.badRequest, "\(name) must be a number") }
        return number
    }
}
