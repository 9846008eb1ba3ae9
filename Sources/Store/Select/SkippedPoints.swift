// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Stretches of points of one series that are not decoded, and what they come to. Made once and filled again and again:
/// the memory stays. One thread at a time.
///
/// A stretch is put together from chunks and days, and then kept or discarded.
final class SkippedPoints {
    /// Points that lie one behind the other, with no others between.
    struct Stretch {
        /// The first and the last slot that has a point.
        var first: Int64
        var last: Int64
        /// Where its sums are.
        var sums: Range<Int>
        /// How many chunks or days it has been put together from.
        var sources: Int
    }

    /// What one source comes to in one detail, as in `SealedSums`.
    struct Sum {
        /// The last slot of the source.
        var last: Int64
        var detail: UInt32
        var number: Int128
    }

    /// In order of time.
    private(set) var stretches: [Stretch] = []
    /// Those of all stretches.
    private(set) var sums: [Sum] = []
    /// What is being put together, behind the stretches.
    private(set) var open = Stretch(first: .max, last: .min, sums: 0..<0, sources: 0)

    func removeAll() {
        stretches.removeAll(keepingCapacity: true)
        sums.removeAll(keepingCapacity: true)
        begin()
    }

    private func begin() {
        open = Stretch(first: .max, last: .min, sums: sums.count..<sums.count, sources: 0)
    }

    /// Adds a chunk to the stretch that is put together.
    func add(_ entry: ChunkList.Entry, _ rule: PointRule) {
        for sum in entry.sums {
            sums.append(Sum(last: entry.last, detail: sum.detail, number: SealedSums.number(sum, rule)))
        }
        widen(entry.first, entry.last)
    }

    /// Adds a sealed day to the stretch that is put together.
    func add(_ day: SealedEra.Day) {
        for sum in day.sums.sums { sums.append(Sum(last: day.last, detail: sum.detail, number: sum.number)) }
        widen(day.first, day.last)
    }

    private func widen(_ first: Int64, _ last: Int64) {
        open.first = min(open.first, first)
        open.last = max(open.last, last)
        open.sums = open.sums.lowerBound..<sums.count
        open.sources += 1
    }

    /// What was put together is not decoded.
    func keep() {
        stretches.append(open)
        begin()
    }

    /// What was put together is decoded, or put together of smaller parts.
    func discard() {
        sums.removeSubrange(open.sums)
        begin()
    }

    // MARK: - What they come to

    /// The sum of some details of a stretch.
    @inline(__always)
    func units(_ stretch: Stretch, _ isWanted: (UInt32) -> Bool) -> Int128 {
        var units: Int128 = 0
        for index in stretch.sums where isWanted(sums[index].detail) { units += sums[index].number }
        return units
    }

    /// The value of a gauge behind a stretch, its bits.
    func latest(_ stretch: Stretch) -> UInt64 {
        var latest = sums[stretch.sums.lowerBound]
        for sum in sums[stretch.sums].dropFirst() where (sum.last, sum.detail) >= (latest.last, latest.detail) {
            latest = sum
        }
        return UInt64(truncatingIfNeeded: latest.number)
    }
}
