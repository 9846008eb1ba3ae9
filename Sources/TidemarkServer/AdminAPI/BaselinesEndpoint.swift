// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import Tidemark

/// `/api/v1/admin/baselines`: sets a baseline while events arrive, and shows those there are.
///
/// POST takes a training file as its body, or `start` and `end`. It is read on a thread of its own and answered once the
/// baseline is durable; events that arrive after that are counted in its bins.
///
/// | status | when |
/// |---|---|
/// | 200 | the baseline counts; the body has it |
/// | 400 | a parameter or the file is wrong; `errors` has the line |
/// | 403 | the admin API is off |
/// | 404 | GET: there is no such baseline |
/// | 413 | the body is over the limit |
/// | 415 | from a web page that does not name its type; unknown `Content-Encoding` |
/// | 429 | another baseline is being made, or the memory for bodies is full |
/// | 503 | the store is poisoned or closing |
final class BaselinesEndpoint: Sendable {
    private let store: any EventStore
    private let isEnabled: Bool
    private let bodies: BodyCollector
    private let clock: any WallClock
    /// A training file is held outside the budget of bodies while it is read: one at a time.
    private let isBusy = Atomic(false)

    init(store: any EventStore, isEnabled: Bool, bodies: BodyCollector, clock: any WallClock) {
        self.store = store
        self.isEnabled = isEnabled
        self.bodies = bodies
        self.clock = clock
    }

    /// Those of `model` and `number`, where they are given; all otherwise.
    func show(_ request: Request) async throws -> Response {
        try checkEnabled()
        let parameters = try parameters(of: request)
        let number = try parameters.number("number", in: 1...Int(UInt32.max)).map { UInt32($0) }
        let model = parameters["model"]
        let body = try await SenderThread.run { [store] in
            let shown = store.baselines.filter {
                (model == nil || $0.model == model) && (number == nil || $0.number == number)
            }
            guard !shown.isEmpty else { throw APIError(.notFound, "there is no such baseline") }
            return AnswerBody.success { json in
                json.append("[")
                for (index, baseline) in shown.enumerated() {
                    if index > 0 { json.append(",") }
                    json.append(baseline: baseline)
                }
                json.append("]")
                return false
            }
        }
        return body.response(to: request)
    }

    /// Makes a baseline and sets it.
    func set(_ request: Request) async throws -> Response {
        try checkEnabled()
        // The form type, and none, are what any web page may post without asking.
        _ = try eventFormat(contentType: request.headers[.contentType], origin: request.headers[.origin])
        let wanted = try BaselineRequest(try parameters(of: request))
        let text = try await bodies.withBody(of: request) { bytes in
            guard bytes.isEmpty == (wanted.window != nil) else {
                throw APIError(.badRequest, "a training file in the body, or start and end")
            }
            guard !isBusy.exchange(true, ordering: .acquiringAndReleasing) else {
                throw APIError(.tooManyRequests, "another baseline is being made", retryAfter: 1)
            }
            return Array(bytes)
        }
        defer { isBusy.store(false, ordering: .releasing) }
        let body: AnswerBody
        do {
            body = try await SenderThread.run { [store, clock] in
                let baseline = try wanted.make(of: text, created: clock.now, in: store)
                return AnswerBody.success { json in
                    json.append(baseline: baseline)
                    return false
                }
            }
        } catch let refusal as StoreRefusal {
            throw APIError(refusal)
        } catch let fault as FileError {
            throw APIError(trainingFault: fault)
        }
        return body.response(to: request)
    }

    private func checkEnabled() throws(APIError) {
        guard isEnabled else {
            throw APIError(.forbidden, "the admin API is off; start the server with --enable-admin-api")
        }
    }

    /// The body is no form, whatever its type says.
    private func parameters(of request: Request) throws(APIError) -> RequestParameters {
        guard let query = request.uri.query else { return RequestParameters(fields: []) }
        return RequestParameters(fields: try formFields(query.utf8))
    }
}

extension APIError {
    /// The first fault of a training file, in the shape in which rejected events are told.
    fileprivate init(trainingFault fault: FileError) {
        self.init(.badRequest, fault.description)
        guard let line = fault.line else { return }
        members = #""errors":[{"line":\#(line),"reason":"bad_training_file","message":"#
        appendJSON(fault.reason, to: &members)
        members += "}]"
    }
}
