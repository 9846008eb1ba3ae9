// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Finds points that were added to a commit a moment ago and can take in another, by the rules of `SeriesPoint`.
/// Forgetful by design, as `RecentIncrements` is: the store goes by the same rules.
///
/// It always finds the last point that was added for its series, slot and part, so that of two settings of a gauge for
/// one millisecond the later stays the later.
struct RecentPoints: ~Copyable {
    private struct Place: BitwiseCopyable {
        var series: UInt32
        var slot: UInt32
        var part: UInt32
        var commit: UInt32
        var index: UInt32
    }

    private static let size = 4_096
    private let places: UnsafeMutablePointer<Place>

    init() {
        places = .allocate(capacity: RecentPoints.size)
        places.initialize(
            repeating: Place(series: .max, slot: .max, part: .max, commit: .max, index: 0),
            count: RecentPoints.size
        )
    }

    deinit {
        places.deallocate()
    }

    /// Adds an integer that adds up: observations of a bin, or millionths of a sum.
    func addUnits(_ point: SeriesPoint, to commit: inout Commit, number: UInt32) {
        if let index = find(point, part: point.detail, number) {
            let units = Int64(bitPattern: point.payload)
            let (sum, overflow) = Int64(bitPattern: commit.points[index].payload).addingReportingOverflow(units)
            if !overflow {
                commit.points[index].payload = UInt64(bitPattern: sum)
                return
            }
        }
        append(point, part: point.detail, to: &commit, number)
    }

    /// Adds a Float64 that adds up: what fell back.
    func addValue(_ point: SeriesPoint, to commit: inout Commit, number: UInt32) {
        if let index = find(point, part: point.detail, number) {
            let sum = Double(bitPattern: commit.points[index].payload) + Double(bitPattern: point.payload)
            if sum.isFinite {
                commit.points[index].payload = sum.bitPattern
                return
            }
        }
        append(point, part: point.detail, to: &commit, number)
    }

    /// Sets a gauge: the greatest detail of a slot stays, of equals the later.
    func set(_ point: SeriesPoint, to commit: inout Commit, number: UInt32) {
        if let index = find(point, part: 0, number) {
            if commit.points[index].detail <= point.detail { commit.points[index] = point }
            return
        }
        append(point, part: 0, to: &commit, number)
    }

    /// Raises a register: of each the greatest rank stays.
    func raise(_ point: SeriesPoint, to commit: inout Commit, number: UInt32) {
        let register = point.detail >> 6
        if let index = find(point, part: register, number) {
            if commit.points[index].detail < point.detail { commit.points[index] = point }
            return
        }
        append(point, part: register, to: &commit, number)
    }

    // MARK: - Places

    @inline(__always)
    private func place(_ point: SeriesPoint, _ part: UInt32) -> UnsafeMutablePointer<Place> {
        let hash =
            (point.series.number &* 0x9E37_79B1) ^ (point.slot.number &* 0x85EB_CA77) ^ (part &* 0xC2B2_AE3D)
        return places + Int(truncatingIfNeeded: (hash ^ hash >> 15) & UInt32(RecentPoints.size - 1))
    }

    /// The index in the commit of the last point of that series, slot and part.
    @inline(__always)
    private func find(_ point: SeriesPoint, part: UInt32, _ number: UInt32) -> Int? {
        let place = place(point, part).pointee
        guard place.series == point.series.number, place.slot == point.slot.number, place.part == part,
            place.commit == number
        else { return nil }
        return Int(place.index)
    }

    @inline(__always)
    private func append(_ point: SeriesPoint, part: UInt32, to commit: inout Commit, _ number: UInt32) {
        place(point, part).pointee = Place(
            series: point.series.number,
            slot: point.slot.number,
            part: part,
            commit: number,
            index: UInt32(commit.points.count)
        )
        commit.points.append(point)
    }
}
