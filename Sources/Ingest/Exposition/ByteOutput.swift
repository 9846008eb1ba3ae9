// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Text on its way out: lines are built in memory and handed on in large pieces.
struct ByteOutput: ~Copyable {
    /// Takes a piece; not kept after the call.
    typealias Sink = (UnsafeRawBufferPointer) throws -> Void

    /// How many bytes are handed on at once, about.
    static let pieceBytes = 1 << 16

    private var memory = GrowableBuffer<UInt8>(capacity: pieceBytes + 4_096)
    private let sink: Sink

    init(_ sink: @escaping Sink) {
        self.sink = sink
    }

    /// Makes room for so many bytes, which may then be written at ``end``.
    @inline(__always)
    mutating func reserve(_ count: Int) throws {
        if memory.count >= ByteOutput.pieceBytes { try flush() }
        memory.reserve(count)
    }

    /// Where the next byte goes. Room must have been reserved.
    @inline(__always)
    var end: UnsafeMutableRawPointer { UnsafeMutableRawPointer(memory.end) }

    /// Takes in what was written from ``end`` up to `newEnd`.
    @inline(__always)
    mutating func advance(to newEnd: UnsafeMutableRawPointer) {
        memory.advance(by: newEnd - end)
    }

    mutating func append(_ bytes: [UInt8]) throws {
        try reserve(bytes.count)
        bytes.withUnsafeBufferPointer { source in
            if let base = source.baseAddress { memory.append(from: base, count: source.count) }
        }
    }

    mutating func append(_ text: String) throws {
        try append(Array(text.utf8))
    }

    /// Hands on what is there.
    ///
    /// - Throws: what the sink throws; the bytes are gone then.
    mutating func flush() throws {
        guard memory.count > 0 else { return }
        defer { memory.removeAll() }
        try sink(UnsafeRawBufferPointer(memory.elements))
    }
}

/// Copies bytes and returns where the next one goes.
@inline(__always)
func copyBytes(_ bytes: UnsafeRawBufferPointer, to end: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    if let source = bytes.baseAddress { end.copyMemory(from: source, byteCount: bytes.count) }
    return end + bytes.count
}

/// Writes one byte and returns where the next one goes.
@inline(__always)
func copyByte(_ byte: Unicode.Scalar, to end: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
    end.storeBytes(of: UInt8(ascii: byte), as: UInt8.self)
    return end + 1
}
