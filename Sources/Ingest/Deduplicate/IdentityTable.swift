// SPDX-License-Identifier: Apache-2.0

import Glibc

/// A set of identities in memory: for each fingerprint the digest of its event's content and the hour it arrived in.
///
/// Open addressing with linear probing in eight parts that grow one at a time, so that no insertion ever moves more than
/// an eighth of the table. Large parts lie on huge pages: a look-up is one cache miss, and should not be a miss of the
/// page tables as well. A place whose hour has expired may be taken over by a new identity and is dropped when its part
/// grows; there is no deletion.
struct IdentityTable: ~Copyable {
    /// What a look-up found.
    enum Outcome {
        case new
        case duplicate
        case conflict
    }

    private struct Place: BitwiseCopyable {
        var fingerprint: UInt64  // 0: free
        var digest: UInt32
        var hour: UInt32
    }

    private struct Part {
        var places: UnsafeMutablePointer<Place>
        var mask: Int
        var used: Int
    }

    private static let partBits: UInt64 = 3
    private static let startCapacity = 2_048
    private static let hugePage = 2 << 20

    private let parts: UnsafeMutablePointer<Part>
    private let partCount = 1 << Int(IdentityTable.partBits)

    /// Identities of hours before this one no longer count.
    private(set) var firstHour: UInt32 = 0

    /// How many places are taken, expired ones included.
    private(set) var count = 0

    /// How much memory the table takes.
    private(set) var bytes = 0

    init() {
        parts = .allocate(capacity: partCount)
        for index in 0..<partCount {
            (parts + index).initialize(to: IdentityTable.makePart(capacity: IdentityTable.startCapacity))
        }
        bytes = partCount * IdentityTable.startCapacity * MemoryLayout<Place>.stride
    }

    deinit {
        for index in 0..<partCount { free(parts[index].places) }
        parts.deallocate()
    }

    private static func makePart(capacity: Int) -> Part {
        let size = capacity * MemoryLayout<Place>.stride
        var memory: UnsafeMutableRawPointer?
        let isLarge = size >= hugePage
        guard posix_memalign(&memory, isLarge ? hugePage : 64, size) == 0, let memory else {
            preconditionFailure("no memory for \(size) bytes of identities")
        }
        // A wish, not a need: where there are no huge pages the table is slower.
        if isLarge { _ = madvise(memory, size, MADV_HUGEPAGE) }
        let places = memory.bindMemory(to: Place.self, capacity: capacity)
        places.initialize(repeating: Place(fingerprint: 0, digest: 0, hour: 0), count: capacity)
        return Part(places: places, mask: capacity - 1, used: 0)
    }

    /// Brings the places that a look-up would begin with into the cache: all at once, where look-ups one after the other
    /// would wait for each. The sum is of no meaning; it keeps the reads from being left out.
    @inline(__always)
    borrowing func touch(_ fingerprint: UInt64) -> UInt64 {
        let part = parts[Int(fingerprint >> (64 - IdentityTable.partBits))]
        return part.places[Int(truncatingIfNeeded: fingerprint) & part.mask].fingerprint
    }

    /// Looks the identity up and adds it when it is new.
    ///
    /// - Precondition: the fingerprint is not 0.
    /// - Complexity: O(1) expected; now and then the growth of one part.
    @inline(__always)
    mutating func insert(fingerprint: UInt64, digest: UInt32, hour: UInt32) -> Outcome {
        let part = parts + Int(fingerprint >> (64 - IdentityTable.partBits))
        let places = part.pointee.places
        let mask = part.pointee.mask
        var index = Int(truncatingIfNeeded: fingerprint) & mask
        var reusable = -1
        while true {
            let place = places[index]
            if place.fingerprint == fingerprint, place.hour >= firstHour {
                return place.digest == digest ? .duplicate : .conflict
            }
            if place.fingerprint == 0 { break }
            if place.hour < firstHour, reusable < 0 { reusable = index }
            index = (index &+ 1) & mask
        }
        if reusable >= 0 {
            places[reusable] = Place(fingerprint: fingerprint, digest: digest, hour: hour)
            return .new
        }
        places[index] = Place(fingerprint: fingerprint, digest: digest, hour: hour)
        part.pointee.used += 1
        count += 1
        if part.pointee.used * 4 > (mask + 1) * 3 { grow(part) }
        return .new
    }

    /// Takes back an identity that was just added: it has expired, with hour 0.
    mutating func withdraw(_ fingerprint: UInt64) {
        expire(before: 1)
        let part = parts[Int(fingerprint >> (64 - IdentityTable.partBits))]
        var index = Int(truncatingIfNeeded: fingerprint) & part.mask
        while part.places[index].fingerprint != 0 {
            if part.places[index].fingerprint == fingerprint { part.places[index].hour = 0 }
            index = (index &+ 1) & part.mask
        }
    }

    /// Forgets the identities of all hours before `hour`, from the next look-up on.
    mutating func expire(before hour: UInt32) {
        if hour > firstHour { firstHour = hour }
    }

    /// Takes the identities of one hour out, in no order. O(capacity).
    mutating func forEach(hour: UInt32, _ body: (_ fingerprint: UInt64, _ digest: UInt32) -> Void) {
        for index in 0..<partCount {
            let part = parts[index]
            for place in 0...part.mask where part.places[place].fingerprint != 0 && part.places[place].hour == hour {
                body(part.places[place].fingerprint, part.places[place].digest)
            }
        }
    }

    /// Drops what has expired and gives the memory back.
    mutating func compact() {
        for index in 0..<partCount { rebuild(parts + index) }
    }

    private mutating func grow(_ part: UnsafeMutablePointer<Part>) {
        rebuild(part)
    }

    /// Moves the living identities of a part into one that they fill to at most three eighths.
    private mutating func rebuild(_ part: UnsafeMutablePointer<Part>) {
        let old = part.pointee
        var living = 0
        for index in 0...old.mask where old.places[index].fingerprint != 0 && old.places[index].hour >= firstHour {
            living += 1
        }
        var capacity = IdentityTable.startCapacity
        while living * 2 > capacity { capacity *= 2 }
        let fresh = IdentityTable.makePart(capacity: capacity)
        for index in 0...old.mask {
            let place = old.places[index]
            guard place.fingerprint != 0, place.hour >= firstHour else { continue }
            var target = Int(truncatingIfNeeded: place.fingerprint) & fresh.mask
            while fresh.places[target].fingerprint != 0 { target = (target &+ 1) & fresh.mask }
            fresh.places[target] = place
        }
        count += living - old.used
        bytes += (capacity - old.mask - 1) * MemoryLayout<Place>.stride
        part.pointee = Part(places: fresh.places, mask: fresh.mask, used: living)
        free(old.places)
    }
}
