// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// What was told to one destination, and what it still holds, since the start.
///
/// For `tidemark_notifications_total{destination,result="sent|failed|dropped"}` and the like. A notification is one
/// telling of one alert; a payload with three alerts counts as three.
public struct DestinationStatistics: Equatable, Sendable {
    /// An Alertmanager's URL without user and password, or a webhook's name.
    public var destination: String
    /// Notifications that were taken: any 2xx.
    public var sent: UInt64
    /// Notifications that were refused, or were tried for long enough. Of a request that an Alertmanager refused for one
    /// bad alert all count, though it keeps the good ones.
    public var failed: UInt64
    /// Notifications that were pushed out of a full queue, or left when delivery ended.
    public var dropped: UInt64
    /// Notifications to an Alertmanager that a newer one about the same alert came before; nothing is lost by them.
    public var replaced: UInt64
    /// Requests that followed a failed one.
    public var retries: UInt64
    /// Notifications that wait for an Alertmanager; alerts that a webhook's groups hold, told or not.
    public var queueLength: Int
    /// The most that can wait; a request under way is beside it.
    public var queueCapacity: Int
    /// When a request was taken last.
    public var lastSuccess: Timestamp?
}
