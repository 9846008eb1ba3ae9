// SPDX-License-Identifier: Apache-2.0

import Foundation
import YAML

/// How a mapping's time column is to be read.
enum TimeReading: Sendable {
    case rfc3339
    /// Seconds, or milliseconds from 1e11 on.
    case unix
    case unixMilliseconds
    case pattern(TimePattern, timeZone: TimeZone)

    init(_ value: YAMLValue) throws(FileError) {
        guard value.isMapping else {
            switch try value.string() {
            case "rfc3339": self = .rfc3339
            case "unix": self = .unix
            case "unix_ms": self = .unixMilliseconds
            default: throw value.fault("time is rfc3339, unix, unix_ms, or a mapping with 'format'")
            }
            return
        }
        let members = try value.mapping(keys: ["format", "timezone"])
        guard let format = members["format"] else { throw value.fault("the key 'format' is missing") }
        guard let pattern = TimePattern(try format.string()) else {
            throw format.fault("the format needs yyyy, MM and dd, and knows HH, mm, ss, S… and literal characters")
        }
        let zoneName = try members["timezone"]?.string() ?? "UTC"
        guard let zone = TimeZone(identifier: zoneName) else {
            throw (members["timezone"] ?? value).fault("the time zone '\(zoneName)' is not known")
        }
        self = .pattern(pattern, timeZone: zone)
    }
}

/// Reads times by a reading, remembering the offset of the zone for the hour it asked last.
///
/// One reader belongs to one thread.
final class TimeReader {
    private let reading: TimeReading
    private var knownHour = Int64.min
    private var knownOffset: Int64 = 0

    init(_ reading: TimeReading) {
        self.reading = reading
    }

    /// Milliseconds since the Unix epoch, or nil when the text is no such time.
    func read(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        switch reading {
        case .rfc3339: return EventTime.rfc3339(text)
        case .unix: return EventTime.unix(text)
        case .unixMilliseconds: return EventTime.unixMilliseconds(text)
        case .pattern(let pattern, let zone):
            guard let local = pattern.read(text) else { return nil }
            return local - offset(of: zone, local: local)
        }
    }

    /// The zone's offset for a local time. A local time that occurs twice (clocks set back) is the first of the two;
    /// one that does not occur (clocks set forward) is read with the offset before the change.
    private func offset(of zone: TimeZone, local: Int64) -> Int64 {
        let hour = local / 900_000  // offsets change at quarter hours at the finest
        if hour == knownHour { return knownOffset }
        func offset(at milliseconds: Int64) -> Int64 {
            Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(milliseconds) / 1_000))) * 1_000
        }
        // The offset in force before any change near this time makes it the earlier instant.
        let before = offset(at: local - 86_400_000)
        let candidate = offset(at: local - before)
        knownHour = hour
        knownOffset = candidate == before ? before : (offset(at: local - candidate) == candidate ? candidate : before)
        return knownOffset
    }
}
