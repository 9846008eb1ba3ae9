// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Numbers label sets in the order in which they first come; those with the same labels among the ones that count get
/// the same number. An open hash table beside two flat columns.
struct LabelIndex {
    private let selection: LabelSelection
    /// The first label set of each number.
    private(set) var labels: [Labels] = []
    private var hashes: [Int] = []
    /// A number plus 1, or 0 for none; a power of two of them, at most half of them taken.
    private var slots: [Int32]

    /// None yet; with room for some.
    init(_ selection: LabelSelection, capacity: Int = 8) {
        self.selection = selection
        var size = 16
        while size < capacity * 2 { size *= 2 }
        slots = Array(repeating: 0, count: size)
        labels.reserveCapacity(capacity)
        hashes.reserveCapacity(capacity)
    }

    /// How many numbers are given.
    var count: Int { labels.count }

    /// The number of a label set, a new one if need be.
    ///
    /// - Complexity: O(length of the labels that count), amortized.
    mutating func number(of series: Labels) -> (number: Int, isNew: Bool) {
        let hash = selection.hash(series)
        var slot = hash & (slots.count - 1)
        while slots[slot] != 0 {
            let number = Int(slots[slot]) - 1
            if hashes[number] == hash, selection.areEqual(labels[number], series) { return (number, false) }
            slot = (slot + 1) & (slots.count - 1)
        }
        labels.append(series)
        hashes.append(hash)
        slots[slot] = Int32(labels.count)
        if labels.count * 2 > slots.count { grow() }
        return (labels.count - 1, true)
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        for (number, hash) in hashes.enumerated() {
            var slot = hash & (slots.count - 1)
            while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = Int32(number + 1)
        }
    }
}
