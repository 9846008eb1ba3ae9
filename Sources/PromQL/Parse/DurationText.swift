// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// Durations as PromQL writes them: `1h30m`.
package enum DurationText {
    /// From the largest to the smallest, the order in which they must stand, in milliseconds.
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000),
        ("ms", 1),
    ]

    /// What is wrong with a duration.
    package struct Fault: Error { package var message: String }

    /// Milliseconds of a duration without a sign, at most 292 years.
    ///
    /// Source: Prometheus, `common/model/time.go`, `ParseDuration`.
    package static func milliseconds(of text: String) throws(Fault) -> Int64 {
        if text == "0" { return 0 }
        if text.isEmpty { throw Fault(message: "empty duration string") }
        let most = Int64.max / 1_000_000
        let invalid = Fault(message: "not a valid duration string: \(QuotedText.string(text))")
        var rest = text.utf8[...]
        var total: Int64 = 0
        var last = -1
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isDigit }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { !$0.isDigit }
            rest = rest.dropFirst(unit.count)
            guard !unit.isEmpty, let count = UInt64(Substring(digits)) else { throw invalid }
            guard let index = units.firstIndex(where: { $0.name == String(Substring(unit)) }) else {
                let name = QuotedText.string(String(Substring(unit)))
                throw Fault(message: "unknown unit \(name) in duration \(QuotedText.string(text))")
            }
            if index <= last { throw invalid }
            last = index
            let (product, overflows) = Int64(clamping: count).multipliedReportingOverflow(by: units[index].milliseconds)
            guard !overflows, product <= most, total + product <= most else {
                throw Fault(message: "duration out of range")
            }
            total += product
        }
        return total
    }

    /// The text of a duration, with a minus sign where it is negative. Years and weeks only where nothing is left.
    ///
    /// Source: Prometheus, `common/model/time.go`, `Duration.String`.
    package static func text(milliseconds: Int64) -> String {
        if milliseconds == 0 { return "0s" }
        var rest = milliseconds.magnitude
        var result = milliseconds < 0 ? "-" : ""
        for (index, unit) in units.enumerated() {
            let size = UInt64(unit.milliseconds)
            if index < 2, rest % size != 0 { continue }
            if rest >= size { result += "\(rest / size)\(unit.name)" }
            rest %= size
        }
        return result
    }
}
