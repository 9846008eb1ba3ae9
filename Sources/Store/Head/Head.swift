// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// What is in memory of the committed series: the total of each, and the increments since the last checkpoint.
///
/// Not thread safe; `SeriesStore` guards it.
struct Head {
    /// The total of each committed series, in units.
    private(set) var totals: [Int128] = []
    /// What fell back to Float64, by series, in whole units.
    private(set) var inexactTotals: [UInt32: Double] = [:]
    /// When each series last grew: arrival, Unix seconds.
    private(set) var lastArrivals: [UInt32] = []

    /// Takes the increments of new commits.
    private(set) var active = HeadSegment()
    /// What a checkpoint is writing.
    private(set) var frozen: HeadSegment?

    /// Memory in bytes.
    var bytes: Int {
        totals.count * (MemoryLayout<Int128>.stride + 4) + active.bytes + (frozen?.bytes ?? 0)
    }

    /// Makes room for the totals of so many series.
    mutating func grow(to count: Int) {
        guard count > totals.count else { return }
        totals.append(contentsOf: repeatElement(0, count: count - totals.count))
        lastArrivals.append(contentsOf: repeatElement(0, count: count - lastArrivals.count))
    }

    /// Puts back a total that a checkpoint wrote.
    mutating func restore(_ id: SeriesID, _ record: TotalRecord) {
        totals[Int(id.number)] = record.units
        if record.inexact != 0 { inexactTotals[id.number] = record.inexact }
        lastArrivals[Int(id.number)] = record.lastArrival
    }

    /// Adds a commit to totals and increments.
    mutating func apply(_ increments: [Increment], _ inexact: [InexactIncrement], arrival: UInt32) {
        totals.withUnsafeMutableBufferPointer { totals in
            lastArrivals.withUnsafeMutableBufferPointer { arrivals in
                for increment in increments {
                    totals[Int(increment.series.number)] += Int128(increment.units)
                    arrivals[Int(increment.series.number)] = arrival
                    active.add(increment)
                }
            }
        }
        for increment in inexact {
            inexactTotals[increment.series.number, default: 0] += increment.value
            lastArrivals[Int(increment.series.number)] = arrival
            active.add(increment)
        }
    }

    /// Adds one increment of the journal, to the total, to the segment, or to both: after a crash inside a checkpoint
    /// one of them may hold it already.
    mutating func replay(_ increment: Increment, arrival: UInt32, toTotal: Bool, toSegment: Bool) {
        if toTotal {
            totals[Int(increment.series.number)] += Int128(increment.units)
            lastArrivals[Int(increment.series.number)] = arrival
        }
        if toSegment { active.add(increment) }
    }

    /// The same for an inexact increment.
    mutating func replay(_ increment: InexactIncrement, arrival: UInt32, toTotal: Bool, toSegment: Bool) {
        if toTotal {
            inexactTotals[increment.series.number, default: 0] += increment.value
            lastArrivals[Int(increment.series.number)] = arrival
        }
        if toSegment { active.add(increment) }
    }

    /// Sets the increments apart for a checkpoint; new ones go to a fresh segment.
    mutating func freeze() -> HeadSegment {
        precondition(frozen == nil, "one checkpoint at a time")
        let segment = active
        frozen = segment
        active = HeadSegment()
        return segment
    }

    /// The checkpoint has written what was set apart.
    mutating func dropFrozen() {
        frozen = nil
    }
}
