// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// What a receiver of remote write was sent, since the start.
struct RemoteWriteStatistics: Equatable, Sendable {
    /// The receiver.
    var name: String
    /// Samples that it has taken.
    var sent: UInt64 = 0
    /// Samples that it has refused, and that are not sent again.
    var failed: UInt64 = 0
    /// Requests after a failed one.
    var retries: UInt64 = 0
    /// The time of the newest sample that it has taken; nil before the first one.
    var highestSent: Timestamp?
    /// How far behind the clock it is, in milliseconds; not below 0.
    var lag: Int64 = 0
}
