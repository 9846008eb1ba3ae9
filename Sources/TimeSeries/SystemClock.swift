// SPDX-License-Identifier: Apache-2.0

import Glibc

/// The machine's real-time clock.
public struct SystemClock: WallClock {
    /// The machine's clock.
    public init() {}

    /// The real-time clock, cut to milliseconds.
    public var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
