// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// What observations that are NaN do to a quantile: they count, as if they were greater than all others.
enum NaNObservations {
    case none
    /// The quantile is among them.
    case resultIsNaN
    /// It is greater than it would be without them.
    case resultIsSkewed
}

/// The value below which a share of a histogram's observations is.
///
/// In custom buckets and the zero bucket observations are taken to be spread evenly, in exponential buckets so that they
/// would fill finer buckets evenly. With buckets on one side of 0 only, the zero bucket ends at 0; the first custom
/// bucket begins there when its bound is positive.
///
/// Source: Prometheus, `promql/quantile.go`, `HistogramQuantile`.
///
/// - Parameter room: memory for buckets; what is in it goes.
/// - Returns: NaN without observations or for NaN; −Inf or +Inf of a quantile that is less than 0 or more than 1.
func nativeQuantile(
    _ quantile: Double,
    of histogram: NativeHistogram,
    _ room: inout [NativeHistogram.Bucket]
) -> (value: Double, note: NaNObservations) {
    if quantile < 0 { return (-.infinity, .none) }
    if quantile > 1 { return (.infinity, .none) }
    if histogram.count == 0 || quantile.isNaN { return (.nan, .none) }
    room.removeAll(keepingCapacity: true)
    histogram.appendBuckets(to: &room)
    // From the nearer end; with NaN observations, which no bucket holds, from below.
    let isAscending = histogram.sum.isNaN || quantile < 0.5
    var rank = (isAscending ? quantile : 1 - quantile) * histogram.count
    var bucket = NativeHistogram.Bucket(lower: 0, upper: 0, lowerInclusive: false, upperInclusive: false, count: 0)
    var count: Double = 0
    for position in room.indices {
        bucket = room[isAscending ? position : room.count - 1 - position]
        if bucket.count == 0 { continue }
        count += bucket.count
        if count >= rank { break }
    }
    if histogram.usesCustomBuckets {
        if bucket.lower == -.infinity {
            if bucket.upper <= 0 { return (bucket.upper, .none) }
            bucket.lower = 0
        } else if bucket.upper == .infinity {
            return (bucket.lower, .none)
        }
    } else if bucket.lower < 0, bucket.upper > 0 {
        bucket = histogram.endingAtZero(bucket)
    }
    // Rounding may have made more of the buckets than there is.
    if count > histogram.count { count = histogram.count }
    if count < rank { return histogram.sum.isNaN ? (.nan, .resultIsNaN) : (bucket.upper, .none) }
    rank = isAscending ? rank - (count - bucket.count) : count - rank
    var note = NaNObservations.none
    if histogram.sum.isNaN, room.reduce(0, { $0 + $1.count }) < histogram.count { note = .resultIsSkewed }
    let share = rank / bucket.count
    if histogram.usesCustomBuckets || (bucket.lower <= 0 && bucket.upper >= 0) {
        return (bucket.lower + (bucket.upper - bucket.lower) * share, note)
    }
    return (exponentialValue(ofShare: share, lower: bucket.lower, upper: bucket.upper), note)
}

/// Which share of a histogram's observations is between two values: what `nativeQuantile` undoes, with the same
/// assumptions about buckets. NaN observations are in no share.
///
/// Source: Prometheus, `promql/quantile.go`, `HistogramFraction`.
///
/// - Parameter room: memory for buckets; what is in it goes.
/// - Returns: NaN without observations or when a value is NaN, 0 when `upper` is not greater than `lower`; and whether
///   there are NaN observations.
func nativeFraction(
    from lower: Double,
    to upper: Double,
    of histogram: NativeHistogram,
    _ room: inout [NativeHistogram.Bucket]
) -> (value: Double, excludesNaN: Bool) {
    if histogram.count == 0 || lower.isNaN || upper.isNaN { return (.nan, false) }
    if lower >= upper { return (0, false) }
    room.removeAll(keepingCapacity: true)
    histogram.appendBuckets(to: &room)
    var ranks = FractionRanks(lower: lower, upper: upper)
    var below: Double = 0
    for bucket in room {
        let holdsZero = bucket.lower <= 0 && bucket.upper >= 0
        let ended = holdsZero ? histogram.endingAtZero(bucket) : bucket
        let (from, to) = (ended.lower, ended.upper)
        let isDone = ranks.visit(from, to, below: below) { value in
            if !histogram.usesCustomBuckets, !holdsZero {
                return below + bucket.count * exponentialShare(below: value, lower: from, upper: to)
            }
            return from == -.infinity ? bucket.count : below + bucket.count * (value - from) / (to - from)
        }
        if isDone { break }
        below += bucket.count
    }
    var total = histogram.count
    if histogram.sum.isNaN { total = room.reduce(0) { $0 + $1.count } }
    let excludesNaN = histogram.sum.isNaN && total < histogram.count
    return (ranks.between(atMost: total) / histogram.count, excludesNaN)
}
