// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Numbers of things by the hash of what they are: open addressing, eight bytes a place, at most three quarters full.
///
/// A place holds the hash beside the number, so that things are looked at only when they are most probably the
/// right one, and growing looks at none.
struct HashPlaces: ~Copyable {
    private static let free = UInt64.max

    private var places: [UInt64]
    private var used = 0

    init() {
        places = Array(repeating: HashPlaces.free, count: 256)
    }

    /// Makes the hashes of this process unlike those of any other, so that nobody can send names that collide.
    private static let seed = UInt64.random(in: .min ... .max)

    /// The hash of a text: each eight bytes are multiplied into the state, and the product folded (the idea of wyhash).
    /// Ten times as fast as Swift's `Hasher` for texts as short as labels.
    static func hash(_ text: UnsafeRawBufferPointer) -> UInt32 {
        var state = seed ^ UInt64(truncatingIfNeeded: text.count)
        var at = 0
        while at + 8 <= text.count {
            state = mix(state, text.loadUnaligned(fromByteOffset: at, as: UInt64.self))
            at += 8
        }
        var last: UInt64 = 0
        while at < text.count {
            last = last << 8 | UInt64(text[at])
            at += 1
        }
        state = mix(mix(state, last), seed)
        return UInt32(truncatingIfNeeded: state ^ state >> 32)
    }

    @inline(__always)
    private static func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
        let product = (state ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: word ^ 0xD6E8_FEB8_6659_FD93)
        // The state once more: a word that makes one factor zero takes nothing away.
        return product.high ^ product.low ^ (state << 23 | state >> 41)
    }

    /// The number with this hash for which `isRight` holds.
    @inline(__always)
    func find(_ hash: UInt32, where isRight: (Int) -> Bool) -> Int? {
        places.withUnsafeBufferPointer { places in
            let mask = places.count - 1
            var at = Int(hash) & mask
            while places[at] != HashPlaces.free {
                if UInt32(truncatingIfNeeded: places[at] >> 32) == hash {
                    let number = Int(UInt32(truncatingIfNeeded: places[at]))
                    if isRight(number) { return number }
                }
                at = (at + 1) & mask
            }
            return nil
        }
    }

    /// Adds a number that is not there.
    ///
    /// - Precondition: it is less than `UInt32.max`.
    mutating func insert(_ hash: UInt32, _ number: Int) {
        if (used + 1) * 4 > places.count * 3 {
            let old = places
            places = Array(repeating: HashPlaces.free, count: old.count * 2)
            for place in old where place != HashPlaces.free { put(place) }
        }
        put(UInt64(hash) << 32 | UInt64(number))
        used += 1
    }

    /// Makes an empty table one of things numbered from 0, by their hashes, and with room for them from the start.
    ///
    /// - Returns: the first thing that is the same as one before it. The table is of no use then.
    mutating func fill(_ hashes: [UInt32], areSame: (Int, Int) -> Bool) -> Int? {
        precondition(used == 0, "only an empty table is filled")
        var count = places.count
        while hashes.count * 4 > count * 3 { count *= 2 }
        places = Array(repeating: HashPlaces.free, count: count)
        used = hashes.count
        return places.withUnsafeMutableBufferPointer { places in
            let mask = places.count - 1
            for (number, hash) in hashes.enumerated() {
                var at = Int(hash) & mask
                while places[at] != HashPlaces.free {
                    if UInt32(truncatingIfNeeded: places[at] >> 32) == hash,
                        areSame(Int(UInt32(truncatingIfNeeded: places[at])), number)
                    {
                        return number
                    }
                    at = (at + 1) & mask
                }
                places[at] = UInt64(hash) << 32 | UInt64(number)
            }
            return nil
        }
    }

    private mutating func put(_ place: UInt64) {
        places.withUnsafeMutableBufferPointer { places in
            let mask = places.count - 1
            var at = Int(place >> 32) & mask
            while places[at] != HashPlaces.free { at = (at + 1) & mask }
            places[at] = place
        }
    }
}

/// Names in the order in which they came, and their numbers; told apart by their bytes.
struct NameTable: ~Copyable {
    private(set) var names: [String] = []
    private var places = HashPlaces()

    init() {}

    /// The number of a name.
    func find(_ name: UnsafeBufferPointer<UInt8>) -> Int? {
        places.find(HashPlaces.hash(UnsafeRawBufferPointer(name))) { number in
            var known = names[number]
            return known.withUTF8 { known in
                known.count == name.count
                    && (name.isEmpty || memcmp(known.baseAddress!, name.baseAddress!, name.count) == 0)
            }
        }
    }

    /// The number of a name.
    func find(_ name: String) -> Int? {
        var name = name
        return name.withUTF8 { find($0) }
    }

    /// Gives a name that is not there the next number.
    mutating func insert(_ name: String) -> Int {
        var text = name
        places.insert(text.withUTF8 { HashPlaces.hash(UnsafeRawBufferPointer($0)) }, names.count)
        names.append(name)
        return names.count - 1
    }
}
