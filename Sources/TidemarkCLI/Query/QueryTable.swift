// SPDX-License-Identifier: Apache-2.0

import Tidemark
import TidemarkServer

/// An answer as an aligned table: a row for each series with its labels as columns, or, of a range, a row for each time
/// with a column for each series.
struct QueryTable {
    let text: String

    init(_ samples: QuerySamples) {
        var rows = samples.isMatrix ? QueryTable.byTime(samples) : QueryTable.bySeries(samples)
        // Values stand on the right, so that their digits do; times and labels on the left.
        let firstValue = samples.isMatrix ? 1 : (rows.first?.count ?? 1) - 1
        var widths = [Int](repeating: 0, count: rows.first?.count ?? 0)
        for row in rows {
            for (column, cell) in row.enumerated() { widths[column] = max(widths[column], cell.count) }
        }
        for index in rows.indices {
            for column in rows[index].indices {
                let padding = String(repeating: " ", count: widths[column] - rows[index][column].count)
                if column >= firstValue {
                    rows[index][column] = padding + rows[index][column]
                } else if column < rows[index].count - 1 {
                    rows[index][column] += padding
                }
            }
        }
        text = rows.map { $0.joined(separator: "  ") + "\n" }.joined()
    }

    private static func bySeries(_ samples: QuerySamples) -> [[String]] {
        var names: [String] = []
        for name in Set(samples.series.flatMap { $0.labels.map(\.name) }).sorted() { names.append(name) }
        var rows = samples.series.map { series in
            let values = Dictionary(series.labels.map { ($0.name, $0.value) }) { first, _ in first }
            return names.map { plain(values[$0] ?? "") } + [plain(series.samples.last?.value ?? "")]
        }
        // A lone number needs no heading.
        if !names.isEmpty { rows.insert(names.map { plain($0) } + ["value"], at: 0) }
        return rows
    }

    private static func byTime(_ samples: QuerySamples) -> [[String]] {
        let times = Set(samples.series.flatMap { $0.samples.map(\.seconds) }).sorted()
        guard !times.isEmpty else { return [] }
        let places = Dictionary(uniqueKeysWithValues: times.enumerated().map { ($1, $0) })
        var rows = times.map { [Timestamp(milliseconds: Int64(($0 * 1_000).rounded())).rfc3339] }
        for (column, series) in samples.series.enumerated() {
            for index in rows.indices { rows[index].append("") }
            for sample in series.samples {
                if let row = places[sample.seconds] { rows[row][column + 1] = plain(sample.value) }
            }
        }
        return [["time"] + samples.series.map { plain($0.name) }] + rows
    }

    /// In one line, whatever is in it.
    private static func plain(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 0x20 }) else { return text }
        return text.unicodeScalars.map { $0 == "\n" ? "\\n" : $0.value < 0x20 ? "\u{FFFD}" : String($0) }.joined()
    }
}

extension QuerySamples.Series {
    /// `name{a="b"}`; `value` when there is nothing to say.
    fileprivate var name: String {
        let name = labels.first { $0.name == "__name__" }?.value ?? ""
        let others = Labels(labels.filter { $0.name != "__name__" }.map { (name: $0.name, value: $0.value) })
        let text = name + others.expositionText
        return text.isEmpty ? "value" : text
    }
}
