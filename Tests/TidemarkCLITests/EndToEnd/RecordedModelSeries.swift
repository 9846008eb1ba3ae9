// SPDX-License-Identifier: Apache-2.0

import Foundation

/// What the rules about models have recorded, at one moment.
struct RecordedModelSeries {
    private let values: [[String: String]: Double]

    /// When a server last began to evaluate the rules, in Unix seconds; nil before it has.
    static func newest(port: UInt16) throws -> Double? {
        try instantValues("min(timestamp(tidemark:threshold))", port: port).first
    }

    /// Asks a server for what it had recorded at a time in Unix seconds.
    init(at time: Double, port: UInt16) throws {
        let recorded = #"{__name__=~"model.*:.*|model_usable|window:length:.*|tidemark:threshold"}"#
        values = Dictionary(
            try instantVector(recorded, at: time, port: port).map { ($0.labels, $0.value) },
            uniquingKeysWith: { _, last in last }
        )
    }

    var count: Int { values.count }

    /// The names of the series that there are.
    var names: Set<String> { Set(values.keys.compactMap { $0["__name__"] }) }

    /// The value of a series; nil when it is not there.
    func value(_ name: String, _ labels: [String: String]) -> Double? {
        values[labels.merging(["__name__": name]) { $1 }]
    }

    /// How two servers differ.
    struct Comparison {
        /// Series that only one has, or that differ by more than the scrapes explain.
        var differences: [String] = []
        /// Names of the series that were compared to 1e-9 of their value.
        var exactNames: Set<String> = []
        var exact = 0
        var close = 0
        /// Largest difference of series that are compared exactly, as part of the value.
        var largestExact = 0.0
    }

    /// Compares with what another server has recorded.
    ///
    /// - Parameter isIncident: whether windows that are longer than the incident see both times, in proportions that
    ///   hang on when the scrapes were.
    func compare(_ other: RecordedModelSeries, isIncident: Bool) -> Comparison {
        var result = Comparison()
        for labels in Set(values.keys).symmetricDifference(other.values.keys) {
            result.differences.append("only in \(values[labels] == nil ? "Prometheus" : "Tidemark"): \(text(labels))")
        }
        for (labels, one) in values {
            guard let two = other.values[labels] else { continue }
            let name = labels["__name__"] ?? ""
            let difference = one == two ? 0 : abs(one - two)
            let size = max(abs(one), abs(two))
            let isEqual: Bool
            if countsEvents(name) {
                result.close += 1
                isEqual = difference <= 0.25 * size + absoluteTolerance(name)
            } else if isIncident, !isSettled(labels) {
                result.close += 1
                isEqual = difference <= 0.3 * size + 0.05
            } else {
                result.exact += 1
                result.exactNames.insert(name)
                if size > 1e-6 { result.largestExact = max(result.largestExact, difference / size) }
                // Distances are roots: 1e-16, which the order of a sum decides, becomes 1e-8.
                isEqual = difference <= 1e-9 * size + 1e-7
            }
            if !isEqual { result.differences.append("\(one), in Prometheus \(two): \(text(labels))") }
        }
        return result
    }

    // MARK: - What the scrapes change

    /// Whether a value grows with the number of events in the window. Two batches more or less are seen by another
    /// scrape, of the 40 of the shortest window; and z goes with the root of the events, p with z.
    private func countsEvents(_ name: String) -> Bool {
        let ends = [
            ":increase", ":expected", ":statistic", ":zscore", ":pvalue", ":effective", ":weight",
            "negatives:cumulative",
            ":hours", ":variation", "positives_above:sum", "psi_unbiased:value", "pooled:ratio",
        ]
        return ends.contains { name.hasSuffix($0) } && !name.hasPrefix("window:")
    }

    private func absoluteTolerance(_ name: String) -> Double {
        if name.hasSuffix(":zscore") || name.hasSuffix(":hours") { return 1 }
        return name.hasSuffix(":pvalue") || name.hasSuffix("psi_unbiased:value") ? 0.05 : 1e-9
    }

    /// Whether the window of a series has seen nothing but the incident, or the incident is not one of its model.
    private func isSettled(_ labels: [String: String]) -> Bool {
        let (model, version) = (labels["model"], labels["version"])
        if model == "price" || model == "coin" || model == "churn" && version == "1" { return true }
        if let window = labels["window"] { return window == "1h" }
        if let maturity = labels["maturity"] { return maturity == "0h" }
        return labels["days_ago"] == nil && labels["__name__"] != "model_version_day:error_newest:ratio"
    }

    private func text(_ labels: [String: String]) -> String {
        labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
    }
}
