// SPDX-License-Identifier: Apache-2.0

import CSnappy
import HTTPTypes
import NIOCore

/// Snappy's block format, as remote write and remote read have it: one block, with its uncompressed length in front.
enum Snappy {
    /// The block of some bytes.
    static func compress(_ bytes: UnsafeRawBufferPointer) -> ByteBuffer {
        var buffer = ByteBuffer()
        let most = snappy_max_compressed_length(bytes.count)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: most) { output in
            var count = most
            let status = snappy_compress(
                bytes.baseAddress?.assumingMemoryBound(to: CChar.self),
                bytes.count,
                output.baseAddress?.assumingMemoryBound(to: CChar.self),
                &count
            )
            precondition(status == SNAPPY_OK, "the buffer has the size that Snappy asks for")
            return count
        }
        return buffer
    }

    /// The bytes of a block.
    ///
    /// - Parameter limit: the most bytes that they may be; nothing is allocated for more.
    /// - Throws: ``APIError``: 413 over the limit, 400 for what is no block.
    static func decompress(_ block: UnsafeRawBufferPointer, limit: Int) throws(APIError) -> ByteBuffer {
        let input = block.baseAddress?.assumingMemoryBound(to: CChar.self)
        var length = 0
        guard snappy_uncompressed_length(input, block.count, &length) == SNAPPY_OK else { throw malformed }
        guard length <= limit else {
            throw APIError(.contentTooLarge, "the body is larger than \(limit) bytes after decompression")
        }
        // Nothing is 32 times smaller in this format: a short body does not make us allocate much.
        guard length / 32 <= block.count else { throw malformed }
        var buffer = ByteBuffer()
        var status = SNAPPY_OK
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { output in
            var count = length
            status = snappy_uncompress(
                input,
                block.count,
                output.baseAddress?.assumingMemoryBound(to: CChar.self),
                &count
            )
            return status == SNAPPY_OK ? count : 0
        }
        guard status == SNAPPY_OK else { throw malformed }
        return buffer
    }

    private static var malformed: APIError {
        APIError(.badRequest, "the body is not a block of Snappy; its framing format is not meant")
    }
}
