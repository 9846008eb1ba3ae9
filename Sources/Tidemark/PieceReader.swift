// SPDX-License-Identifier: Apache-2.0

import Glibc
import Ingest

/// Memory for a piece of a file, filled again and again: pages that stay mapped are not faulted in anew.
///
/// Filled by one thread, then read by another; never both.
final class PieceBuffer: @unchecked Sendable {  // Unchecked: handed from thread to thread, see above.
    private(set) var base: UnsafeMutablePointer<UInt8>
    private(set) var capacity: Int
    /// How many bytes are in it.
    var count = 0

    init(capacity: Int) {
        self.capacity = capacity
        base = .allocate(capacity: capacity)
    }

    deinit {
        base.deallocate()
    }

    /// The bytes; as long as the buffer lives and nothing is put behind them.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    /// Makes room for so many bytes behind those that are there.
    func reserve(_ more: Int) {
        guard count + more > capacity else { return }
        capacity = max(count + more, capacity * 2)
        let larger = UnsafeMutablePointer<UInt8>.allocate(capacity: capacity)
        larger.update(from: base, count: count)
        base.deallocate()
        base = larger
    }

    /// Replaces what is in it by bytes that are not its own.
    func assign(_ bytes: UnsafeRawBufferPointer) {
        count = 0
        append(bytes)
    }

    /// Puts bytes, not its own, behind those that are there.
    func append(_ bytes: UnsafeRawBufferPointer) {
        reserve(bytes.count)
        if let start = bytes.baseAddress { memcpy(base + count, start, bytes.count) }
        count += bytes.count
    }

    /// Drops bytes from the beginning.
    func removeFirst(_ removed: Int) {
        count -= removed
        memmove(base, base + removed, count)
    }

    /// The place of the last line feed from `start` on, or nil.
    func lastLineEnd(from start: Int = 0) -> Int? {
        bytes[start...].lastIndex(of: 0x0A)
    }

    /// The place of the first line feed, or nil.
    var firstLineEnd: Int? {
        guard count > 0, let end = memchr(base, 0x0A, count) else { return nil }
        return UnsafePointer(base).distance(to: UnsafePointer(end.assumingMemoryBound(to: UInt8.self)))
    }
}

/// Reads a file in pieces.
struct PieceReader: ~Copyable {
    private let descriptor: Int32
    private let path: String
    /// Read, and not yet given out.
    private var ahead = PieceBuffer(capacity: PieceReader.size)
    private var isAtEnd = false

    /// Bytes of a piece, about: some thousand events, and small enough to stay in the processor's caches with them.
    static let size = 1 << 19

    /// Bytes given out so far.
    private(set) var bytes = 0

    init(_ path: String) throws(MetricsStoreError) {
        self.path = path
        descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw MetricsStoreError(.io, "\(path): \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        close(descriptor)
    }

    /// The beginning, which is given out again: with the whole first line, unless that is longer than a line may be.
    mutating func peek() throws(MetricsStoreError) -> UnsafeRawBufferPointer {
        while ahead.count <= EventLimits.lineBytes, ahead.firstLineEnd == nil {
            if try read(into: ahead) == 0 { break }
        }
        return ahead.bytes
    }

    /// Puts the next piece behind what is in `buffer`; false at the end.
    mutating func next(behind buffer: PieceBuffer) throws(MetricsStoreError) -> Bool {
        var count = ahead.count
        if count > 0 {
            buffer.append(ahead.bytes)
            ahead.count = 0
        } else {
            count = try read(into: buffer)
        }
        bytes += count
        return count > 0
    }

    /// Fills `buffer` with the next piece that ends with a line; false at the end. Of a line that is longer than a line
    /// may be, only the beginning is given out, long enough to be rejected.
    mutating func nextLines(into buffer: PieceBuffer) throws(MetricsStoreError) -> Bool {
        buffer.assign(ahead.bytes)
        ahead.count = 0
        var end = buffer.lastLineEnd()
        while true {
            if let end, buffer.count >= PieceReader.size / 2 || isAtEnd || !hasMore {
                ahead.assign(UnsafeRawBufferPointer(rebasing: buffer.bytes[(end + 1)...]))
                buffer.count = end + 1
                bytes += buffer.count
                return true
            }
            if end == nil, buffer.count > EventLimits.lineBytes + 2 {
                bytes += buffer.count
                try skipLine()
                buffer.base[EventLimits.lineBytes + 2] = 0x0A
                buffer.count = EventLimits.lineBytes + 3
                return true
            }
            let known = buffer.count
            if try read(into: buffer) == 0 {
                isAtEnd = true
                if end != nil { continue }
                bytes += buffer.count
                return buffer.count > 0
            }
            end = buffer.lastLineEnd(from: known) ?? end
        }
    }

    /// Whether a read would return at once: always for a file, for a pipe when something is in it or it is closed.
    var hasMore: Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&request, 1, 0) != 0
    }

    /// All that is left, up to `limit` bytes.
    mutating func readAll(limit: Int) throws(MetricsStoreError) -> PieceBuffer {
        let text = PieceBuffer(capacity: PieceReader.size)
        while try next(behind: text) {
            guard text.count <= limit else {
                throw MetricsStoreError(
                    .io,
                    "\(path): a JSON array is read whole, up to \(limit) bytes; give NDJSON instead"
                )
            }
        }
        return text
    }

    /// Passes over the rest of a line; what follows it is given out next.
    private mutating func skipLine() throws(MetricsStoreError) {
        while true {
            ahead.count = 0
            let count = try read(into: ahead)
            if count == 0 { return }
            guard let end = ahead.firstLineEnd else {
                bytes += count
                continue
            }
            bytes += end + 1
            ahead.removeFirst(end + 1)
            return
        }
    }

    /// Puts up to a piece behind what is in a buffer. Returns how much: 0 at the end.
    private func read(into buffer: PieceBuffer) throws(MetricsStoreError) -> Int {
        buffer.reserve(PieceReader.size)
        var count: Int
        repeat {
            count = Glibc.read(descriptor, buffer.base + buffer.count, PieceReader.size)
        } while count < 0 && errno == EINTR
        guard count >= 0 else {
            throw MetricsStoreError(.io, "\(path): \(String(cString: strerror(errno)))")
        }
        buffer.count += count
        return count
    }
}
