// SPDX-License-Identifier: Apache-2.0

/// Why an event was not accepted: a label value of `tidemark_events_total{result="rejected"}`.
///
/// The raw value is written to disk (as the index of a count) and never reused.
public enum RejectReason: Int, CaseIterable, Sendable {
    /// Not JSON, not an object, a value of the wrong type, or a CSV row with another number of fields.
    case malformed = 0
    /// No `type`, or none of the values that its definitions take.
    case missingField = 1
    /// A time that is none, has no zone, or lies before 1970.
    case badTime = 2
    /// A time more than ten minutes ahead of the clock.
    case future = 3
    /// A measure that is no decimal number or not finite, or a counter's that is negative.
    case badNumber = 4
    /// A line over 1 MiB or a label value over 1,024 bytes.
    case tooLarge = 5
    /// An object with more than 256 members.
    case tooManyFields = 6
    /// Bytes that are not UTF-8.
    case badUTF8 = 7

    /// The name in metrics, answers and logs.
    public var name: String {
        switch self {
        case .malformed: "malformed"
        case .missingField: "missing_field"
        case .badTime: "bad_time"
        case .future: "future"
        case .badNumber: "bad_number"
        case .tooLarge: "too_large"
        case .tooManyFields: "too_many_fields"
        case .badUTF8: "bad_utf8"
        }
    }
}

/// An event that was not accepted, and why.
public struct Reject: Equatable, Sendable {
    /// The 1-based line of the body or file on which the event begins.
    public var line: Int
    /// The class of the fault.
    public var reason: RejectReason
    /// The fault in words, with the field.
    public var message: String

    /// A reject.
    public init(line: Int, reason: RejectReason, message: String) {
        self.line = line
        self.reason = reason
        self.message = message
    }
}

/// Bounds of what one event may hold.
public enum EventLimits {
    /// Longest line, JSON object or CSV row, in bytes, without the line end.
    public static let lineBytes = 1 << 20
    /// Longest label value, identity or source, in bytes of UTF-8.
    public static let valueBytes = 1_024
    /// Most members of one event's object.
    public static let fields = 256
    /// How far ahead of the clock an event may lie, in milliseconds, inclusive.
    public static let futureMilliseconds: Int64 = 600_000
}
