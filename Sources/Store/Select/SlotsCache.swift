// SPDX-License-Identifier: Apache-2.0

/// Shared slots that one reader has decoded: the other series that have them are often asked for next. One thread at a
/// time.
final class SlotsCache {
    /// How many slots there is room for, of two bytes: beyond it all are forgotten.
    static let mostSlots = 1 << 20

    /// Where each entry's slots are.
    private var places: [ChunkKey: Range<Int>] = [:]
    /// Slots of one entry after the other, counted from the first of their span; `count` are set.
    private let slots = UnsafeMutablePointer<UInt16>.allocate(capacity: mostSlots)
    private var count = 0
    /// The view that they are of: in another one an entry may be gone, and something else be there.
    private var view: UInt64 = 0

    deinit {
        slots.deallocate()
    }

    /// Forgets what another view had.
    func enter(view: UInt64) {
        guard self.view != view else { return }
        self.view = view
        removeAll()
    }

    private func removeAll() {
        places.removeAll(keepingCapacity: true)
        count = 0
    }

    /// Fills `out` with the slots of an entry, `first` added to each; false when they are not here, or not so many.
    func read(_ key: ChunkKey, into out: UnsafeMutablePointer<UInt32>, count: Int, from first: UInt32) -> Bool {
        guard let place = places[key], place.count == count else { return false }
        let here = slots + place.lowerBound
        for index in 0..<count { out[index] = UInt32(here[index]) &+ first }
        return true
    }

    /// Keeps the slots of an entry, at most 65,536, which are `first` and up to 65,535 more.
    func add(_ key: ChunkKey, _ added: UnsafePointer<UInt32>, count: Int, from first: UInt32) {
        if self.count + count > SlotsCache.mostSlots { removeAll() }
        let here = slots + self.count
        for index in 0..<count { here[index] = UInt16(truncatingIfNeeded: added[index] &- first) }
        places[key] = self.count..<(self.count + count)
        self.count += count
    }
}
