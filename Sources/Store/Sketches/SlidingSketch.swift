// SPDX-License-Identifier: Apache-2.0

/// A HyperLogLog from which old slots can be taken again.
///
/// For each register it keeps the ranks that are the greatest of some later part of the window, as in Chabchoub and
/// Hébrail, "Sliding HyperLogLog" (2010). Points come in order of slots, and go in the same order.
struct SlidingSketch {
    private struct Node {
        var slot: UInt32
        var rank: UInt8
        /// Towards older and greater, and towards newer and smaller; -1 at the end.
        var older: Int32
        var newer: Int32
    }

    /// Of each register the oldest node, whose rank counts, and the newest; -1 when it is empty.
    private var oldest: [Int32]
    private var newest: [Int32]
    private var nodes: [Node] = []
    private var free: [Int32] = []
    private var histogram = RankHistogram()
    private var known: Double?

    /// A sketch that has seen something already, which never goes.
    init(_ base: HyperLogLog) {
        oldest = Array(repeating: -1, count: HyperLogLog.registerCount)
        newest = oldest
        for register in base.registers { add(register, slot: 0) }
    }

    /// The estimate of what is in it.
    var estimate: Double {
        mutating get {
            if let known { return known }
            let estimate = histogram.estimate
            known = estimate
            return estimate
        }
    }

    /// Adds a register of a slot that is not before those that are in.
    mutating func add(_ register: UInt32, slot: UInt32) {
        let index = Int(register >> 6)
        let rank = UInt8(register & 63)
        let before = oldest[index] < 0 ? 0 : Int(nodes[Int(oldest[index])].rank)
        var last = newest[index]
        while last >= 0, nodes[Int(last)].rank <= rank {
            free.append(last)
            last = nodes[Int(last)].older
        }
        let node = Node(slot: slot, rank: rank, older: last, newer: -1)
        let place: Int32
        if let reused = free.popLast() {
            place = reused
            nodes[Int(place)] = node
        } else {
            place = Int32(nodes.count)
            nodes.append(node)
        }
        if last >= 0 { nodes[Int(last)].newer = place } else { oldest[index] = place }
        newest[index] = place
        let after = Int(nodes[Int(oldest[index])].rank)
        if after != before {
            histogram.replace(before, by: after)
            known = nil
        }
    }

    /// Takes a register of a slot out again, if it is still the one that counts.
    mutating func drop(_ register: UInt32, slot: UInt32) {
        let index = Int(register >> 6)
        let place = oldest[index]
        guard place >= 0, nodes[Int(place)].slot == slot else { return }
        let before = Int(nodes[Int(place)].rank)
        let next = nodes[Int(place)].newer
        free.append(place)
        oldest[index] = next
        if next >= 0 { nodes[Int(next)].older = -1 } else { newest[index] = -1 }
        histogram.replace(before, by: next >= 0 ? Int(nodes[Int(next)].rank) : 0)
        known = nil
    }
}
