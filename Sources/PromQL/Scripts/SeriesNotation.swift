// SPDX-License-Identifier: Apache-2.0

package import TimeSeries

/// A series as Prometheus's test scripts and `promtool test rules` write it: `metric{label="value"} 1 2+3x4 _ stale`.
///
/// Source of the notation: Prometheus, `promql/parser/generated_parser.y`, `series_description`.
package struct SeriesNotation: Sendable {
    /// What stands at one time of a series.
    package enum Value: Sendable {
        /// `_`: no sample.
        case omitted
        /// A number; of `stale` the staleness marker.
        case number(Double)
        /// `{{…}}`.
        case histogram(NativeHistogram, namesResetHint: Bool)
    }

    /// How many values one line may stand for. Prometheus knows no bound; one line must not take all memory.
    package static let maximumValues = 1_000_000

    /// The labels, `__name__` among them.
    package var labels: Labels
    /// One value for each time.
    package var values: [Value]

    /// Reads labels, space and values.
    package init(_ line: String) throws(SeriesNotationError) {
        let (metric, values) = SeriesNotation.split(line)
        labels = try SeriesNotation.labels(metric)
        self.values = try SeriesNotation.values(values)
    }

    /// The labels of `metric{label="value"}`.
    package static func labels(_ text: some StringProtocol) throws(SeriesNotationError) -> Labels {
        do throws(QueryError) {
            return try QueryEngine.parseMetric(String(text))
        } catch {
            throw SeriesNotationError(error.message)
        }
    }

    /// Divides a line where the labels end: at the first blank that is not between braces or quotes.
    package static func split(_ line: String) -> (metric: Substring, values: Substring) {
        var depth = 0
        var quote: UInt8?
        var index = line.utf8.startIndex
        while index < line.utf8.endIndex {
            let byte = line.utf8[index]
            if let open = quote {
                if byte == UInt8(ascii: "\\"), open != UInt8(ascii: "`") {
                    index = line.utf8.index(after: index)
                    if index == line.utf8.endIndex { break }
                } else if byte == open {
                    quote = nil
                }
            } else {
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"): quote = byte
                case UInt8(ascii: "{"): depth += 1
                case UInt8(ascii: "}"): depth -= 1
                case UInt8(ascii: " "), UInt8(ascii: "\t"):
                    if depth <= 0 { return (line[..<index], line[index...]) }
                default: break
                }
            }
            index = line.utf8.index(after: index)
        }
        return (line[...], line[line.endIndex...])
    }

    /// The values of `1 2+3x4 _x3 stale {{count:1}}x2`.
    package static func values(_ text: some StringProtocol) throws(SeriesNotationError) -> [Value] {
        var reader = SeriesValueReader(text)
        return try reader.all()
    }
}

/// What is wrong with a series.
package struct SeriesNotationError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
