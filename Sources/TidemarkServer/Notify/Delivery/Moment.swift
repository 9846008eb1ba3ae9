// SPDX-License-Identifier: Apache-2.0

import Dispatch
import TimeSeries

/// A moment by both clocks: alerts carry times of the calendar, waiting must not end early or late when that is set.
struct Moment: Equatable, Sendable {
    /// The calendar's time.
    var wall: Timestamp
    /// Time since some start, which only goes forward.
    var uptime: Duration
}

/// Where the present moment comes from; tests have one that they move by hand.
protocol DeliveryClock: Sendable {
    /// The present moment. Called from any thread.
    var now: Moment { get }
}

/// The machine's clocks.
struct MachineClock: DeliveryClock {
    var now: Moment {
        Moment(wall: SystemClock().now, uptime: .nanoseconds(Int64(DispatchTime.now().uptimeNanoseconds)))
    }
}
