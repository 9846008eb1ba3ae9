// SPDX-License-Identifier: Apache-2.0

import Glibc
import TimeSeries

/// Remembers, for every key of an event type, which series its events add to.
///
/// A key is looked up by its hash and compared byte by byte. Series are made when something is first added to them, so
/// a duplicate or an event without a measure leaves no empty series behind. What is remembered can be made again from
/// the directory at any time; when it grows beyond its bounds it is dropped.
struct SeriesResolver: ~Copyable {
    /// The series of one target of a key, in 32 bits.
    struct Cell: BitwiseCopyable, Equatable {
        var bits: UInt32

        /// Not asked for yet.
        static let unresolved = Cell(bits: 0x7FFF_FFFF)
        /// The definition's conditions do not hold for this key.
        static let excluded = Cell(bits: 0x7FFF_FFFE)

        @inline(__always)
        var series: SeriesID { SeriesID(bits & 0x7FFF_FFFF) }
        /// Whether the series is the family's overflow series.
        @inline(__always)
        var isOverflow: Bool { bits & 0x8000_0000 != 0 }
    }

    private struct Place: BitwiseCopyable {
        var hash: UInt64
        var keyOffset: UInt32
        var keyLength: UInt32
        var route: UInt32
        var row: Int32  // -1: free
    }

    private static let mostKeys = 1 << 20
    private static let mostKeyBytes = 1 << 28

    private let schema: EventSchema
    private let directory: any SeriesDirectory
    private var places: UnsafeMutableBufferPointer<Place>
    private var used = 0
    private var keys = GrowableBuffer<UInt8>(capacity: 65_536)
    private(set) var cells = GrowableBuffer<Cell>(capacity: 1_024)

    init(schema: EventSchema, directory: any SeriesDirectory) {
        self.schema = schema
        self.directory = directory
        self.places = SeriesResolver.makePlaces(1_024)
    }

    deinit {
        places.deallocate()
    }

    private static func makePlaces(_ capacity: Int) -> UnsafeMutableBufferPointer<Place> {
        let places = UnsafeMutableBufferPointer<Place>.allocate(capacity: capacity)
        places.initialize(repeating: Place(hash: 0, keyOffset: 0, keyLength: 0, route: 0, row: -1))
        return places
    }

    /// The index in `cells` of the first target of the key, or -1 when no definition takes it.
    @inline(__always)
    mutating func row(route: UInt32, key: UnsafeBufferPointer<UInt8>, hash keyHash: UInt64) -> Int {
        let hash = keyHash &+ UInt64(route) &* 0x9E37_79B9_7F4A_7C15
        let mask = places.count &- 1
        var index = Int(truncatingIfNeeded: hash) & mask
        while true {
            let place = places[index]
            if place.row == -1 { break }
            if place.hash == hash, place.route == route, Int(place.keyLength) == key.count,
                memcmp(keys.base + Int(place.keyOffset), key.baseAddress!, key.count) == 0
            {
                return place.row >= 0 ? Int(place.row) : -1
            }
            index = (index &+ 1) & mask
        }
        return add(route: route, key: key, hash: hash)
    }

    /// Forgets every key when there are too many; whether it has. Rows found before are void then.
    mutating func forgetIfLarge() -> Bool {
        guard used > SeriesResolver.mostKeys || keys.count > SeriesResolver.mostKeyBytes else { return false }
        places.deallocate()
        places = SeriesResolver.makePlaces(1_024)
        used = 0
        keys = GrowableBuffer(capacity: 65_536)
        cells = GrowableBuffer(capacity: 1_024)
        return true
    }

    // MARK: - The first time

    private mutating func add(route: UInt32, key: UnsafeBufferPointer<UInt8>, hash: UInt64) -> Int {
        let compiled = schema.routes[Int(route)]
        let parts = KeyParts.strings(key)
        let row = cells.count
        var anyTaken = false
        for target in compiled.targets {
            let holds =
                target.conditions.allSatisfy { parts[$0.position].utf8.elementsEqual($0.value.utf8) }
                && target.present.allSatisfy { !parts[$0].isEmpty }
            anyTaken = anyTaken || holds
            cells.append(holds ? .unresolved : .excluded)
        }
        // What a join takes counts there, whatever else it feeds; and so do the members of an object.
        anyTaken = anyTaken || compiled.side != nil || !compiled.members.isEmpty
        if compiled.side != nil { cells.append(.unresolved) }
        if !anyTaken { cells.truncate(to: row) }
        let place = Place(
            hash: hash,
            keyOffset: UInt32(keys.count),
            keyLength: UInt32(key.count),
            route: route,
            row: anyTaken ? Int32(row) : -2
        )
        keys.append(from: key.baseAddress!, count: key.count)
        if (used + 1) * 2 > places.count { grow() }
        insert(place)
        used += 1
        return anyTaken ? row : -1
    }

    private func insert(_ place: Place) {
        var index = Int(truncatingIfNeeded: place.hash) & (places.count - 1)
        while places[index].row != -1 { index = (index + 1) & (places.count - 1) }
        places[index] = place
    }

    private mutating func grow() {
        let old = places
        places = SeriesResolver.makePlaces(old.count * 2)
        for place in old where place.row != -1 { insert(place) }
        old.deallocate()
    }

    /// Keeps a number in a cell that is no target's.
    mutating func keep(_ number: UInt32, in cell: Int) {
        cells.elements[cell] = Cell(bits: number)
    }

    /// Finds or makes the series of one target of a key.
    mutating func resolve(_ cell: Int, target: Int, route: UInt32, key: UnsafeBufferPointer<UInt8>) -> Cell {
        let target = schema.routes[Int(route)].targets[target]
        let parts = KeyParts.strings(key)
        let labels = Labels(target.labels.map { (name: $0.name, value: parts[$0.position]) })
        let resolved: Cell
        if let series = directory.find(family: target.family, labels: labels) {
            resolved = Cell(bits: series.number)
        } else if directory.count(of: target.family) < schema.definitions[target.definition].maxSeries {
            resolved = Cell(bits: directory.create(family: target.family, labels: labels).number)
        } else {
            let overflow: Labels = ["overflow": "true"]
            let series =
                directory.find(family: target.family, labels: overflow)
                ?? directory.create(family: target.family, labels: overflow)
            resolved = Cell(bits: series.number | 0x8000_0000)
        }
        cells.elements[cell] = resolved
        return resolved
    }
}
