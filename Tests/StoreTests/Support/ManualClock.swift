// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TimeSeries

/// A clock that stands still until a test moves it.
final class ManualClock: WallClock {
    private let milliseconds: Atomic<Int64>

    /// 2026-03-01T12:00:00Z unless said otherwise.
    init(_ seconds: Int64 = 1_772_366_400) {
        milliseconds = Atomic(seconds * 1_000)
    }

    var now: Timestamp { Timestamp(milliseconds: milliseconds.load(ordering: .acquiring)) }

    func advance(seconds: Int64 = 0, milliseconds more: Int64 = 0) {
        milliseconds.add(seconds * 1_000 + more, ordering: .acquiringAndReleasing)
    }
}
