// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import NIOCore
import Tidemark

/// `POST /api/v1/events`: answers after the events are durable.
///
/// | status | when |
/// |---|---|
/// | 200 | the commit that holds the events is synced; the body says what became of each |
/// | 400 | every event was rejected, gzip is broken, or the mapping is unknown |
/// | 413 | the body is over the limit, compressed or not |
/// | 415 | unknown `Content-Type` or `Content-Encoding` |
/// | 429 | the store's queue, or the memory for bodies, is full: send again after `Retry-After` seconds |
/// | 503 | the store is poisoned or closing: nothing was kept |
struct EventsEndpoint: Sendable {
    let store: any EventStore
    let state: ServiceState
    let bodies: BodyCollector

    /// Takes one body and waits for its commit.
    func respond(to request: Request) async throws -> Response {
        let format = try eventFormat(contentType: request.headers[.contentType], origin: request.headers[.origin])
        let mapping = try mapping(of: request, format: format)
        let pending = try await bodies.withBody(of: request) { bytes in
            try refusalAsError { () throws(StoreRefusal) in try store.submit(bytes, format: format, mapping: mapping) }
        }
        let answer: IngestAnswer
        do {
            answer = try await pending()
        } catch {
            throw APIError(error)
        }
        guard !answer.isAllRejected else { throw APIError(allRejected: answer) }
        return Response(
            status: .ok,
            headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: "{" + answer.members + "}"))
        )
    }

    /// The mapping that `?mapping=NAME` names; CSV cannot do without one.
    private func mapping(of request: Request, format: EventFormat) throws(APIError) -> EventMapping? {
        let name = request.uri.query == nil ? nil : request.uri.queryParameters["mapping"].map { String($0) }
        guard let name, !name.isEmpty else {
            guard format != .csv else { throw APIError(.badRequest, "CSV needs ?mapping=NAME; \(known)") }
            return nil
        }
        guard let mapping = state.mapping(named: name) else {
            throw APIError(.badRequest, "there is no mapping '\(name)'; \(known)")
        }
        return mapping
    }

    private var known: String {
        let names = state.mappingNames
        return names.isEmpty
            ? "this server has none, start it with --mappings GLOB"
            : "this server has \(names.joined(separator: ", "))"
    }

    private func refusalAsError<Result>(_ work: () throws(StoreRefusal) -> Result) throws(APIError) -> Result {
        do {
            return try work()
        } catch {
            throw APIError(error)
        }
    }
}

extension APIError {
    /// The answer to a store that did not take the events.
    init(_ refusal: StoreRefusal) {
        switch refusal.kind {
        case .queueFull: self.init(.tooManyRequests, refusal.message, retryAfter: 1)
        case .unavailable: self.init(.serviceUnavailable, refusal.message, retryAfter: 5)
        case .tooLarge: self.init(.contentTooLarge, refusal.message)
        case .badRequest: self.init(.badRequest, refusal.message)
        case .other: self.init(.internalServerError, refusal.message)
        }
    }

    /// The envelope with the counts and reasons behind it, so that a sender reads one shape whatever the status.
    init(allRejected answer: IngestAnswer) {
        let first = answer.errors.first.map { "; line \($0.line): \($0.reason): \($0.message)" } ?? ""
        self.init(.badRequest, "every event was rejected\(first)")
        members = answer.members
    }
}
