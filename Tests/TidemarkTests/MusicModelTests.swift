// SPDX-License-Identifier: Apache-2.0

import Foundation
import Ingest
import TestSupport
import Testing
import Tidemark

/// 5,000 listeners, six features each, and whether they clicked: as predictions and outcomes of a logistic regression.
@Suite(.enabled("needs the real data in ../shared/data") { Project.hasData })
struct `The model of the music data` {
    private let directory: TemporaryDirectory
    private let rows: [MusicRow]
    /// All events lie in one hour, which the rules look back on.
    private let time: Int64 = 1_795_651_200

    init() throws {
        directory = try TemporaryDirectory()
        rows = try MusicRow.read(Project.root + "/../shared/data/music/features.txt")
    }

    private func prediction(_ row: Int, _ model: String, _ score: Double) -> Event {
        Event(
            "prediction",
            id: "\(model)-\(row)",
            time: Timestamp(seconds: time + Int64(row % 3_000)),
            [
                "model": .text(model), "version": "1", "prediction": .text("\(model)-\(row)"),
                "score": .number(score),
                "features": .object([
                    "mobile": .number(rows[row].features[4]), "unique": .number(rows[row].features[5]),
                ]),
            ]
        )
    }

    private func outcome(_ row: Int, _ model: String) -> Event {
        Event(
            "outcome",
            id: "\(model)-\(row)-outcome",
            time: Timestamp(seconds: time + 3_200),
            ["prediction": .text("\(model)-\(row)"), "label": .integer(rows[row].label)]
        )
    }

    private func confusion(_ store: MetricsStore, _ model: String) -> [String: Double] {
        var counts: [String: Double] = [:]
        for (predicted, actual) in [("0", "0"), ("0", "1"), ("1", "0"), ("1", "1")] {
            let labels = Labels([
                (name: "model", value: model), (name: "version", value: "1"), (name: "predicted", value: predicted),
                (name: "actual", value: actual),
            ])
            counts["\(predicted) \(actual)"] = store.total(of: "model_outcomes_total", labels)
        }
        return counts
    }

    private func errorRate(_ store: MetricsStore, _ model: String) throws -> Double {
        let all = "increase(model_outcomes_total{model=\"\(model)\"}[2h] anchored)"
        let right = ["0", "1"]
            .map {
                "sum(increase(model_outcomes_total{model=\"\(model)\",predicted=\"\($0)\",actual=\"\($0)\"}[2h] anchored))"
            }
            .map { "(\($0) or vector(0))" }.joined(separator: " + ")
        let answer = try store.query("1 - (\(right)) / sum(\(all))", at: Timestamp(seconds: time + 3_600))
        guard case .vector(_, let columns) = answer.value else { return .nan }
        return columns.values.first ?? .nan
    }

    @Test func `is usable with 8 errors in 1,500, and one that says no to everybody is not`() throws {
        let store = try MetricsStore.open(at: directory.store, definitions: MetricDefinition.shipped)
        let test = rows.indices.filter { $0 % 10 >= 7 }
        let weights = MusicRow.logisticRegression(rows.indices.filter { $0 % 10 < 7 }.map { rows[$0] })
        // Outcomes of every other prediction come before it.
        var events: [Event] = []
        for row in test {
            let made = [
                prediction(row, "regression", rows[row].score(weights)), outcome(row, "regression"),
            ]
            events += row % 2 == 0 ? made : made.reversed()
            events += [prediction(row, "never", 0), outcome(row, "never")]
        }
        try store.record(events)
        #expect(confusion(store, "regression") == ["0 0": 1_267, "1 0": 3, "0 1": 5, "1 1": 225])
        #expect(confusion(store, "never") == ["0 0": 1_270, "0 1": 230])

        // At most one in ten is usable; the rules that say so are tested with these figures in rules/tests.
        #expect(abs(try errorRate(store, "regression") - 8 / 1_500) < 1e-12)
        #expect(abs(try errorRate(store, "never") - 230 / 1_500) < 1e-12)
        try store.close()
    }

