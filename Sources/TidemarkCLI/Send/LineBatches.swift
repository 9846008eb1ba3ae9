// SPDX-License-Identifier: Apache-2.0

import Glibc
import NIOCore

/// Cuts a file into batches of whole lines: big reads, `memchr` for the ends, slices instead of copies.
///
/// It is the sender of the HTTP benchmark, on the same cores as the server: per line it costs one `memchr`.
/// Used by one thread at a time.
struct LineBatches {
    /// 4 MiB is 25 batches of 1,000 events: the cut-off end that is copied over to the next block is about 2 %.
    static let blockSize = 4 << 20
    static let linesPerBatch = 1_000

    private let file: InputFile
    private let contentType: String
    private let longestLine: Int
    /// Read, and not yet handed out. Never written to again once a slice of it is out: that would copy all of it.
    private var block = ByteBuffer()
    private var isAtEnd = false
    private var line = 1

    /// - Parameters:
    ///   - contentType: what the batches are sent as.
    ///   - head: bytes already read from the file.
    ///   - longestLine: bytes; a longer line fails.
    init(_ file: InputFile, contentType: String, head: ByteBuffer = ByteBuffer(), longestLine: Int = 32 << 20) {
        self.file = file
        self.contentType = contentType
        self.longestLine = longestLine
        self.block = head
    }

    /// The next batch; nil after the last.
    ///
    /// Up to 1,000 lines; fewer at a file's end, at the end of a block with long lines, and when a pipe has no more for
    /// now: lines do not wait for company.
    mutating func next() throws -> Batch? {
        while true {
            let (bytes, lines) = wholeLines(in: block, atMost: Self.linesPerBatch)
            if lines == Self.linesPerBatch || (lines > 0 && !isAtEnd && !file.isReadable) {
                return batch(bytes: bytes, lines: lines)
            }
            if isAtEnd {
                // The last line may have no line end.
                let all = block.readableBytes
                return all == 0 ? nil : batch(bytes: all, lines: all > bytes ? lines + 1 : lines)
            }
            // A full block of long lines goes out as it is, rather than growing.
            if lines > 0, block.readableBytes >= Self.blockSize { return batch(bytes: bytes, lines: lines) }
            try refill()
        }
    }

    private mutating func batch(bytes: Int, lines: Int) -> Batch? {
        guard let body = block.readSlice(length: bytes) else { return nil }
        defer { line += lines }
        return Batch(body: body, contentType: contentType, file: file.path, firstLine: line)
    }

    /// Starts a new block with what is left of the old one, and reads until it is full or nothing is there to read.
    private mutating func refill() throws {
        guard block.readableBytes <= longestLine else {
            throw CommandFailure("\(file.path):\(line): the line is longer than \(longestLine) bytes")
        }
        let old = block
        var size = Self.blockSize
        while size < 2 * old.readableBytes { size *= 2 }
        var fresh = ByteBufferAllocator().buffer(capacity: size)
        fresh.writeImmutableBuffer(old)
        while fresh.writableBytes > 0 {
            var failure: (any Error)?
            var count = 0
            fresh.writeWithUnsafeMutableBytes(minimumWritableBytes: 1) { memory in
                do {
                    count = try file.read(into: memory)
                } catch {
                    failure = error
                }
                return count
            }
            if let failure { throw failure }
            if count == 0 {
                isAtEnd = true
                break
            }
            guard file.isReadable else { break }
        }
        block = fresh
    }
}

/// The first `limit` whole lines of a buffer: how many bytes, how many lines.
func wholeLines(in buffer: ByteBuffer, atMost limit: Int) -> (bytes: Int, lines: Int) {
    buffer.withUnsafeReadableBytes { bytes in
        guard let start = bytes.baseAddress else { return (0, 0) }
        var offset = 0
        var lines = 0
        while lines < limit, offset < bytes.count, let end = memchr(start + offset, 10, bytes.count - offset) {
            offset = UnsafeRawPointer(end) - start + 1
            lines += 1
        }
        return (offset, lines)
    }
}
