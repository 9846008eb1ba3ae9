// SPDX-License-Identifier: Apache-2.0

/// Durations as Go prints them: `1h2m3.5s`, `1.5ms`.
///
/// Source: Go, package time, Duration.String.
enum GoDuration {
    static func text(_ nanoseconds: Int64) -> String {
        let magnitude = nanoseconds.magnitude
        if magnitude == 0 { return "0s" }
        let sign = nanoseconds < 0 ? "-" : ""
        switch magnitude {
        case ..<1_000: return sign + "\(magnitude)ns"
        case ..<1_000_000: return sign + decimal(magnitude, unit: 1_000) + "µs"
        case ..<1_000_000_000: return sign + decimal(magnitude, unit: 1_000_000) + "ms"
        default: break
        }
        let minute: UInt64 = 60_000_000_000
        let minutes = magnitude / minute
        let seconds = decimal(magnitude % minute, unit: 1_000_000_000) + "s"
        if minutes == 0 { return sign + seconds }
        if minutes < 60 { return sign + "\(minutes)m" + seconds }
        return sign + "\(minutes / 60)h\(minutes % 60)m" + seconds
    }

    /// Without zeros at the end.
    private static func decimal(_ value: UInt64, unit: UInt64) -> String {
        let fraction = value % unit
        if fraction == 0 { return "\(value / unit)" }
        var digits = String(unit + fraction).dropFirst()
        while digits.last == "0" { digits.removeLast() }
        return "\(value / unit).\(digits)"
    }
}
