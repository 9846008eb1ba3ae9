// SPDX-License-Identifier: Apache-2.0

import Tidemark
import TimeSeries

/// What a request for a page asks to see: time and choices, named in the URL as Grafana names them, so that an alert's
/// link to a dashboard opens the page too.
struct PageAddress: Sendable {
    /// `now-7d`, or a time.
    let from: String
    /// `now`, or a time.
    let to: String
    /// What was chosen, by the variable's name; all when there is nothing.
    let choices: [String: [String]]
    /// Numbers of the closed rows that are to be open.
    let open: Set<Int>
    /// Of the query page.
    let query: String

    /// The times that the page offers: from, and in words.
    static let times = [
        ("now-6h", "Last 6 hours"), ("now-24h", "Last 24 hours"), ("now-2d", "Last 2 days"), ("now-7d", "Last 7 days"),
        ("now-28d", "Last 28 days"),
    ]

    /// - Parameter defaults: the time when the URL says none.
    init(_ parameters: RequestParameters, defaults: Dashboard.TimeRange) {
        from = parameters["from"] ?? defaults.from
        to = parameters["to"] ?? defaults.to
        query = parameters["query"] ?? ""
        open = Set(parameters.all("row").compactMap { Int($0) })
        var choices: [String: [String]] = [:]
        for field in parameters.fields where field.name.hasPrefix("var-") {
            // Grafana's own word for all.
            if field.value.isEmpty || field.value == "$__all" || field.value == "All" { continue }
            choices[String(field.name.dropFirst(4)), default: []].append(field.value)
        }
        self.choices = choices
    }

    /// The time asked for.
    ///
    /// - Parameter now: for times that are told from it.
    /// - Throws: `APIError`, 400, for what is no time, an end before the start, or more than three years.
    func window(now: Timestamp) throws(APIError) -> ClosedRange<Timestamp> {
        let start = try time("from", from, now: now)
        let end = try time("to", to, now: now)
        guard start < end else { throw .invalidParameter("to", "the end must not be before the start") }
        let (length, isEndless) = end.milliseconds.subtractingReportingOverflow(start.milliseconds)
        guard !isEndless, length <= 3 * 366 * 86_400_000 else {
            throw .invalidParameter("from", "a page shows at most three years")
        }
        return start...end
    }

    /// `now`, `now-7d`, milliseconds since 1970, or RFC 3339.
    private func time(_ name: String, _ text: String, now: Timestamp) throws(APIError) -> Timestamp {
        if text == "now" { return now }
        if text.hasPrefix("now-") {
            let distance = text.dropFirst(4)
            let units: [Character: Int64] = ["m": 60, "h": 3_600, "d": 86_400, "w": 604_800]
            if let unit = distance.last.flatMap({ units[$0] }), let count = Int64(distance.dropLast()),
                (0...10_000).contains(count)
            {
                return Timestamp(milliseconds: now.milliseconds - count * unit * 1_000)
            }
        } else if let milliseconds = Int64(text), milliseconds.magnitude < 1 << 53 {
            return Timestamp(milliseconds: milliseconds)
        } else if let time = Timestamp(parameter: text), time.milliseconds.magnitude < 1 << 53 {
            return time
        }
        throw .invalidParameter(name, "it is no time such as now-7d or 2026-01-05T12:00:00Z")
    }

    /// The parameters of the same page with other rows open.
    func text(open: Set<Int>) -> String {
        var parts = ["from=\(percentEncoded(from))", "to=\(percentEncoded(to))"]
        for (name, values) in choices.sorted(by: { $0.key < $1.key }) {
            parts += values.map { "var-\(percentEncoded(name))=\(percentEncoded($0))" }
        }
        parts += open.sorted().map { "row=\($0)" }
        return parts.joined(separator: "&")
    }

    /// An address of a dashboard's link, of which `${__value.raw}` is a cell's text.
    ///
    /// - Returns: nil for an address that is neither of this page nor of the web.
    func filledIn(_ template: String, value: String = "") -> String? {
        let text =
            template
            .replacing("${__value.raw:percentencode}", with: percentEncoded(value))
            .replacing("${__value.raw}", with: percentEncoded(value))
            // There is one source of data here.
            .replacing("${datasource:queryparam}&", with: "")
            .replacing("${__url_time_range}", with: "from=\(percentEncoded(from))&to=\(percentEncoded(to))")
        guard text.hasPrefix("/d/") || text.hasPrefix("https://") || text.hasPrefix("http://") else { return nil }
        return text
    }
}
