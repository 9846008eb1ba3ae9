// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import PromQL

extension APIError {
    /// The answer to a query that has none.
    ///
    /// Source of the codes: Prometheus, `web/api/v1/api.go`, `respondError`.
    init(_ error: QueryError) {
        let status: HTTPResponse.Status =
            switch error.kind {
            case .badData: .badRequest
            case .execution: .unprocessableContent
            // No code of HTTP says that the client has left; nginx's does.
            case .canceled: HTTPResponse.Status(code: 499, reasonPhrase: "Client Closed Request")
            case .timeout: .serviceUnavailable
            case .internal: .internalServerError
            }
        self.init(status, error.message, type: error.kind.rawValue)
    }
}
