// SPDX-License-Identifier: Apache-2.0

public import Store
public import TimeSeries

/// How a store is opened. Every value has a default that suits one machine of two cores.
public struct StoreOptions: Sendable {
    /// Length of a slot in seconds, a divisor of a day up to an hour; fixed when the store is created. Nil takes what the
    /// store has, 15 for a new one.
    public var resolution: Int?
    /// For how many seconds an identity is remembered, by arrival; rounded up to hours. A day.
    public var dedupeWindow = 86_400
    /// Whether identities that the window has passed are deleted from the disk. To be false for what takes no events and
    /// does not know the window of the server whose directory it opens.
    public var expiresIdentities = true
    /// A series leaves the metrics page so many seconds after it last grew, and returns with its count. A day.
    public var idleTimeout = 86_400
    /// Bytes of memory for identities; beyond it the oldest hours go to the disk. 1 GiB.
    public var identityMemory = 1 << 30
    /// Bytes of memory for records of joins; beyond it the oldest days go to the disk. 1 GiB.
    public var joinMemory = 1 << 30
    /// Bytes of text taken in but not yet durable; beyond it the queue is full. 64 MiB.
    public var queue = 64 << 20
    /// When the database is exchanged for a fresh one.
    public var rotation = RotationSettings()
    /// How long sealed days are kept; for ever unless said otherwise. Metrics' own retention is in their definitions.
    public var retention = RetentionSettings()
    /// When days are sealed.
    public var days = DaySettings()
    /// Where "now" comes from.
    public var clock: any WallClock = SystemClock()

    /// The defaults.
    public init() {}
}
