// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// How two points of one slot become one; see the table at `SeriesPoint`.
enum PointRule {
    /// Integers add up by detail; points of detail `inexact` are Float64, in whole units, and add up as such.
    case add(inexact: UInt32, unitsPerWhole: Double)
    /// Of a slot the latest value stays.
    case latest
    /// Of a register the greatest rank stays.
    case greatestRank

    init(_ family: MetricFamily) {
        switch family.kind {
        case .counter: self = .add(inexact: PointDetail.inexact, unitsPerWhole: family.unit == .micro ? 1_000_000 : 1)
        case .histogram: self = .add(inexact: PointDetail.inexactSum, unitsPerWhole: 1_000_000)
        case .gauge: self = .latest
        case .distinct: self = .greatestRank
        case .samples: preconditionFailure("samples are not points")
        }
    }
}

extension PointColumns {
    /// Adds a point that is not before the last one, which it joins when the rule says so.
    @inline(__always)
    func fold(_ slot: UInt32, _ detail: UInt32, _ payload: UInt64, _ rule: PointRule) {
        guard count > 0, slots[count - 1] == slot else {
            append(slot, detail, payload)
            return
        }
        let last = count - 1
        switch rule {
        case .add(let inexact, let unitsPerWhole):
            guard details[last] == detail else {
                append(slot, detail, payload)
                return
            }
            if detail == inexact {
                payloads[last] = (Double(bitPattern: payloads[last]) + Double(bitPattern: payload)).bitPattern
                return
            }
            let (sum, overflow) = Int64(bitPattern: payloads[last])
                .addingReportingOverflow(Int64(bitPattern: payload))
            if overflow {
                // Beyond 64 bits a slot goes on as a floating point number.
                append(slot, inexact, (Double(Int64(bitPattern: payload)) / unitsPerWhole).bitPattern)
            } else {
                payloads[last] = UInt64(bitPattern: sum)
            }
        case .latest:
            details[last] = detail
            payloads[last] = payload
        case .greatestRank:
            if details[last] >> 6 == detail >> 6 {
                details[last] = detail
            } else {
                append(slot, detail, payload)
            }
        }
    }

    /// Replaces what is here by two ordered sets of points made one. Of points that exclude each other those of `newer`
    /// came later.
    ///
    /// - Complexity: O(n + m).
    func merge(_ older: PointColumns, _ newer: PointColumns, _ rule: PointRule) {
        count = 0
        reserve(older.count + newer.count)
        var left = 0
        var right = 0
        while left < older.count || right < newer.count {
            let takesOlder: Bool
            if right == newer.count {
                takesOlder = true
            } else if left == older.count {
                takesOlder = false
            } else {
                let a = UInt64(older.slots[left]) << 32 | UInt64(older.details[left])
                let b = UInt64(newer.slots[right]) << 32 | UInt64(newer.details[right])
                takesOlder = a <= b
            }
            if takesOlder {
                fold(older.slots[left], older.details[left], older.payloads[left], rule)
                left += 1
            } else {
                fold(newer.slots[right], newer.details[right], newer.payloads[right], rule)
                right += 1
            }
        }
        settleOverflow(rule)
    }

    /// Orders points that are in order of arrival, and makes one of those that belong together.
    ///
    /// - Complexity: O(n log n); O(n) when they are in order.
    func settle(_ rule: PointRule) {
        var isOrdered = true
        for index in stride(from: 1, to: count, by: 1) {
            let a = UInt64(slots[index - 1]) << 32 | UInt64(details[index - 1])
            let b = UInt64(slots[index]) << 32 | UInt64(details[index])
            if a >= b {
                isOrdered = false
                break
            }
        }
        if isOrdered, case .add = rule { return }
        let order = (0..<count).sorted { left, right in
            let a = UInt64(slots[left]) << 32 | UInt64(details[left])
            let b = UInt64(slots[right]) << 32 | UInt64(details[right])
            return a != b ? a < b : left < right
        }
        let old = PointColumns(capacity: count)
        old.append(self, 0..<count)
        count = 0
        for index in order {
            fold(old.slots[index], old.details[index], old.payloads[index], rule)
        }
        settleOverflow(rule)
    }

    /// An overflow leaves a point behind its place, or twice. Rare enough to be put right in another pass.
    private func settleOverflow(_ rule: PointRule) {
        guard case .add = rule else { return }
        for index in stride(from: 1, to: count, by: 1) {
            let a = UInt64(slots[index - 1]) << 32 | UInt64(details[index - 1])
            let b = UInt64(slots[index]) << 32 | UInt64(details[index])
            if a >= b {
                settle(rule)
                return
            }
        }
    }
}
