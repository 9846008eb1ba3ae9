// SPDX-License-Identifier: Apache-2.0

/// Why a text is no duration.
package struct DurationFault: Error, Hashable, Sendable {
    /// In Prometheus's words.
    package var message: String
}

/// Reads a duration as the query API takes it: seconds with any fraction, or Prometheus's `1h30m`, `90s`, `100ms`.
///
/// Units are `y` 365 days, `w`, `d`, `h`, `m`, `s`, `ms`, larger ones first, each at most once; `0` needs none.
/// Source: Prometheus, `web/api/v1/api.go`, `parseDuration`; prometheus/common, `model/time.go`.
///
/// - Returns: nanoseconds.
package func nanoseconds(parameter text: String) throws(DurationFault) -> Int64 {
    if let seconds = Double(text) {
        let nanoseconds = seconds * 1e9
        guard nanoseconds.magnitude < 0x1p63 else {
            throw DurationFault(message: "cannot parse \"\(text)\" to a valid duration. It overflows int64")
        }
        return Int64(nanoseconds)
    }
    guard let milliseconds = milliseconds(duration: text) else {
        throw DurationFault(message: "cannot parse \"\(text)\" to a valid duration")
    }
    return milliseconds * 1_000_000
}

/// Prometheus's durations in milliseconds; nil for anything else, and beyond what nanoseconds can say.
private func milliseconds(duration text: String) -> Int64? {
    let units: [(name: String, milliseconds: Int64)] = [
        ("y", 31_536_000_000), ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000),
        ("ms", 1),
    ]
    var remaining = units[...]
    var total: Int64 = 0
    var rest = text[...]
    guard !rest.isEmpty else { return nil }
    while !rest.isEmpty {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count)
        let name = rest.prefix { $0.isASCII && $0.isLetter }
        rest = rest.dropFirst(name.count)
        guard let number = Int64(digits), let unit = remaining.firstIndex(where: { $0.name == name }) else {
            return nil
        }
        let (part, isTooLarge) = number.multipliedReportingOverflow(by: units[unit].milliseconds)
        let (sum, isTooLong) = total.addingReportingOverflow(part)
        guard !isTooLarge, !isTooLong, sum <= Int64.max / 1_000_000 else { return nil }
        total = sum
        remaining = remaining[(unit + 1)...]
    }
    return total
}