    @Test func `has the bins of the reference, by label and by half`() throws {
        let store = try MetricsStore.open(at: directory.store, definitions: MetricDefinition.shipped)
        let bounds = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8].map { $0.nextDown }
        for model in ["by label", "by half"] {
            let isReference = { (row: Int) in model == "by label" ? rows[row].label == 0 : row < 2_500 }
            var counts = [UInt64](repeating: 0, count: 8)
            for row in rows.indices where isReference(row) {
                counts[bounds.firstIndex { rows[row].features[4] <= $0 } ?? 7] += 1
            }
            try store.setBaseline(
                Baseline(
                    model: model,
                    created: Timestamp(seconds: time),
                    source: "the reference",
                    features: [
                        FeatureBaseline(
                            name: "mobile",
                            bins: .numeric(
                                upperBounds: bounds,
                                positions: (0..<8).map(Double.init),
                                standardDeviation: 1
                            ),
                            counts: counts,
                            missing: 0
                        )
                    ]
                )
            )
            try store.record(rows.indices.filter { !isReference($0) }.map { prediction($0, model, 0.5) })
        }
        func observed(_ model: String) -> [Double] {
            (1...8).map { bin in
                store.total(
                    of: "model_feature_observations_total",
                    Labels([
                        (name: "model", value: model), (name: "version", value: "1"),
                        (name: "feature", value: "mobile"), (name: "baseline", value: "1"),
                        (name: "bin", value: "0\(bin)"),
                    ])
                ) ?? 0
            }
        }
        #expect(observed("by label") == [0, 0, 0, 0, 0, 63, 236, 443])
        #expect(observed("by half") == [635, 609, 142, 45, 170, 438, 217, 244])

        try store.close()
    }
}

/// A row of the file: a label and six features.
private struct MusicRow {
    let label: Int64
    let features: [Double]

    /// libsvm: `1 1:0.35 2:0.15 …`.
    static func read(_ path: String) throws -> [MusicRow] {
        try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { line in
            let words = line.split(separator: " ")
            let features = words.dropFirst().map { Double($0.split(separator: ":")[1]) ?? .nan }
            return MusicRow(label: Int64(words[0]) ?? -1, features: features)
        }
    }

    func score(_ weights: [Double]) -> Double {
        1 / (1 + exp(-zip([1] + features, weights).reduce(0) { $0 + $1.0 * $1.1 }))
    }

    /// Newton's method with an intercept, which an L2 penalty of 1e-4 is on as on all weights.
    static func logisticRegression(_ rows: [MusicRow]) -> [Double] {
        let size = 7
        var weights = [Double](repeating: 0, count: size)
        for _ in 0..<50 {
            // The normal equations with the gradient behind them.
            var system = [[Double]](repeating: [Double](repeating: 0, count: size + 1), count: size)
            for row in rows {
                let inputs = [1] + row.features
                let score = row.score(weights)
                for i in 0..<size {
                    for j in 0..<size { system[i][j] += score * (1 - score) * inputs[i] * inputs[j] }
                    system[i][size] += (Double(row.label) - score) * inputs[i]
                }
            }
            for i in 0..<size {
                system[i][i] += 1e-4
                system[i][size] -= 1e-4 * weights[i]
            }
            let step = solve(system)
            for i in 0..<size { weights[i] += step[i] }
            if step.allSatisfy({ abs($0) < 1e-10 }) { break }
        }
        return weights
    }

    /// Gauss-Jordan with pivots.
    private static func solve(_ system: [[Double]]) -> [Double] {
        var rows = system
        for column in rows.indices {
            let pivot = (column..<rows.count).max { abs(rows[$0][column]) < abs(rows[$1][column]) } ?? column
            rows.swapAt(column, pivot)
            let divisor = rows[column][column]
            for index in rows[column].indices { rows[column][index] /= divisor }
            for other in rows.indices where other != column {
                let factor = rows[other][column]
                for index in rows[other].indices { rows[other][index] -= factor * rows[column][index] }
            }
        }
        return rows.map { $0[rows.count] }
    }
}
