// SPDX-License-Identifier: Apache-2.0

/// Memory that stays where it is until all of it is freed together.
struct Slabs: ~Copyable, @unchecked Sendable {  // It alone has its memory.
    private static let size = 1 << 16

    private var slabs: [UnsafeMutableRawPointer] = []
    private var current = UnsafeMutableRawPointer.allocate(byteCount: Slabs.size, alignment: 8)
    private var used = 0

    deinit {
        current.deallocate()
        for slab in slabs { slab.deallocate() }
    }

    /// Room for so many bytes, not set to anything.
    ///
    /// - Parameter alignment: 1, 2, 4 or 8.
    mutating func allocate(_ count: Int, alignment: Int) -> UnsafeMutableRawPointer {
        if count > Slabs.size / 4 {
            let own = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: 8)
            slabs.append(own)
            return own
        }
        var start = (used + alignment - 1) & -alignment
        if start + max(count, 1) > Slabs.size {
            slabs.append(current)
            current = .allocate(byteCount: Slabs.size, alignment: 8)
            start = 0
        }
        used = start + count
        return current + start
    }

    /// A copy of the bytes.
    mutating func store(_ bytes: [UInt8]) -> UnsafePointer<UInt8> {
        let start = allocate(bytes.count, alignment: 1)
        bytes.withUnsafeBytes { start.copyMemory(from: $0.baseAddress ?? UnsafeRawPointer(start), byteCount: $0.count) }
        return UnsafePointer(start.assumingMemoryBound(to: UInt8.self))
    }
}
