// SPDX-License-Identifier: Apache-2.0

import HTTPTypes
import Hummingbird
import NIOCore

/// The connection ended before the body did: nothing of it may be used.
struct BodyIncomplete: Error {}

/// Collects a request's body into one contiguous buffer, decompressed, within limits.
struct BodyCollector: Sendable {
    /// The largest body in bytes, after decompression.
    let limit: Int
    let budget: BodyBudget
    /// What to do about a body that is too large; begins with a semicolon, or is empty.
    let advice: String

    /// The most that is reserved on a client's word alone.
    private static let trustedLength = 4 << 20

    /// Receives the body and hands it to `use`, which must not suspend: the memory's share of the budget ends with it.
    ///
    /// - Parameter isPlain: the body is handed over as it came, whatever its `Content-Encoding`.
    /// - Throws: ``APIError``: 413 over the limit, 415 for an unknown encoding, 400 for broken gzip, 429 without memory;
    ///   ``BodyIncomplete`` when the client stopped half-way; and what `use` throws.
    func withBody<Result>(
        of request: Request,
        isPlain: Bool = false,
        _ use: (UnsafeRawBufferPointer) throws -> Result
    ) async throws -> Result {
        let encoding = isPlain ? nil : request.headers[.contentEncoding]
        let inflater = try GzipInflater(encoding: encoding, limit: limit)
        let announced = request.headers[.contentLength].flatMap(Int.init) ?? 0
        guard announced <= limit else { throw tooLarge }

        var lease = budget.lease()
        var body = ByteBuffer()
        body.reserveCapacity(min(inflater == nil ? announced : announced * 4, Self.trustedLength))
        var isComplete = announced == 0 && request.headers[.transferEncoding] == nil
        for try await part in request.body {
            if part.readableBytes == 0 {
                // RequestGuard's mark of the real end.
                isComplete = true
            } else if let inflater {
                try inflater.inflate(part, into: &body, lease: &lease)
            } else {
                guard body.readableBytes + part.readableBytes <= limit else { throw tooLarge }
                try lease.grow(to: body.readableBytes + part.readableBytes)
                body.writeImmutableBuffer(part)
            }
        }
        guard isComplete else { throw BodyIncomplete() }
        try inflater?.finish()
        return try body.withUnsafeReadableBytes(use)
    }

    private var tooLarge: APIError {
        APIError(.contentTooLarge, "the body is larger than \(limit) bytes\(advice)")
    }
}
