// SPDX-License-Identifier: Apache-2.0

internal import CLevelDB

/// Puts and deletes that become durable together or not at all.
///
/// Operations apply in the order they were added, so the last one on a key wins. LevelDB keeps a copy of the bytes; what
/// was passed in may be reused at once. A batch can be written more than once, and after ``clear()`` filled again
/// without giving its memory back. A class, so that it can be stored and handed on; not `Sendable`, because LevelDB
/// writes into a batch even while it is only being committed. It can be sent to one other owner.
public final class WriteBatch {
    /// Puts and deletes in the batch. Two on the same key count as two.
    public private(set) var count = 0

    /// Bytes the batch takes in memory, and in the log when it is written, apart from the log's 7-byte record headers.
    /// An empty batch takes 12.
    public private(set) var byteCount = WriteBatch.headerByteCount

    let handle: OpaquePointer

    /// An empty batch.
    public init() {
        handle = leveldb_writebatch_create()
    }

    deinit {
        leveldb_writebatch_destroy(handle)
    }

    /// Whether there is nothing in it; writing it would do nothing.
    public var isEmpty: Bool { count == 0 }

    /// Adds a put. Both may be empty.
    ///
    /// - Complexity: O(n) in the bytes given; amortised, as an array.
    public func put(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
        requireWritable(key: key, valueCount: value.count)
        leveldb_writebatch_put(handle, key.cPointer, key.count, value.cPointer, value.count)
        count += 1
        byteCount += 1 + prefixedByteCount(key.count) + prefixedByteCount(value.count)
    }

    /// Adds a put; the same as with raw buffers.
    public func put(_ key: [UInt8], _ value: [UInt8]) {
        key.withUnsafeBytes { key in
            value.withUnsafeBytes { put(key, $0) }
        }
    }

    /// Adds a delete. The key need not be there.
    ///
    /// - Complexity: O(n) in the bytes given; amortised, as an array.
    public func delete(_ key: UnsafeRawBufferPointer) {
        requireWritable(key: key)
        leveldb_writebatch_delete(handle, key.cPointer, key.count)
        count += 1
        byteCount += 1 + prefixedByteCount(key.count)
    }

    /// Adds a delete; the same as with a raw buffer.
    public func delete(_ key: [UInt8]) {
        key.withUnsafeBytes { delete($0) }
    }

    /// Adds the operations of `other`, in their order, after those already here. `other` keeps them. Appending a batch
    /// to itself is a programmer error.
    ///
    /// - Complexity: O(n) in the bytes of `other`.
    public func append(_ other: WriteBatch) {
        precondition(other !== self, "a LevelDB batch appended to itself")
        leveldb_writebatch_append(handle, other.handle)
        count += other.count
        byteCount += other.byteCount - Self.headerByteCount
    }

    /// Takes everything out, and keeps the memory for what comes next.
    public func clear() {
        leveldb_writebatch_clear(handle)
        count = 0
        byteCount = Self.headerByteCount
    }

    /// LevelDB's batch begins with an 8-byte sequence number and a 4-byte count (`db/write_batch.cc`).
    private static let headerByteCount = 12
}

@available(*, unavailable)
extension WriteBatch: Sendable {}

/// Bytes of a string with its length before it, as a varint of 7 bits a byte.
private func prefixedByteCount(_ count: Int) -> Int {
    var lengthBytes = 1
    var rest = count >> 7
    while rest > 0 {
        lengthBytes += 1
        rest >>= 7
    }
    return lengthBytes + count
}
