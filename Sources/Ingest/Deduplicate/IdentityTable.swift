// SPDX-License-Identifier: Apache-2.0

/// A set of identities in memory: for each fingerprint the digest of its event's content and the hour it arrived in.
///
/// Extendible hashing (Fagin and others 1979): the upper bits of a fingerprint choose one of the directory's entries,
/// which name the parts; the lower bits are its place in the part, with linear probing. A part that is three quarters
/// full doubles until it fills a huge page, and from then on is split in two by one more bit. So an insertion never
/// moves more than one part, and growing takes no more new memory than what is added: pages that come fresh from the
/// system cost more than anything else here. A look-up is one cache miss and, on huge pages, no miss of the page tables.
///
/// A place whose hour has expired may be taken over by a new identity and is dropped when its part is rebuilt; there is
/// no deletion.
struct IdentityTable: ~Copyable {
    /// What a look-up found.
    enum Outcome {
        case new
        case duplicate
        case conflict
    }

    /// Identities of hours before this one no longer count.
    private(set) var firstHour: UInt32 = 0

    /// How many places are taken, expired ones included.
    private(set) var count = 0

    /// How much memory the table takes.
    private(set) var bytes = 0

    /// What the directory says of a fingerprint: the part, and which it is in `states`.
    private struct Entry: BitwiseCopyable {
        var part: IdentityPart
        var number: Int
    }

    /// What is only looked at when a part changes.
    private struct State: BitwiseCopyable {
        var used: Int
        /// How many upper bits all its fingerprints share.
        var bits: Int
        /// Where its first entry is in the directory.
        var first: Int
    }

    /// `1 << directoryBits` entries.
    private var directory: UnsafeMutablePointer<Entry>
    private var directoryBits = 0
    private var states = GrowableBuffer<State>()
    /// The part that a split left over, not cleared.
    private var spare: IdentityPart?

    init() {
        directory = .allocate(capacity: 1)
        addPart(IdentityPart(capacity: IdentityPart.least), used: 0, bits: 0, first: 0)
    }

    deinit {
        for number in 0..<states.count { directory[states.base[number].first].part.free() }
        spare?.free()
        directory.deallocate()
    }

    @inline(__always)
    private borrowing func entry(of fingerprint: UInt64) -> UnsafeMutablePointer<Entry> {
        // In two steps, for a directory of one entry takes no bit at all.
        directory + Int(truncatingIfNeeded: (fingerprint &>> 1) &>> UInt64(truncatingIfNeeded: 63 &- directoryBits))
    }

    /// Brings the places that a look-up would begin with into the cache: all at once, where look-ups one after the
    /// other would wait for each. The sum is of no meaning; it keeps the reads from being left out.
    @inline(__always)
    borrowing func touch(_ fingerprint: UInt64) -> UInt64 {
        let part = entry(of: fingerprint).pointee.part
        return part.places[part.home(of: fingerprint)].fingerprint
    }

