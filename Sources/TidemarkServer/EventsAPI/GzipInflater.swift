// SPDX-License-Identifier: Apache-2.0

import CZlib
import HTTPTypes
import NIOCore

/// Decompresses a gzip body while it arrives, up to a limit of decompressed bytes.
///
/// Several gzip members in a row are one body, as `gzip -c a b` makes them (RFC 1952, 2.2).
final class GzipInflater {
    private var stream = z_stream()
    private let limit: Int
    /// Between two members, or after the last: a body may end here and nowhere else.
    private var isAtMemberEnd = false

    /// - Returns: nil for a body without compression.
    /// - Throws: ``APIError``, 415, for an encoding other than gzip.
    convenience init?(encoding: String?, limit: Int) throws(APIError) {
        switch encoding?.lowercased() {
        case nil, "", "identity": return nil
        case "gzip", "x-gzip": try self.init(limit: limit)
        case let other?:
            var error = APIError(.unsupportedMediaType, "Content-Encoding '\(other)' is not supported; gzip is")
            error.headers[.acceptEncoding] = "gzip"
            throw error
        }
    }

    init(limit: Int) throws(APIError) {
        self.limit = limit
        // 15 bits of window, + 16 for gzip only.
        guard czlib_inflate_init(&stream, 15 + 16) == Z_OK else {
            throw APIError(.serviceUnavailable, "no memory to decompress the body", retryAfter: 1)
        }
    }

    deinit {
        inflateEnd(&stream)
    }

    /// Decompresses one part of the body onto the end of `output`.
    ///
    /// - Throws: ``APIError``: 413 as soon as `output` would pass the limit, 400 for bytes that are not gzip, 429 when
    ///   the lease cannot grow.
    func inflate(_ part: ByteBuffer, into output: inout ByteBuffer, lease: inout BodyBudget.Lease) throws(APIError) {
        // zlib takes bytes of a part by pointer; errors cross the closure as a value.
        let failure = part.withUnsafeReadableBytes { input -> APIError? in
            stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
            stream.avail_in = UInt32(input.count)
            do throws(APIError) {
                while stream.avail_in > 0 { try step(into: &output, lease: &lease) }
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure }
    }

    /// - Throws: ``APIError``, 400, when the compressed data stopped in the middle.
    func finish() throws(APIError) {
        guard isAtMemberEnd else { throw APIError(.badRequest, "the gzip body is cut off") }
    }

    /// One call of zlib: fills at most one piece of output.
    private func step(into output: inout ByteBuffer, lease: inout BodyBudget.Lease) throws(APIError) {
        if isAtMemberEnd {
            inflateReset(&stream)
            isAtMemberEnd = false
        }
        // One byte more than allowed, so that "too large" is seen and not guessed.
        let room = min(limit - output.readableBytes + 1, 256 << 10)
        try lease.grow(to: output.readableBytes + room)
        var status = Z_OK
        output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { memory in
            stream.next_out = memory.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.avail_out = UInt32(room)
            status = CZlib.inflate(&stream, Z_NO_FLUSH)
            return room - Int(stream.avail_out)
        }
        guard output.readableBytes <= limit else {
            throw APIError(.contentTooLarge, "the body is larger than \(limit) bytes after decompression")
        }
        switch status {
        case Z_STREAM_END: isAtMemberEnd = true
        case Z_OK, Z_BUF_ERROR: break
        case Z_MEM_ERROR: throw APIError(.serviceUnavailable, "no memory to decompress the body", retryAfter: 1)
        default: throw APIError(.badRequest, "the body is not valid gzip")
        }
    }
}
