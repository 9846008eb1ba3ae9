// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird

/// Looks once at what holds for a request, and adds the headers of the web configuration to its answer. The outermost of
/// all: refusals have them, too.
struct AnswerHeadersMiddleware: RouterMiddleware {
    let access: AccessControl

    func handle(
        _ request: Request,
        context: ConnectionContext,
        next: (Request, ConnectionContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.rules = access.current()
        var response = try await next(request, context)
        for field in context.rules.headers {
            // Of several policies a browser keeps each: the pages' own is not loosened. Anything else counts once.
            if field.name == .contentSecurityPolicy {
                response.headers.append(field)
            } else {
                response.headers[field.name] = field.value
            }
        }
        return response
    }
}
