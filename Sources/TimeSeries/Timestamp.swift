// SPDX-License-Identifier: Apache-2.0

/// A point in time: milliseconds since the Unix epoch, as Prometheus counts it.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z; negative before it.
    public var milliseconds: Int64

    /// A timestamp of so many milliseconds since the Unix epoch.
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// A timestamp of so many whole seconds since the Unix epoch.
    public init(seconds: Int64) {
        self.milliseconds = seconds * 1_000
    }

    /// Seconds since the Unix epoch, with the milliseconds as a fraction.
    public var seconds: Double {
        Double(milliseconds) / 1_000
    }

    /// Earlier is less.
    public static func < (left: Timestamp, right: Timestamp) -> Bool {
        left.milliseconds < right.milliseconds
    }
}

/// Where "now" comes from. Tests inject one that they move by hand, so that no test sleeps.
public protocol WallClock: Sendable {
    /// The present time. Called from any thread.
    var now: Timestamp { get }
}
