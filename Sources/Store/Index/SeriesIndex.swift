// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import TimeSeries

/// All series of a store, by number and by name: what a series' labels are, and which series has these labels.
///
/// Thread safe. Label texts live in slabs that never move and are freed with the index, so a reader may hold pointers to
/// them without a lock.
final class SeriesIndex: Sendable {
    /// The prepared label text of a series, as it stands in the text exposition format.
    struct Text: BitwiseCopyable, @unchecked Sendable {  // Points into a slab that is never written again.
        let start: UnsafePointer<UInt8>
        let count: Int

        var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }
    }

    struct Entry: BitwiseCopyable, Sendable {
        let text: Text
        /// Index of its family.
        let family: Int32
        /// When the series was made, Unix milliseconds.
        let created: Int64
    }

    struct Family: Sendable {
        var family: MetricFamily
        /// Its series; the first `ordered` by label text, the rest by number.
        var members: [UInt32] = []
        var ordered = 0
        /// Whether the store knows the family as it is here.
        var isStored: Bool
    }

    private struct State: ~Copyable {
        var families: [Family] = []
        var familyByName: [String: Int] = [:]
        var entries: [Entry] = []
        var table = HashTable()
        var slabs = Slabs()
        var unstored: [NewSeries] = []
    }

    private let state = Mutex(State())

    /// How many series there are, those of a commit under way included.
    var count: Int { state.withLock { $0.entries.count } }

    // MARK: - Families

    /// Makes a family known, or updates its help.
    func add(_ family: MetricFamily, isStored: Bool) {
        state.withLock { state in
            if let index = state.familyByName[family.name] {
                if state.families[index].family != family {
                    state.families[index].family = family
                    state.families[index].isStored = isStored
                }
            } else {
                state.familyByName[family.name] = state.families.count
                state.families.append(Family(family: family, isStored: isStored))
            }
        }
    }

    /// The family of a metric name.
    func family(named name: String) -> MetricFamily? {
        state.withLock { state in state.familyByName[name].map { state.families[$0].family } }
    }

    /// The families that the store does not know as they are; from now on it does.
    func takeUnstoredFamilies() -> [MetricFamily] {
        state.withLock { state in
            var unstored: [MetricFamily] = []
            for index in state.families.indices where !state.families[index].isStored {
                unstored.append(state.families[index].family)
                state.families[index].isStored = true
            }
            return unstored
        }
    }

    // MARK: - Series

    func find(family name: String, labels: Labels) -> SeriesID? {
        let text = labels.expositionBytes
        return state.withLock { state in
            guard let family = state.familyByName[name] else { return nil }
            return text.withUnsafeBufferPointer {
                state.table.find($0, family: Int32(family), in: state.entries).map { SeriesID($0) }
            }
        }
    }

    func count(ofFamily name: String) -> Int {
        state.withLock { state in state.familyByName[name].map { state.families[$0].members.count } ?? 0 }
    }

    /// Adds a series; it waits in `takeUnstored` unless it comes from the disk.
    func add(family: MetricFamily, labels: Labels, created: Timestamp, isStored: Bool) -> SeriesID {
        let text = labels.expositionBytes
        add(family, isStored: isStored)
        return state.withLock { state in
            precondition(state.entries.count < Int(UInt32.max >> 1), "series numbers have 31 bits")
            let index = state.familyByName[family.name].unsafelyUnwrapped
            let id = UInt32(state.entries.count)
            let stored = state.slabs.store(text)
            state.entries.append(Entry(text: stored, family: Int32(index), created: created.milliseconds))
            state.table.insert(id, in: state.entries)
            state.families[index].members.append(id)
            if !isStored { state.unstored.append(NewSeries(id: SeriesID(id), family: family, labels: labels)) }
            return SeriesID(id)
        }
    }

    /// The series made since this was last asked.
    func takeUnstored() -> [NewSeries] {
        state.withLock { state in
            defer { state.unstored = [] }
            return state.unstored
        }
    }

    func created(_ id: SeriesID) -> Timestamp {
        state.withLock { Timestamp(milliseconds: $0.entries[Int(id.number)].created) }
    }

    /// All families with their series in order of labels, and all entries, as they are now.
    ///
    /// - Complexity: O(families), and O(n log n) in the series that are new since it was last asked.
    func ordered() -> (families: [Family], entries: [Entry]) {
        state.withLock { state in
            for index in state.families.indices { SeriesIndex.order(&state.families[index], state.entries) }
            return (state.families, state.entries)
        }
    }

    private static func order(_ family: inout Family, _ entries: [Entry]) {
        guard family.ordered < family.members.count else { return }
        func precedes(_ left: UInt32, _ right: UInt32) -> Bool {
            let a = entries[Int(left)].text
            let b = entries[Int(right)].text
            let order = memcmp(a.start, b.start, min(a.count, b.count))
            return order != 0 ? order < 0 : a.count < b.count
        }
        let added = family.members[family.ordered...].sorted(by: precedes)
        let old = family.members[..<family.ordered]
        var merged: [UInt32] = []
        merged.reserveCapacity(family.members.count)
        var at = old.startIndex
        for id in added {
            while at < old.endIndex, precedes(old[at], id) {
                merged.append(old[at])
                at += 1
            }
            merged.append(id)
        }
        merged += old[at...]
        family.members = merged
        family.ordered = merged.count
    }
}

