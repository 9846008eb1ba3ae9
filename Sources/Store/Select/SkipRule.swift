// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Whether a stretch of the points of a series need not be decoded: when its sums say all that a reader of the edges of
/// windows can see of it, to the last bit.
struct SkipRule {
    let kept: KeptBoundaries
    /// The boundaries asked for; the first and the last of them are kept, too, see `KeptBoundaries.tail`.
    let first: Int64
    let last: Int64
    /// How many slots a series stays live after one with a point.
    let idle: Int64
    let kind: MetricFamily.Kind
    /// The part of a histogram; it is all of a counter or a gauge.
    let isSum: Bool

    init(_ request: EventRequest, _ edges: KeptBoundaries, _ runs: LiveRuns) {
        kept = edges
        first = runs.first
        last = runs.last
        idle = runs.idle
        kind = request.family.kind
        isSum = request.part == .sum
    }

    /// Looks at the stretch that is put together.
    ///
    /// - Parameter previous: the last slot before it that has a point, as far as that is known.
    /// - Complexity: O(log boundaries).
    func allows(_ points: SkippedPoints, after previous: Int64?) -> Bool {
        let stretch = points.open
        // No sample within is looked at; nor is it cut by the time asked for, at whose ends samples are kept.
        let isBeforeTail = stretch.last < kept.tail(last) || stretch.first == stretch.last && stretch.last <= last
        guard stretch.first >= first, isBeforeTail,
            !kept.contains(after: stretch.first, through: stretch.last)
        else { return false }
        // The series does not end and begin again within.
        guard stretch.last - stretch.first <= idle + 2 else { return false }
        if kind == .gauge {
            // Where it begins, its first sample is one behind its first slot, and would be within.
            return previous.map { stretch.first - $0 <= idle + 2 } ?? false
        }
        return stretch.sums.allSatisfy { allows(points.sums[$0], sources: stretch.sources) }
    }

    private func allows(_ sum: SkippedPoints.Sum, sources: Int) -> Bool {
        switch sum.detail {
        case ChunkSum.falls, ChunkSum.fallsOfSum:
            // Where it falls is not known. Nor, of two sources, whether points of one slot are beyond 64 bits together.
            let isOther = kind == .histogram && isSum != (sum.detail == ChunkSum.fallsOfSum)
            return isOther || sources == 1 && !kept.windows.needsDrops
        case PointDetail.inexact where kind == .counter, PointDetail.inexactSum where isSum:
            // What a sum of floating point numbers is depends on the order in which they are added.
            return false
        case PointDetail.inexactSum:
            return true
        default:
            return sum.number.magnitude < 1 << 62
        }
    }
}
