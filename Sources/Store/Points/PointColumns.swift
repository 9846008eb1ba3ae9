// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The points of one event series as flat columns, ordered by (slot, detail), each pair once. What a slot, a detail and a
/// payload are is said at `SeriesPoint`.
///
/// Made once and filled again and again: the memory stays. One thread at a time.
final class PointColumns {
    private(set) var slots: UnsafeMutablePointer<UInt32>
    private(set) var details: UnsafeMutablePointer<UInt32>
    private(set) var payloads: UnsafeMutablePointer<UInt64>
    var count = 0
    private(set) var capacity: Int
    /// Where a chunk is decoded.
    lazy var decoded = EventColumns()

    init(capacity: Int = 256) {
        self.capacity = max(capacity, 1)
        slots = .allocate(capacity: self.capacity)
        details = .allocate(capacity: self.capacity)
        payloads = .allocate(capacity: self.capacity)
    }

    deinit {
        slots.deallocate()
        details.deallocate()
        payloads.deallocate()
    }

    /// Makes room for `more` points behind those that are there.
    func reserve(_ more: Int) {
        guard count + more > capacity else { return }
        let grown = max(count + more, capacity * 2)
        slots = PointColumns.grow(slots, count, grown)
        details = PointColumns.grow(details, count, grown)
        payloads = PointColumns.grow(payloads, count, grown)
        capacity = grown
    }

    private static func grow<Value: BitwiseCopyable>(
        _ old: UnsafeMutablePointer<Value>,
        _ count: Int,
        _ capacity: Int
    ) -> UnsafeMutablePointer<Value> {
        let new = UnsafeMutablePointer<Value>.allocate(capacity: capacity)
        new.update(from: old, count: count)
        old.deallocate()
        return new
    }

    @inline(__always)
    func append(_ slot: UInt32, _ detail: UInt32, _ payload: UInt64) {
        if count == capacity { reserve(1) }
        slots[count] = slot
        details[count] = detail
        payloads[count] = payload
        count += 1
    }

    func append(_ other: PointColumns, _ range: Range<Int>) {
        reserve(range.count)
        (slots + count).update(from: other.slots + range.lowerBound, count: range.count)
        (details + count).update(from: other.details + range.lowerBound, count: range.count)
        (payloads + count).update(from: other.payloads + range.lowerBound, count: range.count)
        count += range.count
    }

    /// Of the points from index `start` on keeps those in `range`.
    func keep(_ range: Range<Int>, from start: Int) {
        if range.lowerBound > start {
            (slots + start).update(from: slots + range.lowerBound, count: range.count)
            (details + start).update(from: details + range.lowerBound, count: range.count)
            (payloads + start).update(from: payloads + range.lowerBound, count: range.count)
        }
        count = start + range.count
    }

    /// Whether both have points of the same slots, in the same order.
    func hasSlots(of other: PointColumns) -> Bool {
        UnsafeBufferPointer(start: slots, count: count)
            .elementsEqual(UnsafeBufferPointer(start: other.slots, count: other.count))
    }

    /// The first place at or behind `start` whose slot is not below `slot`.
    ///
    /// - Complexity: O(log n).
    func lowerBound(clamping slot: Int64, from start: Int = 0) -> Int {
        if slot <= 0 { return start }
        return slot > Int64(UInt32.max) ? count : lowerBound(UInt32(slot), from: start)
    }

    private func lowerBound(_ slot: UInt32, from start: Int) -> Int {
        var low = start
        var high = count
        while low < high {
            let middle = (low + high) >> 1
            if slots[middle] < slot { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
