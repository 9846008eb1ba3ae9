// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import Logging
import Synchronization

/// Counts answered requests by endpoint and status code, for `tidemark_http_requests_total`.
///
/// The path is the endpoint's, never the client's, so a scanner cannot make series.
final class RequestCounters: Sendable {
    private struct Key: Hashable {
        var path: String
        var code: Int
    }

    /// One counter.
    struct Entry: Equatable {
        var path: String
        var code: Int
        var count: UInt64
    }

    private let counts = Mutex<[Key: UInt64]>([:])

    /// Counts one answer.
    func count(path: String, code: Int) {
        counts.withLock { $0[Key(path: path, code: code), default: 0] += 1 }
    }

    /// All counters, by path and code.
    func entries() -> [Entry] {
        counts.withLock { counts in counts.map { Entry(path: $0.key.path, code: $0.key.code, count: $0.value) } }
            .sorted { ($0.path, $0.code) < ($1.path, $1.code) }
    }
}

/// Turns whatever an endpoint throws into its JSON answer, and counts the request.
struct AnswerMiddleware: RouterMiddleware {
    let counters: RequestCounters

    func handle(
        _ request: Request,
        context: ConnectionContext,
        next: (Request, ConnectionContext) async throws -> Response
    ) async throws -> Response {
        let response: Response
        do {
            response = try await next(request, context)
        } catch let error as APIError {
            response = error.response
        } catch let error as HTTPError where error.status == .notFound {
            response = APIError(.notFound, "no such endpoint: \(request.uri.path); GET / lists them").response
        } catch is BodyIncomplete {
            // The client is gone: nobody reads this answer, and nothing of the body was used.
            response = APIError(.requestTimeout, "the request ended before its body").response
        } catch {
            context.logger.error("request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            response = APIError(.internalServerError, "\(error)").response
        }
        let known = context.endpointPath.map { $0 == "NotFound" ? "other" : $0 } ?? "other"
        counters.count(path: known, code: response.status.code)
        return response
    }
}
