// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization
import Tidemark

/// `POST /api/v1/write`: Prometheus's remote write, versions 1.0 and 2.0. Answers after the samples are durable.
///
/// | status | when |
/// |---|---|
/// | 204 | every sample is stored, or was already |
/// | 400 | the body is not Snappy or not that message, and nothing is stored; or some samples cannot be stored, and the others are |
/// | 413 | the body is over the limit, compressed or not |
/// | 415 | another `Content-Type` or `Content-Encoding` |
/// | 503 | the store is poisoned or closing, or too much waits already: to be sent again |
///
/// Sending a request again is harmless: what is there already is a duplicate.
///
/// Source: prometheus.io/docs/specs/prw/remote_write_spec and remote_write_spec_2_0.
struct RemoteWriteEndpoint: Sendable {
    let bodies: BodyCollector
    let writers: RemoteWriters
    let counters: RemoteWriteCounters
    let logger: Logger

    /// Takes one request and waits for its commit.
    func respond(to request: Request) async throws -> Response {
        let version = try Self.version(contentType: request.headers[.contentType])
        try Self.check(encoding: request.headers[.contentEncoding])
        do {
            let body = try await bodies.withBody(of: request, isPlain: true) { bytes in ByteBuffer(bytes: bytes) }
            let outcome = try await writers.write(body, version, limit: bodies.limit)
            counters.add(outcome)
            guard !outcome.isPartial else {
                let text = outcome.faults.joined(separator: "; ")
                logger.debug("remote write request in part", metadata: ["faults": "\(text)"])
                throw Self.error(APIError(.badRequest, text), version, written: outcome.written)
            }
            return Response(status: .noContent, headers: Self.headers(version, written: outcome.written))
        } catch let error as APIError where error.headers[Self.samplesWritten] == nil {
            throw Self.error(error, version, written: 0)
        } catch let refusal as StoreRefusal {
            // Whatever the store has no room for comes again later.
            var error = APIError(refusal)
            if refusal.kind == .queueFull { error = APIError(.serviceUnavailable, refusal.message, retryAfter: 1) }
            throw Self.error(error, version, written: 0)
        }
    }

    // MARK: - Headers

    private static let samplesWritten = HTTPField.Name("X-Prometheus-Remote-Write-Samples-Written") ?? .accept
    private static let histogramsWritten = HTTPField.Name("X-Prometheus-Remote-Write-Histograms-Written") ?? .accept
    private static let exemplarsWritten = HTTPField.Name("X-Prometheus-Remote-Write-Exemplars-Written") ?? .accept

    /// What a v2 request has to be told, whatever became of it.
    private static func headers(_ version: RemoteWriteVersion, written: Int) -> HTTPFields {
        guard version == .v2 else { return [:] }
        return [samplesWritten: String(written), histogramsWritten: "0", exemplarsWritten: "0"]
    }

    private static func error(_ error: APIError, _ version: RemoteWriteVersion, written: Int) -> APIError {
        var error = error
        for field in headers(version, written: written) { error.headers[field.name] = field.value }
        return error
    }

    /// Which message a `Content-Type` announces.
    ///
    /// - Throws: ``APIError``, 415.
    static func version(contentType: String?) throws(APIError) -> RemoteWriteVersion {
        let parts = (contentType ?? "").split(separator: ";").map {
            $0.trimmingSpaces().lowercased()
        }
        let message = parts.dropFirst().first { $0.hasPrefix("proto=") }?.dropFirst("proto=".count)
        switch (parts.first, message) {
        case ("application/x-protobuf", nil), ("application/x-protobuf", "prometheus.writerequest"): return .v1
        case ("application/x-protobuf", "io.prometheus.write.v2.request"): return .v2
        default:
            throw APIError(
                .unsupportedMediaType,
                "Content-Type '\(contentType ?? "")' is not supported; application/x-protobuf is, with "
                    + "proto=prometheus.WriteRequest, proto=io.prometheus.write.v2.Request, or neither"
            )
        }
    }

    /// - Throws: ``APIError``, 415, for anything but Snappy.
    static func check(encoding: String?) throws(APIError) {
        guard let encoding, encoding.lowercased() != "snappy" else { return }
        var error = APIError(.unsupportedMediaType, "Content-Encoding '\(encoding)' is not supported; snappy is")
        error.headers[.acceptEncoding] = "snappy"
        throw error
    }
}

extension Substring {
    fileprivate func trimmingSpaces() -> Substring {
        var text = self
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
