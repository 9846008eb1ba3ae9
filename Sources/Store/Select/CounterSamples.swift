// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The samples of a counter that has one integer a slot and never pauses for longer than the idle time: nearly all there
/// are. How far slots with points are from each other nobody can foretell, the processor neither, so nothing here takes a
/// branch by it: every value is put where it begins, as what it differs from the one before in, and one pass over all
/// boundaries makes values of that.
extension SeriesReader {
    /// Appends the samples of the whole counter at hand; false, and nothing done, when it is none of those.
    ///
    /// - Complexity: O(points + samples), about 1 ns each.
    func appendPlainCounter(_ unitsPerWhole: Double, _ runs: LiveRuns, _ output: inout BoundarySamples) -> Bool {
        let units = base[PointDetail.exact]
        let count = points.count
        guard count > 0, base.inexact == 0, units >= 0, units < 1 << 61, pointsArePlain(idle: runs.idle) else {
            return false
        }
        let slots = UnsafePointer(points.slots)
        let added = UnsafeRawPointer(points.payloads).assumingMemoryBound(to: Int64.self)
        let last = Int64(slots[count - 1])
        let first = base.lastSlot == nil ? Int64(slots[0]) : runs.first
        var total = Int64(truncatingIfNeeded: units)

        output.appendDense(first, last) { bits in
            // The value behind the point of slot s is that of the boundary s + 1; the last point's is behind all.
            let places = bits + Int(1 &- first)
            var previous = (Double(total) / unitsPerWhole).bitPattern
            bits[0] = previous
            var index = 0
            // Two divisions take the time of one.
            while index &+ 2 < count {
                let next = total &+ added[index]
                total = next &+ added[index &+ 1]
                let quotients = SIMD2(Double(next), Double(total)) / SIMD2(repeating: unitsPerWhole)
                let (value, nextValue) = (quotients[0].bitPattern, quotients[1].bitPattern)
                places[Int(slots[index])] = value ^ previous
                places[Int(slots[index &+ 1])] = nextValue ^ value
                previous = nextValue
                index &+= 2
            }
            while index < count &- 1 {
                total &+= added[index]
                let value = (Double(total) / unitsPerWhole).bitPattern
                places[Int(slots[index])] = value ^ previous
                previous = value
                index &+= 1
            }
        }

        let value = Double(total &+ added[count - 1]) / unitsPerWhole
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

    /// Whether the points are nothing but integers, one a slot, none negative, that come nowhere near an overflow, and no
    /// slot follows the one before after more than the idle time.
    private func pointsArePlain(idle: Int64) -> Bool {
        let count = points.count
        let (slots, details, payloads) = (points.slots, points.details, points.payloads)
        var detail = details[0]
        var payload = payloads[0]
        var pauses: UInt32 = 0
        var index = 1
        while index < count {
            detail |= details[index]
            payload |= payloads[index]
            pauses |= slots[index] &- slots[index &- 1]
            index &+= 1
        }
        // No less than the longest of all, and less than twice as long.
        let pause = max(Int64(pauses), base.lastSlot.map { Int64(slots[0]) - $0 } ?? 0)
        return detail == PointDetail.exact && payload < 1 << 38 && count < 1 << 22 && pause - 2 <= idle
    }
}
