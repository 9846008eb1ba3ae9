// SPDX-License-Identifier: Apache-2.0

import CZlib
import NIOCore

/// Compresses a whole page in the gzip format at level 1: a page shrinks to about a tenth, and higher levels cost
/// several times the CPU for a few percent.
///
/// - Returns: nil when zlib has no memory; the page then goes out as it is.
func gzipped(_ page: ByteBuffer) -> ByteBuffer? {
    compressed([page], as: .gzip)
}

/// The same for an answer in pieces, in the gzip format or in zlib's, which HTTP calls deflate (RFC 9110, 8.4.1.2).
func compressed(_ pieces: [ByteBuffer], as encoding: AnswerEncoding) -> ByteBuffer? {
    var stream = z_stream()
    // 15 bits of window, + 16 for the gzip header and trailer.
    guard czlib_deflate_init(&stream, 1, encoding == .gzip ? 15 + 16 : 15) == Z_OK else { return nil }
    defer { deflateEnd(&stream) }
    let size = pieces.reduce(0) { $0 + $1.readableBytes }
    var output = ByteBufferAllocator().buffer(capacity: size / 8 + 1024)
    for (index, piece) in pieces.enumerated() {
        let isLast = index == pieces.count - 1
        let isDone = piece.withUnsafeReadableBytes { deflate($0, isLast: isLast, &stream, into: &output) }
        if !isDone { return nil }
    }
    return output
}

/// Feeds one piece to zlib; false when zlib fails.
private func deflate(
    _ input: UnsafeRawBufferPointer,
    isLast: Bool,
    _ stream: inout z_stream,
    into output: inout ByteBuffer
) -> Bool {
    var consumed = 0
    while true {
        // zlib counts in 32 bits.
        let piece = min(input.count - consumed, 1 << 30)
        let start = input.baseAddress.map { $0 + consumed }
        stream.next_in = UnsafeMutablePointer(mutating: start?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(piece)
        consumed += piece
        let isAllIn = consumed == input.count
        let flush = isAllIn && isLast ? Z_FINISH : Z_NO_FLUSH
        var status = Z_OK
        repeat {
            output.writeWithUnsafeMutableBytes(minimumWritableBytes: 64 << 10) { room in
                let size = min(room.count, 1 << 30)
                stream.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.avail_out = UInt32(size)
                status = CZlib.deflate(&stream, flush)
                return size - Int(stream.avail_out)
            }
        } while status == Z_OK && (stream.avail_in > 0 || flush == Z_FINISH)
        if status == Z_STREAM_END { return true }
        if status != Z_OK && status != Z_BUF_ERROR { return false }
        if isAllIn { return !isLast }
    }
}
