// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// What an event series has come to before the points that are read.
struct PointBase {
    /// The last slot with a point.
    var lastSlot: Int64?
    /// Integers by detail; a counter has only `PointDetail.exact`.
    private var exact: Int128 = 0
    private var others: [UInt32: Int128] = [:]
    /// What fell back to Float64.
    var inexact = 0.0
    /// A gauge's value, and when it was set in `lastSlot`.
    private(set) var detail: UInt32 = 0
    private(set) var payload: UInt64 = 0
    /// What a distinct series has seen.
    private(set) var sketch = HyperLogLog()

    subscript(detail: UInt32) -> Int128 {
        detail == PointDetail.exact ? exact : others[detail] ?? 0
    }

    /// Adds a point; points of one slot in order of detail, slots in any order.
    mutating func add(slot: Int64, detail: UInt32, payload: UInt64, _ rule: PointRule) {
        switch rule {
        case .add(let inexactDetail, _):
            if detail == inexactDetail {
                inexact += Double(bitPattern: payload)
            } else if detail == PointDetail.exact {
                exact += Int128(Int64(bitPattern: payload))
            } else {
                others[detail, default: 0] += Int128(Int64(bitPattern: payload))
            }
        case .latest:
            if let lastSlot, (slot, detail) < (lastSlot, self.detail) { break }
            self.detail = detail
            self.payload = payload
        case .greatestRank:
            sketch.insert(detail)
        }
        lastSlot = max(lastSlot ?? slot, slot)
    }

    /// Adds to the sum of a detail of integers.
    mutating func add(integer number: Int128, detail: UInt32) {
        if detail == PointDetail.exact {
            exact += number
        } else {
            others[detail, default: 0] += number
        }
    }

    /// Adds a whole chunk by its sums.
    mutating func add(_ entry: ChunkList.Entry, _ rule: PointRule) {
        for sum in entry.sums { add(slot: entry.last, detail: sum.detail, payload: sum.payload, rule) }
        lastSlot = max(lastSlot ?? entry.last, entry.last)
    }
}

extension PointBase {
    /// Adds what sealed points come to.
    mutating func add(_ sealed: SealedSums, _ rule: PointRule) {
        guard let last = sealed.last else { return }
        for sum in sealed.sums {
            if case .add = rule, !rule.isFloat(sum.detail) {
                add(integer: sum.number, detail: sum.detail)
            } else {
                add(slot: last, detail: sum.detail, payload: UInt64(truncatingIfNeeded: sum.number), rule)
            }
        }
        lastSlot = max(lastSlot ?? last, last)
    }
}
