// SPDX-License-Identifier: Apache-2.0

import PromQL
import TimeSeries

/// What a query of a panel brought: series with their samples.
struct PanelSeries: Sendable {
    let labels: Labels
    /// The name by the panel's legend.
    let name: String
    let refId: String
    /// Milliseconds since 1970, ascending; one of an instant query.
    var times: [Int64]
    var values: [Double]

    /// The newest value that is a number.
    var last: Double? { values.last { !$0.isNaN } }
}

/// What the queries of a panel brought, or why not.
struct PanelData: Sendable {
    var series: [PanelSeries] = []
    /// What is wrong, for the reader.
    var fault: String?
    /// Milliseconds between two points.
    var step: Int64 = 0
}

extension PanelSeries {
    /// The series of an answer, in its order. Histograms are left out.
    static func all(of value: QueryValue, _ target: DashboardPanel.Target) -> [PanelSeries] {
        switch value {
        case .scalar(let time, let number):
            return [one(Labels([:]), target, [time.milliseconds], [number])]
        case .string:
            return []
        case .vector(_, let columns), .matrix(let columns):
            return (0..<columns.count).compactMap { index in
                let samples = columns.samples(of: index)
                guard columns.histograms.isEmpty || columns.histograms[samples].allSatisfy({ $0 == nil }) else {
                    return nil
                }
                return one(
                    columns.labels[index],
                    target,
                    Array(columns.timestamps[samples]),
                    Array(columns.values[samples])
                )
            }
        }
    }

    private static func one(
        _ labels: Labels,
        _ target: DashboardPanel.Target,
        _ times: [Int64],
        _ values: [Double]
    ) -> PanelSeries {
        PanelSeries(
            labels: labels,
            name: legend(target.legendFormat, labels),
            refId: target.refId,
            times: times,
            values: values
        )
    }

    /// `{{campaign}} week before` with the labels' values in it; of `__auto` the labels themselves.
    static func legend(_ format: String, _ labels: Labels) -> String {
        guard format != "__auto" else { return labels.pairs.isEmpty ? "value" : labels.description }
        var result = ""
        var rest = format[...]
        while let open = rest.firstRange(of: "{{") {
            guard let close = rest[open.upperBound...].firstRange(of: "}}") else { break }
            result += rest[..<open.lowerBound]
            result += labels[rest[open.upperBound..<close.lowerBound].filter { $0 != " " }] ?? ""
            rest = rest[close.upperBound...]
        }
        result += rest
        // Where a label is not there, the spaces around it are one too many.
        let words = result.split(separator: " ").joined(separator: " ")
        return words.isEmpty ? "all" : words.replacing(" :", with: ":")
    }
}
