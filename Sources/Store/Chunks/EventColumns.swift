// SPDX-License-Identifier: Apache-2.0

/// The decoded points of event chunks: three flat columns of equal length.
///
/// Made once and filled again and again: the memory stays, and grows when a chunk has more points. One thread at a time.
final class EventColumns {
    /// Slots, counted from the first of the chunk's span; the first `count` are set.
    private(set) var slots: UnsafeMutablePointer<UInt32>
    /// What `SeriesPoint` says of details and payloads.
    private(set) var details: UnsafeMutablePointer<UInt32>
    private(set) var payloads: UnsafeMutablePointer<UInt64>
    /// How many points there are.
    private(set) var count = 0
    /// For how many there is room.
    private(set) var capacity: Int

    /// For how many slots there are counts: more than the longest span has.
    static let mostSlots = 2_048
    /// How many points each slot has, then where the slot's next one stands.
    private let places: UnsafeMutablePointer<UInt32>
    /// The points of one detail after the other, before they are put in order.
    private var groups: EventColumns?

    /// Columns with room for some points.
    init(capacity: Int = 2_048) {
        self.capacity = max(capacity, 1)
        slots = .allocate(capacity: self.capacity)
        details = .allocate(capacity: self.capacity)
        payloads = .allocate(capacity: self.capacity)
        places = .allocate(capacity: EventColumns.mostSlots + 1)
    }

    deinit {
        places.deallocate()
        slots.deallocate()
        details.deallocate()
        payloads.deallocate()
    }

    /// Forgets the points and makes room for `count` others, which are not set yet.
    func reset(count: Int) {
        self.count = count
        guard count > capacity else { return }
        slots.deallocate()
        details.deallocate()
        payloads.deallocate()
        slots = .allocate(capacity: count)
        details = .allocate(capacity: count)
        payloads = .allocate(capacity: count)
        capacity = count
    }

    /// Other columns with room for `count` points, to be filled group by group, details ascending, and given to
    /// `takeGroups`.
    func prepareGroups(count: Int) -> EventColumns {
        let groups = groups ?? EventColumns(capacity: count)
        groups.reset(count: count)
        self.groups = groups
        return groups
    }

    /// Takes the points of the groups in the order of slots, and of one slot in the order they have: by detail. False
    /// when a slot is not below `span`.
    ///
    /// - Precondition: `span` is at most `mostSlots`.
    func takeGroups(span: UInt32) -> Bool {
        guard let groups else { return false }
        reset(count: groups.count)
        places.update(repeating: 0, count: Int(span) + 1)
        var index = 0
        while index < count {
            let slot = groups.slots[index]
            guard slot < span else { return false }
            places[Int(slot) &+ 1] &+= 1
            index &+= 1
        }
        for slot in 0..<Int(span) { places[slot + 1] += places[slot] }
        index = 0
        while index < count {
            let slot = groups.slots[index]
            let place = Int(places[Int(slot)])
            places[Int(slot)] &+= 1
            slots[place] = slot
            details[place] = groups.details[index]
            payloads[place] = groups.payloads[index]
            index &+= 1
        }
        return true
    }
}
