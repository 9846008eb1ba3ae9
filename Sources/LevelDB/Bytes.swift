// SPDX-License-Identifier: Apache-2.0

internal import Glibc

extension [UInt8] {
    /// `withUnsafeBytes`, which in the standard library does not pass on what type of error `body` throws.
    func withRawBytes<Result, Failure>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try withUnsafeBufferPointer { bytes throws(Failure) in try body(UnsafeRawBufferPointer(bytes)) }
    }
}

extension UnsafeRawBufferPointer {
    /// The bytes as `leveldb/c.h` takes them. Never `NULL`, which it does not allow: an empty buffer gives an address
    /// that stands for no bytes and is not read.
    var cPointer: UnsafePointer<CChar> {
        (baseAddress ?? UnsafeRawPointer(bitPattern: 1)!).assumingMemoryBound(to: CChar.self)
    }

    /// Whether `self` sorts before `other` in LevelDB's order: bytewise, a prefix before what it begins.
    func precedes(_ other: UnsafeRawBufferPointer) -> Bool {
        let order = memcmp(cPointer, other.cPointer, Swift.min(count, other.count))
        return order == 0 ? count < other.count : order < 0
    }

    /// Whether the first bytes of `self` are `prefix`.
    func hasPrefix(_ prefix: UnsafeRawBufferPointer) -> Bool {
        count >= prefix.count && memcmp(cPointer, prefix.cPointer, prefix.count) == 0
    }
}

/// LevelDB writes lengths as 32-bit integers, adds 8 bytes to each key, and does not check.
func requireWritable(key: UnsafeRawBufferPointer, valueCount: Int = 0) {
    precondition(key.count <= 1 << 30 && valueCount <= 1 << 30, "LevelDB keys and values are at most 1 GiB")
}
