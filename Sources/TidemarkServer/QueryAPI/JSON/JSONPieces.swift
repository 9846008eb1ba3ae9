// SPDX-License-Identifier: Apache-2.0

package import NIOCore
package import TimeSeries

/// JSON while it is written: bytes in pieces of about a megabyte, so that a large answer is never moved as it grows.
package struct JSONPieces {
    /// What has been written, in order; the last may still grow.
    package private(set) var buffers: [ByteBuffer] = []
    private var current: ByteBuffer

    /// Large enough that pieces cost nothing, small enough to be reused by the C library.
    static let pieceSize = 1 << 20

    /// Nothing written.
    package init(capacity: Int = 4 << 10) {
        current = ByteBufferAllocator().buffer(capacity: capacity)
    }

    /// Everything, once nothing more comes.
    package consuming func finish() -> [ByteBuffer] {
        if current.readableBytes > 0 { buffers.append(current) }
        return buffers
    }

    /// Calls `body` with at least `minimum` bytes of free memory; it returns how many of them it filled.
    @inline(__always)
    mutating func fill(minimum: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int) {
        if current.writableBytes < minimum { makeRoom(minimum) }
        current.writeWithUnsafeMutableBytes(minimumWritableBytes: minimum, body)
    }

    /// A small answer grows in one buffer, a large one goes on in the next.
    private mutating func makeRoom(_ minimum: Int) {
        if current.readableBytes + minimum <= JSONPieces.pieceSize { return }
        buffers.append(current)
        current = ByteBufferAllocator().buffer(capacity: max(minimum, JSONPieces.pieceSize))
    }

    // MARK: - Tokens

    /// Appends bytes as they are.
    package mutating func append(_ text: StaticString) {
        fill(minimum: text.utf8CodeUnitCount) { memory in
            memory.baseAddress?.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
            return text.utf8CodeUnitCount
        }
    }

    /// Appends text that is JSON already.
    package mutating func append(json text: String) {
        var text = text
        text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
    }

    /// Appends bytes that are JSON already.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let base = bytes.baseAddress else { return }
        fill(minimum: bytes.count) { memory in
            memory.baseAddress?.copyMemory(from: base, byteCount: bytes.count)
            return bytes.count
        }
    }

    /// Appends a string with its quotes, escaped.
    package mutating func append(string text: String) {
        var text = text
        text.withUTF8 { bytes in
            // Fast path: nothing to escape.
            guard bytes.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C }) else {
                fill(minimum: bytes.count + 2) { memory in
                    guard let start = memory.baseAddress else { return 0 }
                    start.storeBytes(of: 0x22, as: UInt8.self)
                    if let base = bytes.baseAddress { (start + 1).copyMemory(from: base, byteCount: bytes.count) }
                    start.storeBytes(of: 0x22, toByteOffset: bytes.count + 1, as: UInt8.self)
                    return bytes.count + 2
                }
                return
            }
            var json = ""
            appendJSON(String(decoding: bytes, as: UTF8.self), to: &json)
            append(json: json)
        }
    }

    /// Appends a whole number.
    package mutating func append(_ number: Int) {
        fill(minimum: longestNumber) { memory in
            memory.baseAddress.map { writeFixedPoint(units: Int64(number), decimals: 0, at: $0) } ?? 0
        }
    }

    /// Appends a finite number; what is not finite has no form in JSON and becomes 0.
    package mutating func append(number value: Double) {
        fill(minimum: longestNumber) { memory in
            memory.baseAddress.map { writeSampleValue(value.isFinite ? value : 0, at: $0) } ?? 0
        }
    }

    /// Appends a time in seconds, to the millisecond.
    mutating func append(seconds milliseconds: Int64) {
        fill(minimum: longestNumber) { memory in
            memory.baseAddress.map { writeFixedPoint(units: milliseconds, decimals: 3, at: $0) } ?? 0
        }
    }

    /// Appends a sample's value in quotes.
    package mutating func append(value: Double) {
        fill(minimum: longestNumber + 2) { memory in
            guard let start = memory.baseAddress else { return 0 }
            start.storeBytes(of: 0x22, as: UInt8.self)
            let length = writeSampleValue(value, at: start + 1)
            start.storeBytes(of: 0x22, toByteOffset: length + 1, as: UInt8.self)
            return length + 2
        }
    }

    /// Appends an array of strings.
    mutating func append(strings: some Sequence<String>) {
        append("[")
        var isFirst = true
        for text in strings {
            if !isFirst { append(",") }
            isFirst = false
            append(string: text)
        }
        append("]")
    }

    /// Appends an object of labels.
    package mutating func append(labels: Labels) {
        append("{")
        var isFirst = true
        for pair in labels.pairs {
            if !isFirst { append(",") }
            isFirst = false
            append(string: pair.name)
            append(":")
            append(string: pair.value)
        }
        append("}")
    }
}
