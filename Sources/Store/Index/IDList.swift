// SPDX-License-Identifier: Apache-2.0

/// Ascending numbers: the series that have a label, those of a family, the values of a label name.
///
/// The first number stands in the list itself, since most values of a label that has many belong to one series. The
/// others are in a chain of blocks, each twice as long as the one before, up to 64 KiB:
///
///     next: pointer   number:4 × (min(8 × 2^k, 16,384) − 2)
///
/// Blocks never move and numbers never change, so a copy of the list, taken under the lock of the index, is the list as
/// it was then, for ever, and costs as much as the few words it is.
struct IDList: BitwiseCopyable, @unchecked Sendable {  // A copy reads only what was there when it was made.
    /// How many numbers there are.
    private(set) var count: UInt32 = 0
    private var first: UInt32 = 0
    /// Free places in the last block.
    private var room: UInt32 = 0
    private var blocks: UInt32 = 0
    private var head: UnsafeMutableRawPointer?
    private var tail: UnsafeMutableRawPointer?

    private static let header = 8

    @inline(__always)
    private static func capacity(ofBlock block: Int) -> Int {
        (8 << min(block, 11)) - 2
    }

    /// Adds a number greater than all that are there. Under the lock.
    @inline(__always)
    mutating func append(_ number: UInt32, _ slabs: inout Slabs) {
        if count == 0 {
            first = number
        } else {
            if room == 0 { makeRoom(&slabs) }
            let capacity = IDList.capacity(ofBlock: Int(blocks) - 1)
            tail.unsafelyUnwrapped.storeBytes(
                of: number,
                toByteOffset: IDList.header + 4 * (capacity - Int(room)),
                as: UInt32.self
            )
            room -= 1
        }
        count += 1
    }

    private mutating func makeRoom(_ slabs: inout Slabs) {
        let capacity = IDList.capacity(ofBlock: Int(blocks))
        let block = slabs.allocate(IDList.header + 4 * capacity, alignment: 8)
        if let tail { tail.storeBytes(of: block, as: UnsafeMutableRawPointer.self) } else { head = block }
        tail = block
        blocks += 1
        room = UInt32(capacity)
    }

    /// Calls `body` with the numbers below `limit`, in order, some at a time.
    @inline(__always)
    func forEachSpan(below limit: UInt32, _ body: (UnsafeBufferPointer<UInt32>) -> Void) {
        guard count > 0, first < limit else { return }
        withUnsafePointer(to: first) { body(UnsafeBufferPointer(start: $0, count: 1)) }
        var rest = Int(count) - 1
        var number = 0
        var block = head
        while rest > 0, let start = block {
            var length = min(rest, IDList.capacity(ofBlock: number))
            let ids = UnsafeRawPointer(start + IDList.header).assumingMemoryBound(to: UInt32.self)
            rest -= length
            number += 1
            if ids[length - 1] >= limit {
                while length > 0, ids[length - 1] >= limit { length -= 1 }
                body(UnsafeBufferPointer(start: ids, count: length))
                return
            }
            body(UnsafeBufferPointer(start: ids, count: length))
            block = rest > 0 ? start.load(as: UnsafeMutableRawPointer.self) : nil
        }
    }

    /// Goes through a list upwards, in leaps.
    struct Cursor {
        /// The number it stands at, or `UInt32.max` behind the last.
        private(set) var current: UInt32
        private var ids: UnsafePointer<UInt32>?
        /// In the block that is open: the next place, and the end.
        private var at = 0
        private var end = 0
        /// Numbers in the blocks that are not open yet.
        private var rest: Int
        private var block = 0
        private var next: UnsafeMutableRawPointer?

        /// At the first number.
        init(_ list: IDList) {
            current = list.count > 0 ? list.first : .max
            rest = max(Int(list.count) - 1, 0)
            next = list.head
        }

        private mutating func openBlock() -> Bool {
            guard rest > 0, let start = next else { return false }
            ids = UnsafeRawPointer(start + IDList.header).assumingMemoryBound(to: UInt32.self)
            at = 0
            end = min(rest, IDList.capacity(ofBlock: block))
            rest -= end
            block += 1
            if rest > 0 { next = start.load(as: UnsafeMutableRawPointer.self) }
            return true
        }

        /// Goes to the first number that is not less than `target`, but never back.
        ///
        /// - Complexity: O(log of the distance), and O(1) for each 64 KiB of it.
        mutating func seek(_ target: UInt32) {
            if current >= target { return }
            while at == end || ids.unsafelyUnwrapped[end - 1] < target {
                guard openBlock() else {
                    current = .max
                    return
                }
            }
            let ids = ids.unsafelyUnwrapped
            let found = firstIndex(notLess: target, in: ids, from: at, to: end)
            current = ids[found]
            at = found + 1
        }
    }
}

/// The first index from `from` on whose number is not less than `target`, or `end`; leaps that double, then halves.
///
/// - Complexity: O(log of the distance).
@inline(__always)
func firstIndex(notLess target: UInt32, in ids: UnsafePointer<UInt32>, from: Int, to end: Int) -> Int {
    var low = from
    var high = from
    var step = 1
    while high < end, ids[high] < target {
        low = high + 1
        high += step
        step *= 2
    }
    high = min(high, end)
    while low < high {
        let middle = (low + high) / 2
        if ids[middle] < target { low = middle + 1 } else { high = middle }
    }
    return low
}
