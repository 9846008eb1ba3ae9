// SPDX-License-Identifier: Apache-2.0

package import Tidemark

extension Timestamp {
    /// The earliest time that the query API takes.
    ///
    /// Source: Prometheus, `web/api/v1/api.go`, `MinTime`: what Go's `time` can say in milliseconds.
    static let earliest = Timestamp(milliseconds: -9_223_309_901_257_974_000)
    /// The latest time that the query API takes.
    static let latest = Timestamp(milliseconds: 9_223_309_901_257_974_999)

    /// Reads a time as the query API takes it: Unix seconds with any fraction, rounded to milliseconds, or RFC 3339.
    ///
    /// A number beyond ``earliest`` and ``latest`` is taken for them: Grafana probes with milliseconds in the place of
    /// seconds. So are the two texts beyond RFC 3339 that Prometheus's Go client sends for them.
    ///
    /// - Returns: nil for anything else.
    package init?(parameter text: String) {
        if let seconds = Double(text), let first = text.utf8.first, first != UInt8(ascii: " ") {
            guard !seconds.isNaN else { return nil }
            let milliseconds = (seconds * 1_000).rounded()
            guard milliseconds.magnitude < 9.2233e18 else {
                self = seconds < 0 ? .earliest : .latest
                return
            }
            // A whole number is exact however large it is, and a fraction is rounded on its own.
            let whole = seconds.rounded(.towardZero)
            let fraction = ((seconds - whole) * 1_000).rounded()
            self.init(milliseconds: Int64(whole) * 1_000 + Int64(fraction))
            return
        }
        switch text {
        case "-292273086-05-16T16:47:06Z": self = .earliest
        case "292277025-08-18T07:12:54.999999999Z", "292277025-08-18T07:12:54.999Z": self = .latest
        default: self.init(rfc3339: text)
        }
    }
}
