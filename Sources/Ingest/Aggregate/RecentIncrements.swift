// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Finds increments of the same series and slot that were added a moment ago, so that a busy series takes one increment
/// a slot and not one an event. Forgetful by design: what it misses is added up later just the same.
struct RecentIncrements: ~Copyable {
    private struct Place: BitwiseCopyable {
        var series: UInt32
        var slot: UInt32
        var commit: UInt32
        var index: UInt32
    }

    private static let size = 4_096
    private let places: UnsafeMutablePointer<Place>

    init() {
        places = .allocate(capacity: RecentIncrements.size)
        places.initialize(
            repeating: Place(series: .max, slot: .max, commit: .max, index: 0),
            count: RecentIncrements.size
        )
    }

    deinit {
        places.deallocate()
    }

    @inline(__always)
    func add(_ increment: Increment, to commit: inout Commit, number: UInt32) {
        let series = increment.series.number
        let slot = increment.slot.number
        let hash = (series &* 0x9E37_79B1) ^ (slot &* 0x85EB_CA77)
        let place = places + Int(truncatingIfNeeded: (hash ^ hash >> 15) & UInt32(RecentIncrements.size - 1))
        if place.pointee.series == series, place.pointee.slot == slot, place.pointee.commit == number {
            let index = Int(place.pointee.index)
            let (sum, overflow) = commit.increments[index].units.addingReportingOverflow(increment.units)
            if !overflow {
                commit.increments[index].units = sum
                return
            }
        }
        place.pointee = Place(series: series, slot: slot, commit: number, index: UInt32(commit.increments.count))
        commit.increments.append(increment)
    }
}
