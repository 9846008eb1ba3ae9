// SPDX-License-Identifier: Apache-2.0

import Synchronization
public import TimeSeries

/// Decides which samples are added, by Prometheus's rules (`tsdb/head_append.go`): in each series time goes on. Knows
/// what was accepted and is not committed yet, too.
///
/// Used under the lock of the event path.
public final class SampleRules {
    /// The time and bits of the newest sample of each series; `Int64.min` when there is none.
    private var times: [Int64] = []
    private var bits: [UInt64] = []

    /// How far a sample may be ahead of the clock, in milliseconds.
    public static let mostAhead: Int64 = 600_000

    /// What is to be done with a sample.
    public enum Verdict: Sendable {
        /// It is to be added.
        case accepted
        /// It is there already.
        case duplicate
        /// Its time has another value.
        case conflict
        /// Its series has gone on.
        case outOfOrder
        /// Its time cannot be.
        case outOfBounds
    }

    /// The rules for a store as it is now.
    public init(_ store: SeriesStore) {
        let totals = store.state.withLock { $0.head.totals }
        for (number, kind) in totals.kinds.enumerated() where kind == .samples {
            grow(to: number + 1)
            times[number] = SeriesTotals.Newest.milliseconds(totals.numbers[number])
            bits[number] = SeriesTotals.Newest.bits(totals.numbers[number])
        }
    }

    /// Judges a sample, and takes it as the newest one when it is accepted.
    ///
    /// - Parameter latest: the latest time that is possible, in milliseconds.
    @inline(__always)
    public func judge(_ sample: SeriesSample, latest: Int64) -> Verdict {
        guard sample.milliseconds >= 0, sample.milliseconds <= latest else { return .outOfBounds }
        let number = Int(sample.series.number)
        if number >= times.count { grow(to: number + 1) }
        let newest = times[number]
        if sample.milliseconds > newest {
            times[number] = sample.milliseconds
            bits[number] = sample.bits
            return .accepted
        }
        if sample.milliseconds < newest { return .outOfOrder }
        return sample.bits == bits[number] ? .duplicate : .conflict
    }

    private func grow(to count: Int) {
        guard count > times.count else { return }
        times += Array(repeating: .min, count: count - times.count)
        bits += Array(repeating: 0, count: count - bits.count)
    }
}
