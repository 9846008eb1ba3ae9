// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The samples of a counter that has one integer a slot and never pauses for longer than the idle time: nearly all there
/// are. How far slots with points are from each other nobody can foretell, the processor neither, so nothing here takes a
/// branch by it: every value is put where it begins, and one pass over all boundaries carries it on.
extension SeriesReader {
    /// Appends the samples of the whole counter at hand; false, and nothing done, when it is none of those.
    ///
    /// - Complexity: O(points + samples), about 1 ns each.
    func appendPlainCounter(_ unitsPerWhole: Double, _ runs: LiveRuns, _ output: inout BoundarySamples) -> Bool {
        let units = base[PointDetail.exact]
        let count = points.count
        guard count > 0, base.inexact == 0, units >= 0, units < 1 << 61, isPlain(idle: runs.idle) else { return false }
        let slots = UnsafePointer(points.slots)
        let last = Int64(slots[count - 1])
        let first = base.lastSlot == nil ? Int64(slots[0]) : runs.first

        // Sums in a pass of their own, and quotients: the processor divides two at a time.
        steps.clear(room: count)
        let (added, totals, values) = (points.payloads, steps.units, steps.inexact)
        let before = Int64(truncatingIfNeeded: units)
        var total = before
        var all: UInt64 = 0
        for index in 0..<count {
            all |= added[index]
            total &+= Int64(bitPattern: added[index])
            totals[index] = total
        }
        // None negative, and none so great that so many could overflow.
        guard all < 1 << 38 else { return false }
        if unitsPerWhole == 1 {
            for index in 0..<count { values[index] = Double(totals[index]) }
        } else {
            for index in 0..<count { values[index] = Double(totals[index]) / unitsPerWhole }
        }
        output.appendDense(first, last) { out in
            out[0] = Double(before) / unitsPerWhole
            // The value behind the point of slot s is that of the boundary s + 1; the last point's is behind all.
            let places = out + Int(1 &- first)
            for index in 0..<(count - 1) { places[Int(slots[index])] = values[index] }
        }
        let value = values[count - 1]
        var rest = runs
        rest.first = last + 1
        rest.forEach(slots, count: 0, lastSlot: last) { from, through, _ in
            output.append(from, through, value)
        } marker: { at in
            output.appendMarker(at)
        }
        output.appendOpen(lastSlot: last, value)
        return true
    }

    /// Whether the points are nothing but integers, one a slot, few enough that small ones cannot overflow, and no slot
    /// follows the one before after more than the idle time.
    private func isPlain(idle: Int64) -> Bool {
        let count = points.count
        let (slots, details) = (points.slots, points.details)
        var detail = details[0]
        var pauses: UInt32 = 0
        var index = 1
        while index < count {
            detail |= details[index]
            pauses |= slots[index] &- slots[index &- 1]
            index &+= 1
        }
        // No less than the longest of all, and less than twice as long.
        let pause = max(Int64(pauses), base.lastSlot.map { Int64(slots[0]) - $0 } ?? 0)
        return detail == PointDetail.exact && count < 1 << 22 && pause - 2 <= idle
    }
}
