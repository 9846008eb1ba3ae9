// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Which selectors look at the edges of windows only, and which samples they look at there.
extension SampleWindows {
    /// Those of an instant selector: the newest sample at each step, and the one behind it to draw a line to.
    init(at steps: Steps, isSmoothed: Bool) {
        self.init(
            firstEnd: steps.start,
            interval: steps.interval,
            count: steps.count,
            end: Edge(newest: 1, oldest: isSmoothed ? 1 : 0)
        )
    }

    /// Those of a function of a range vector; nil when it looks at every sample of a window.
    ///
    /// How many samples a window has is known without looking at them. Between drops a counter does not fall, so that its
    /// extremes are at the edges and at drops.
    ///
    /// - Parameter lookback: of `anchored` and `smoothed`, in milliseconds.
    init?(_ function: Function, _ extent: RangeExtent, at ends: Steps, range: Int64, lookback: Int64) {
        self.init(firstEnd: ends.start, interval: ends.interval, count: ends.count, range: range)
        switch function {
        case .rate, .increase, .resets, .minOverTime, .maxOverTime:
            needsDrops = true
            start.oldest = 1
            end.newest = 1
        case .delta:
            start.oldest = 1
            end.newest = 1
        case .irate, .idelta: end.newest = 2
        case .firstOverTime, .tsOfFirstOverTime: start.oldest = 1
        case .lastOverTime, .tsOfLastOverTime, .countOverTime, .presentOverTime, .absentOverTime: end.newest = 1
        default: return nil
        }
        switch extent {
        case .plain: break
        case .anchored:
            start = Edge(newest: 1)
            self.lookback = lookback
        case .smoothed:
            start = Edge(newest: 1, oldest: 1)
            end = Edge(newest: 1, oldest: 1)
        }
    }
}
