// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Which samples an event series reads as, at slot boundaries: those of a Prometheus that scrapes at every one of them.
///
/// Boundary n is the start of slot n; a sample there has what happened in the slots before. A series begins at the
/// boundary of its first slot with the value before, goes on for the idle time after each slot with a point, and then
/// ends with a staleness marker. When it returns, it begins again at the boundary of that slot, with the value before.
struct LiveRuns {
    /// The first and the last boundary asked for.
    var first: Int64
    var last: Int64
    /// How many slots a series stays live after one with a point.
    var idle: Int64
    /// Whether a series has a value before its first slot; a gauge has none.
    var hasValueBefore: Bool

    /// Calls `run` for each run of boundaries over which the value stays, and `marker` where a series ends.
    ///
    /// - Parameters:
    ///   - slots: those with points in `first...last`, ascending.
    ///   - lastSlot: the last one before `first`, or nil.
    ///   - run: the boundaries, and how many of `slots` are before them.
    @inline(__always)
    func forEach(
        _ slots: UnsafePointer<UInt32>,
        count: Int,
        lastSlot: Int64?,
        run: (_ from: Int64, _ through: Int64, _ slotsBefore: Int) -> Void,
        marker: (_ at: Int64) -> Void
    ) {
        var next = first
        var index = 0
        var last = lastSlot
        if lastSlot == nil, count > 0 {
            let slot = Int64(slots[0])
            if hasValueBefore { run(slot, slot, 0) }
            next = slot &+ 1
            last = slot
            index = 1
        }
        guard var previous = last else { return }
        while index < count {
            let slot = Int64(slots[index])
            let end = previous &+ 1 &+ idle
            if slot <= end &+ 1 {
                // A gauge that returns just when it would end goes on, too.
                if next <= slot { run(next, slot, index) }
            } else {
                if next <= end { run(next, end, index) }
                if next <= end &+ 1 { marker(end &+ 1) }
                if hasValueBefore { run(slot, slot, index) }
            }
            next = slot &+ 1
            previous = slot
            index &+= 1
        }
        let end = previous + 1 + idle
        if next <= min(self.last, end) { run(next, min(self.last, end), count) }
        if next <= end + 1, end + 1 <= self.last { marker(end + 1) }
    }
}
