// SPDX-License-Identifier: Apache-2.0

/// The records of a join in memory: an array of records in pages that never move, and an index of their places by key.
///
/// The index is in 256 parts by the upper bits of the key, each a table of open addressing that grows for itself, so that
/// no insertion waits for all of it. A record takes 72 bytes, and 5 to 11 of the index. Not thread safe.
struct PendingTable: ~Copyable {
    private static let perPage = 8_192
    private static let parts = 256

    private struct Part {
        var places: UnsafeMutablePointer<UInt32>  // 0: free; else the number of the record and 1
        var mask: Int
        var count = 0
    }

    private var pages: [UnsafeMutablePointer<PendingRecord>] = []
    private var parts: UnsafeMutablePointer<Part>
    /// Records made so far, those that are free again among them.
    private var made = 0
    private var free: [UInt32] = []

    init() {
        parts = .allocate(capacity: PendingTable.parts)
        for index in 0..<PendingTable.parts { parts[index] = PendingTable.makePart(64) }
    }

    deinit {
        for index in 0..<PendingTable.parts { parts[index].places.deallocate() }
        parts.deallocate()
        for page in pages { page.deallocate() }
    }

    private static func makePart(_ capacity: Int) -> Part {
        let places = UnsafeMutablePointer<UInt32>.allocate(capacity: capacity)
        places.initialize(repeating: 0, count: capacity)
        return Part(places: places, mask: capacity - 1)
    }

    /// How many records there are.
    var count: Int { made - free.count }

    /// Memory in bytes.
    var bytes: Int {
        var bytes = pages.count * PendingTable.perPage * MemoryLayout<PendingRecord>.stride + free.capacity * 4
        for index in 0..<PendingTable.parts { bytes += (parts[index].mask + 1) * 4 }
        return bytes
    }

    /// The record of a number; valid until it is removed.
    @inline(__always)
    subscript(number: Int) -> UnsafeMutablePointer<PendingRecord> {
        pages[number / PendingTable.perPage] + number % PendingTable.perPage
    }

    /// The number of the record of a key, or -1.
    @inline(__always)
    func find(_ key: UInt64) -> Int {
        let part = parts[Int(key >> 56)]
        var index = Int(truncatingIfNeeded: key) & part.mask
        while part.places[index] != 0 {
            let number = Int(part.places[index]) &- 1
            if self[number].pointee.key == key { return number }
            index = (index &+ 1) & part.mask
        }
        return -1
    }

    /// Puts in a record whose key is not there; returns its number.
    mutating func insert(_ record: PendingRecord) -> Int {
        let number: Int
        if let reused = free.popLast() {
            number = Int(reused)
        } else {
            if made == pages.count * PendingTable.perPage { pages.append(.allocate(capacity: PendingTable.perPage)) }
            number = made
            made += 1
        }
        self[number].initialize(to: record)
        let part = Int(record.key >> 56)
        if (parts[part].count + 1) * 5 > (parts[part].mask + 1) * 4 { grow(part) }
        put(record.key, number, part)
        parts[part].count += 1
        return number
    }

    private func put(_ key: UInt64, _ number: Int, _ part: Int) {
        let part = parts[part]
        var index = Int(truncatingIfNeeded: key) & part.mask
        while part.places[index] != 0 { index = (index &+ 1) & part.mask }
        part.places[index] = UInt32(number + 1)
    }

    private mutating func grow(_ part: Int) {
        let old = parts[part]
        parts[part] = PendingTable.makePart((old.mask + 1) * 2)
        parts[part].count = old.count
        for index in 0...old.mask where old.places[index] != 0 {
            let number = Int(old.places[index]) - 1
            put(self[number].pointee.key, number, part)
        }
        old.places.deallocate()
    }

    /// Takes a record out. What stands behind its place moves up (Knuth, volume 3, 6.4, algorithm R).
    mutating func remove(_ number: Int) {
        let key = self[number].pointee.key
        let part = Int(key >> 56)
        let (places, mask) = (parts[part].places, parts[part].mask)
        var hole = Int(truncatingIfNeeded: key) & mask
        while Int(places[hole]) != number + 1 { hole = (hole + 1) & mask }
        var index = hole
        while true {
            index = (index + 1) & mask
            if places[index] == 0 { break }
            let home = Int(truncatingIfNeeded: self[Int(places[index]) - 1].pointee.key) & mask
            if (index - home) & mask >= (index - hole) & mask {
                places[hole] = places[index]
                hole = index
            }
        }
        places[hole] = 0
        parts[part].count -= 1
        self[number].pointee.key = 0
        free.append(UInt32(number))
    }

    /// Calls `body` for the number of each record.
    func forEach(_ body: (Int) -> Void) {
        for number in 0..<made where self[number].pointee.key != 0 { body(number) }
    }
}