    /// Looks the identity up and adds it when it is new.
    ///
    /// - Precondition: the fingerprint is not 0.
    /// - Complexity: O(1) expected; now and then a part is rebuilt.
    @inline(__always)
    mutating func insert(fingerprint: UInt64, digest: UInt32, hour: UInt32) -> Outcome {
        let entry = entry(of: fingerprint)
        let places = entry.pointee.part.places
        let mask = entry.pointee.part.mask
        var index = entry.pointee.part.home(of: fingerprint)
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
            places[reusable] = IdentityPlace(fingerprint: fingerprint, digest: digest, hour: hour)
            return .new
        }
        places[index] = IdentityPlace(fingerprint: fingerprint, digest: digest, hour: hour)
        let state = states.base + entry.pointee.number
        state.pointee.used &+= 1
        count &+= 1
        if state.pointee.used &* 4 > (mask &+ 1) &* 3 { makeRoom(entry.pointee.number) }
        return .new
    }

    /// Takes back an identity that was just added: it has expired, with hour 0.
    mutating func withdraw(_ fingerprint: UInt64) {
        expire(before: 1)
        let part = entry(of: fingerprint).pointee.part
        var index = part.home(of: fingerprint)
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
        for number in 0..<states.count {
            let part = part(number)
            for index in 0..<part.capacity where part.places[index].fingerprint != 0 && part.places[index].hour == hour
            {
                body(part.places[index].fingerprint, part.places[index].digest)
            }
        }
    }

    /// Drops what has expired and gives the memory back.
    mutating func compact() {
        freeSpare()
        var living = 0
        for number in 0..<states.count { living += part(number).count(since: firstHour) }
        if states.count > 1, living * 2 <= IdentityPart.full {
            unite(living)
        } else {
            for number in 0..<states.count { rebuild(number, living: part(number).count(since: firstHour)) }
        }
    }

    // MARK: - Parts

    private borrowing func part(_ number: Int) -> IdentityPart {
        directory[states.base[number].first].part
    }

    private mutating func addPart(_ part: IdentityPart, used: Int, bits: Int, first: Int) {
        states.append(State(used: used, bits: bits, first: first))
        bytes += part.bytes
        setPart(states.count - 1, part)
    }

    /// Has every entry of a part name it.
    private mutating func setPart(_ number: Int, _ part: IdentityPart) {
        let state = states.base[number]
        for index in state.first..<(state.first + (1 << (directoryBits - state.bits))) {
            directory[index] = Entry(part: part, number: number)
        }
    }

    /// A part that has filled: without what has expired it may do; else it is doubled or split.
    private mutating func makeRoom(_ number: Int) {
        let part = part(number)
        let living = part.count(since: firstHour)
        // Fingerprints that share more bits than chance would have it are split no further.
        let isDivisible = 1 << states.base[number].bits < states.count * 64
        if part.capacity == IdentityPart.full, living * 2 > part.capacity, isDivisible {
            split(number)
        } else {
            rebuild(number, living: living)
        }
    }

    /// Moves the living identities of a part into one that they fill to at most a half.
    private mutating func rebuild(_ number: Int, living: Int) {
        let old = part(number)
        var capacity = IdentityPart.least
        while living * 2 > capacity { capacity *= 2 }
        let fresh = IdentityPart(capacity: capacity)
        move(old) { _ in fresh }
        count += living - states.base[number].used
        bytes += fresh.bytes - old.bytes
        states.base[number].used = living
        setPart(number, fresh)
        old.free()
    }

    /// Gives the identities of a part whose next bit is set to a part of their own.
    private mutating func split(_ number: Int) {
        if states.base[number].bits == directoryBits { doubleDirectory() }
        let old = part(number)
        let state = states.base[number]
        let lower = takeSpare()
        let upper = IdentityPart(capacity: IdentityPart.full)
        let bit = UInt64(1) << UInt64(63 - state.bits)
        var inUpper = 0
        let living = move(old) { fingerprint in
            if fingerprint & bit == 0 { return lower }
            inUpper += 1
            return upper
        }
        let half = 1 << (directoryBits - state.bits - 1)
        states.base[number] = State(used: living - inUpper, bits: state.bits + 1, first: state.first)
        setPart(number, lower)
        addPart(upper, used: inUpper, bits: state.bits + 1, first: state.first + half)
        count += living - state.used
        spare = old
    }

    /// Moves the living identities of all parts into a single one.
    private mutating func unite(_ living: Int) {
        var capacity = IdentityPart.least
        while living * 2 > capacity { capacity *= 2 }
        let whole = IdentityPart(capacity: capacity)
        for number in 0..<states.count {
            let old = part(number)
            move(old) { _ in whole }
            old.free()
        }
        states.removeAll()
        bytes = 0
        directoryBits = 0
        addPart(whole, used: living, bits: 0, first: 0)
        count = living
    }

    /// Puts the living identities of a part where `target` says, by their fingerprint. Returns how many there are.
    @inline(__always)
    @discardableResult
    private borrowing func move(_ old: IdentityPart, _ target: (_ fingerprint: UInt64) -> IdentityPart) -> Int {
        var moved = 0
        for index in 0..<old.capacity {
            let place = old.places[index]
            guard place.fingerprint != 0, place.hour >= firstHour else { continue }
            target(place.fingerprint).put(place)
            moved += 1
        }
        return moved
    }

    private mutating func doubleDirectory() {
        let count = 1 << directoryBits
        let larger = UnsafeMutablePointer<Entry>.allocate(capacity: count * 2)
        for index in 0..<(count * 2) { (larger + index).initialize(to: directory[index / 2]) }
        directory.deallocate()
        directory = larger
        directoryBits += 1
        for number in 0..<states.count { states.base[number].first *= 2 }
    }

    /// A free part of a huge page: the one that the last split left, or a new one.
    private mutating func takeSpare() -> IdentityPart {
        guard let part = spare else {
            bytes += IdentityPart.full * MemoryLayout<IdentityPlace>.stride
            return IdentityPart(capacity: IdentityPart.full)
        }
        part.clear()
        return part
    }

    private mutating func freeSpare() {
        guard let part = spare else { return }
        bytes -= part.bytes
        part.free()
        spare = nil
    }
}
