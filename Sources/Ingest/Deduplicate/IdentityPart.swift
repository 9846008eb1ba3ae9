// SPDX-License-Identifier: Apache-2.0

import Glibc

/// One identity as a table holds it.
struct IdentityPlace: BitwiseCopyable {
    var fingerprint: UInt64  // 0: free
    var digest: UInt32
    var hour: UInt32
}

/// The memory of one part of an `IdentityTable`: a power of two of places, free when it is made.
///
/// A part of `full` places is one huge page of its own, straight from the system: it is zero already, and given back it
/// is gone. Not an owner: the table frees it.
struct IdentityPart: BitwiseCopyable {
    let places: UnsafeMutablePointer<IdentityPlace>
    let mask: Int

    /// Fewest places of a part.
    static let least = 2_048
    /// As many places as a huge page of 2 MiB holds.
    static let full = 131_072

    var capacity: Int { mask &+ 1 }
    var bytes: Int { capacity &* MemoryLayout<IdentityPlace>.stride }

    /// A part of `capacity` free places.
    init(capacity: Int) {
        let size = capacity * MemoryLayout<IdentityPlace>.stride
        guard let memory = capacity < IdentityPart.full ? IdentityPart.lines(size) : IdentityPart.hugePages(size) else {
            preconditionFailure("no memory for \(size) bytes of identities")
        }
        places = memory.bindMemory(to: IdentityPlace.self, capacity: capacity)
        mask = capacity - 1
    }

    /// Gives the memory back.
    func free() {
        if capacity < IdentityPart.full { Glibc.free(places) } else { munmap(places, bytes) }
    }

    /// Makes every place free.
    func clear() {
        memset(places, 0, bytes)
    }

    /// Where a look-up begins: the first of the four places of a cache line. From the middle of a line it would more
    /// often go on in the next one, and wait for that.
    @inline(__always)
    func home(of fingerprint: UInt64) -> Int {
        Int(truncatingIfNeeded: fingerprint) & mask & ~3
    }

    /// Puts in an identity that is not there.
    @inline(__always)
    func put(_ place: IdentityPlace) {
        var index = home(of: place.fingerprint)
        while places[index].fingerprint != 0 { index = (index &+ 1) & mask }
        places[index] = place
    }

    /// How many identities are of `hour` or later.
    func count(since hour: UInt32) -> Int {
        var count = 0
        for index in 0..<capacity where places[index].fingerprint != 0 && places[index].hour >= hour { count += 1 }
        return count
    }

    /// Zero memory on the boundary of a cache line.
    private static func lines(_ size: Int) -> UnsafeMutableRawPointer? {
        guard let memory = aligned_alloc(64, size) else { return nil }
        memset(memory, 0, size)
        return memory
    }

    /// Zero memory on the boundary of a huge page, which it wishes to be.
    private static func hugePages(_ size: Int) -> UnsafeMutableRawPointer? {
        let page = 2 << 20
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        guard let mapped = mmap(nil, size + page, PROT_READ | PROT_WRITE, flags, -1, 0), mapped != MAP_FAILED else {
            return nil
        }
        let before = (page - Int(bitPattern: mapped) % page) % page
        if before > 0 { munmap(mapped, before) }
        let start = mapped + before
        munmap(start + size, page - before)
        // A wish, not a need: where there are no huge pages the table is slower.
        _ = madvise(start, size, MADV_HUGEPAGE)
        return start
    }
}
