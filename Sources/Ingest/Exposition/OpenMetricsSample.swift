// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// One line of a sample, read to the letter.
struct OpenMetricsSample {
    /// The name of the sample, its suffix included.
    let name: String
    /// All labels as written, empty values included.
    let pairs: [(name: String, value: String)]
    let value: Double
    /// Seconds since the Unix epoch.
    let timestamp: Double?
    /// The value of its exemplar.
    let exemplar: Double?

    /// Reads a line.
    init(_ cursor: inout LineCursor) throws(SyntaxFault) {
        let series = try SeriesText(&cursor, .strict)
        name = series.name
        pairs = series.labels?.pairs ?? []
        guard cursor.take(" ") else { throw OpenMetricsSample.noSpace("the metric", cursor) }
        value = try cursor.number("value", .verdict)
        if cursor.isAtEnd {
            (timestamp, exemplar) = (nil, nil)
            return
        }
        guard cursor.take(" ") else { throw OpenMetricsSample.noSpace("the value", cursor) }
        if cursor.next == UInt8(ascii: "#") {
            timestamp = nil
        } else {
            timestamp = try cursor.number("timestamp", .decimal)
            if cursor.isAtEnd {
                exemplar = nil
                return
            }
            guard cursor.take(" ") else { throw OpenMetricsSample.noSpace("the timestamp", cursor) }
        }
        exemplar = try ExemplarText(&cursor, .strict).value
    }

    private static func noSpace(_ part: String, _ cursor: LineCursor) -> SyntaxFault {
        SyntaxFault(
            cursor.isAtEnd
                ? "nothing behind \(part)" : "no space behind \(part), but \(SyntaxFault.quoted(cursor.rest))"
        )
    }

    /// The value of a label, or nil.
    subscript(label: String) -> String? { pairs.first { $0.name == label }?.value }

    /// A text that two samples share when their labels are the same; an empty value is an absent label.
    ///
    /// - Parameter label: a label that does not count.
    func key(without label: String? = nil) -> [UInt8] {
        Labels(pairs.filter { $0.name != label }).expositionBytes
    }
}
