// SPDX-License-Identifier: Apache-2.0

/// By how much one part of a series grows, slot by slot: flat columns.
final class StepColumns {
    private(set) var slots: UnsafeMutablePointer<UInt32>
    private(set) var units: UnsafeMutablePointer<Int64>
    private(set) var inexact: UnsafeMutablePointer<Double>
    var count = 0
    private var capacity = 256

    init() {
        slots = .allocate(capacity: capacity)
        units = .allocate(capacity: capacity)
        inexact = .allocate(capacity: capacity)
    }

    deinit {
        slots.deallocate()
        units.deallocate()
        inexact.deallocate()
    }

    /// Forgets what is here and makes room.
    func clear(room: Int) {
        count = 0
        guard room > capacity else { return }
        capacity = max(room, capacity * 2)
        slots.deallocate()
        units.deallocate()
        inexact.deallocate()
        slots = .allocate(capacity: capacity)
        units = .allocate(capacity: capacity)
        inexact = .allocate(capacity: capacity)
    }

    /// The step of a slot, which is not before the last one.
    @inline(__always)
    func step(_ slot: UInt32) -> Int {
        if count == 0 || slots[count - 1] != slot {
            slots[count] = slot
            units[count] = 0
            inexact[count] = 0
            count += 1
        }
        return count - 1
    }
}
