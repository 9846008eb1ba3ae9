// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird

extension Router where Context == ConnectionContext {
    /// What an endpoint does with a request.
    typealias Answer = @Sendable (Request, ConnectionContext) async throws -> Response

    /// Registers all methods of one path: the given ones, HEAD beside GET, and 405 with `Allow` for every other.
    ///
    /// - Parameter hasOptions: whether OPTIONS is answered with 204.
    func endpoint(_ path: String, get: Answer? = nil, post: Answer? = nil, hasOptions: Bool = false) {
        var allowed: [HTTPRequest.Method] = []
        if let get {
            on(RouterPath(path), method: .get, use: get)
            on(RouterPath(path), method: .head) { request, context in
                try await get(request, context).createHeadResponse()
            }
            allowed += [.get, .head]
        }
        if let post {
            on(RouterPath(path), method: .post, use: post)
            allowed += [.post]
        }
        if hasOptions { allowed += [.options] }
        let allow = allowed.map(\.rawValue).joined(separator: ", ")
        if hasOptions {
            on(RouterPath(path), method: .options) { _, _ in
                Response(status: .noContent, headers: [.allow: allow])
            }
        }
        let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options, .trace]
        for method in methods where !allowed.contains(method) {
            on(RouterPath(path), method: method) { request, _ -> Response in
                var error = APIError(.methodNotAllowed, "\(path) takes \(allow), not \(method.rawValue)")
                error.headers[.allow] = allow
                throw error
            }
        }
    }
}
