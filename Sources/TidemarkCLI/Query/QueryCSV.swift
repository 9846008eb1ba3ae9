// SPDX-License-Identifier: Apache-2.0

/// An answer as CSV (RFC 4180, with line feeds): the columns of `tidemark export --format csv`.
struct QueryCSV {
    let text: String

    init(_ samples: QuerySamples) {
        let names = Set(samples.series.flatMap { $0.labels.map(\.name) }).subtracting(["__name__"]).sorted()
        var text = (["timestamp", "value", "metric"] + names).map(QueryCSV.cell).joined(separator: ",") + "\n"
        for series in samples.series {
            let values = Dictionary(series.labels.map { ($0.name, $0.value) }) { first, _ in first }
            let labels = ([values["__name__"] ?? ""] + names.map { values[$0] ?? "" }).map(QueryCSV.cell)
                .joined(separator: ",")
            for sample in series.samples {
                let milliseconds = Int64((sample.seconds * 1_000).rounded())
                text += "\(milliseconds),\(QueryCSV.cell(sample.value)),\(labels)\n"
            }
        }
        self.text = text
    }

    private static func cell(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