/// Series numbers by family and label text: open addressing, four bytes a place.
private struct HashTable: ~Copyable {
    private var places: [UInt32] = Array(repeating: .max, count: 1_024)
    private var used = 0

    private static func hash(_ text: UnsafeBufferPointer<UInt8>, family: Int32) -> Int {
        var hasher = Hasher()
        hasher.combine(family)
        hasher.combine(bytes: UnsafeRawBufferPointer(text))
        return hasher.finalize()
    }

    func find(_ text: UnsafeBufferPointer<UInt8>, family: Int32, in entries: [SeriesIndex.Entry]) -> UInt32? {
        var index = HashTable.hash(text, family: family) & (places.count - 1)
        while places[index] != .max {
            let entry = entries[Int(places[index])]
            if entry.family == family, entry.text.count == text.count,
                text.isEmpty || memcmp(entry.text.start, text.baseAddress!, text.count) == 0
            {
                return places[index]
            }
            index = (index + 1) & (places.count - 1)
        }
        return nil
    }

    mutating func insert(_ id: UInt32, in entries: [SeriesIndex.Entry]) {
        if (used + 1) * 4 > places.count * 3 {
            let old = places
            places = Array(repeating: .max, count: old.count * 2)
            for id in old where id != .max { place(id, entries) }
        }
        place(id, entries)
        used += 1
    }

    private mutating func place(_ id: UInt32, _ entries: [SeriesIndex.Entry]) {
        let entry = entries[Int(id)]
        let text = UnsafeBufferPointer(start: entry.text.start, count: entry.text.count)
        var index = HashTable.hash(text, family: entry.family) & (places.count - 1)
        while places[index] != .max { index = (index + 1) & (places.count - 1) }
        places[index] = id
    }
}

/// Bytes that stay where they are until all are freed together.
private struct Slabs: ~Copyable {
    private static let size = 1 << 16
    private var slabs: [UnsafeMutablePointer<UInt8>] = []
    private var used = Slabs.size

    deinit {
        for slab in slabs { slab.deallocate() }
    }

    mutating func store(_ bytes: [UInt8]) -> SeriesIndex.Text {
        if bytes.count > Slabs.size / 4 {
            let own = UnsafeMutablePointer<UInt8>.allocate(capacity: bytes.count)
            own.initialize(from: bytes, count: bytes.count)
            slabs.insert(own, at: 0)  // the last one is the one being filled
            return SeriesIndex.Text(start: own, count: bytes.count)
        }
        if used + max(bytes.count, 1) > Slabs.size {
            slabs.append(.allocate(capacity: Slabs.size))
            used = 0
        }
        let start = slabs[slabs.count - 1] + used
        start.initialize(from: bytes, count: bytes.count)
        used += bytes.count
        return SeriesIndex.Text(start: start, count: bytes.count)
    }
}
