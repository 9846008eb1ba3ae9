// SPDX-License-Identifier: Apache-2.0

/// One step of event time: the n-th span of `SlotResolution` since the Unix epoch.
///
/// Slot `n` holds the events with `n × resolution ≤ time < (n + 1) × resolution`.
public struct Slot: Hashable, Comparable, Sendable {
    /// The number of whole resolutions between the Unix epoch and the start of the slot.
    public var number: UInt32

    /// The slot of that number.
    @inlinable
    public init(_ number: UInt32) {
        self.number = number
    }

    /// Earlier is less.
    @inlinable
    public static func < (left: Slot, right: Slot) -> Bool {
        left.number < right.number
    }
}

/// How long a slot is. Fixed for a store when it is created.
public struct SlotResolution: Hashable, Sendable {
    /// Length of a slot in seconds: a divisor of a day, 1...3,600.
    public let seconds: Int

    /// Length of a slot in milliseconds.
    public let milliseconds: Int64

    /// A resolution of so many seconds, or nil unless `seconds` is in 1...3,600 and divides a day (86,400 s), which
    /// keeps every slot inside one UTC day.
    public init?(seconds: Int) {
        guard (1...3_600).contains(seconds), 86_400 % seconds == 0 else { return nil }
        self.seconds = seconds
        self.milliseconds = Int64(seconds) * 1_000
    }

    /// Fifteen seconds, what Tidemark uses unless told otherwise.
    public static let standard = SlotResolution(validSeconds: 15)

    private init(validSeconds: Int) {
        self.seconds = validSeconds
        self.milliseconds = Int64(validSeconds) * 1_000
    }

    /// The slot that holds `time`.
    ///
    /// - Precondition: `time` is in `representable`; event times are checked before they come here.
    @inlinable
    public func slot(of time: Timestamp) -> Slot {
        precondition(time.milliseconds >= 0, "a slot lies after the Unix epoch")
        return Slot(UInt32(time.milliseconds / milliseconds))
    }

    /// The first instant of a slot.
    @inlinable
    public func start(of slot: Slot) -> Timestamp {
        Timestamp(milliseconds: Int64(slot.number) * milliseconds)
    }
}
