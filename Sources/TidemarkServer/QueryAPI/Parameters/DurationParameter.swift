// SPDX-License-Identifier: Apache-2.0

import PromQL

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
    do throws(DurationText.Fault) {
        return try DurationText.milliseconds(of: text) * 1_000_000
    } catch {
        throw DurationFault(message: "cannot parse \"\(text)\" to a valid duration")
    }
}
