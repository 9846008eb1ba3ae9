// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Store
@testable import Tidemark

struct `Predictions and outcomes in a store` {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func open() throws -> MetricsStore {
        try MetricsStore.open(at: directory.store, definitions: MetricDefinition.shipped)
    }

    private func prediction(_ id: Int, score: Double = 0.9) -> Event {
        Event(
            "prediction",
            id: "p\(id)",
            time: Timestamp(seconds: 1_772_366_400),
            ["model": "m", "prediction": .text("p\(id)"), "score": .number(score), "latency": 0.25]
        )
    }

    private func outcome(_ id: Int, _ label: Int64, at seconds: Int64) -> Event {
        Event(
            "outcome",
            time: Timestamp(seconds: 1_772_366_400 + seconds),
            ["prediction": .text("p\(id)"), "label": .integer(label)]
        )
    }

    private func outcomes(_ store: MetricsStore, predicted: String = "1", actual: String) -> Double {
        store.total(of: "model_outcomes_total", ["model": "m", "predicted": predicted, "actual": actual]) ?? 0
    }

    /// The lines of the page that a scrape would get, in units.
    private func page(_ store: MetricsStore) -> [String: Int128] {
        store.totals.filter { $0.key.hasPrefix("model_outcomes_total") }
    }

    @Test func `find each other after the store was opened again, checkpointed or not`() throws {
        var store = try open()
        for round in 0..<6 {
            try store.record([prediction(2 * round)])
            if round % 2 == 0 { try store.seriesStore.checkpoint() }
            try store.close()
            store = try open()
            try store.record([outcome(2 * round, 1, at: 60), outcome(2 * round + 1, 0, at: 60)])
            if round % 3 == 0 { try store.seriesStore.checkpoint() }
            try store.close()
            store = try open()
            try store.record([prediction(2 * round + 1)])
            #expect(outcomes(store, actual: "1") == Double(round + 1))
            #expect(outcomes(store, actual: "0") == Double(round + 1))
        }
        #expect(store.total(of: "model_labels_total", ["result": "orphan"]) == 0)
        #expect(store.statistics().waiting.map(\.counts) == [[:]])
        try store.close()
    }

    @Test func `are corrected in the hour of the prediction, and the page does not fall`() throws {
        var store = try open()
        try store.record((0..<3).map { prediction($0) })
        try store.record((0..<3).map { outcome($0, 1, at: 60) })
        #expect(outcomes(store, actual: "1") == 3)
        let before = page(store)
        try store.record([outcome(0, 0, at: 120)])
        try store.seriesStore.checkpoint()
        #expect(outcomes(store, actual: "1") == 2)
        #expect(outcomes(store, actual: "0") == 1)
        let ones = #"model_outcomes_total{actual="1",model="m",predicted="1"}"#
        #expect(before[ones] == 3)
        #expect(page(store)[ones] == 3)
        try store.close()
        store = try open()
        #expect(page(store)[ones] == 3)
        // The next one makes good what was taken back, and the one behind it shows.
        try store.record([prediction(3), outcome(3, 1, at: 60)])
        #expect(page(store)[ones] == 3)
        try store.record([prediction(4), outcome(4, 1, at: 60)])
        #expect(page(store)[ones] == 4)
        #expect(outcomes(store, actual: "1") == 4)
        let answer = try store.query(
            #"sum(increase(model_outcomes_total{actual="1"}[1h] anchored))"#,
            at: Timestamp(seconds: 1_772_366_400 + 1_800)
        )
        guard case .vector(_, let columns) = answer.value else { return #expect(Bool(false), "a vector") }
        #expect(columns.values == [4])
        try store.close()
    }

    @Test func `have a sum that does not fall on the page, whatever is added beside what is taken back`() throws {
        let store = try open()
        func sum() throws -> Double {
            let snapshot = store.snapshot()
            let family = try #require(snapshot.families.first { $0.family.name == "model_labelled_score" })
            return family.rows.reduce(0) { $0 + Double(snapshot.total($1).units) / 1_000_000 }
        }
        try store.record([prediction(1, score: 0.87), outcome(1, 1, at: 60)])
        #expect(try sum() == 0.87)
        // One commit takes 0.87 back from class 1 and adds 0.86 there: the same bin of the same series and slot.
        try store.record([outcome(1, 0, at: 70), prediction(2, score: 0.86), outcome(2, 1, at: 60)])
        let ones = Labels([(name: "model", value: "m"), (name: "actual", value: "1")])
        #expect(store.total(of: "model_labelled_score", ones) == 1)
        #expect(try sum() == 0.87 + 0.87)
        try store.close()
    }

    @Test func `are there again when their definitions were away`() throws {
        var store = try open()
        try store.record([prediction(1)])
        // Not durable yet when the definitions change.
        let pending = try store.submit([prediction(2)])
        try store.reload(definitions: .campaigns)
        #expect(store.statistics().waiting.isEmpty)
        try store.reload(definitions: MetricDefinition.shipped)
        _ = try pending.wait()
        try store.record([outcome(1, 1, at: 60), outcome(2, 1, at: 60)])
        #expect(outcomes(store, actual: "1") == 2)
        // Opened without them, and defined later: the store is asked.
        try store.record([prediction(3)])
        try store.close()
        store = try MetricsStore.open(directory)
        try store.record([Event("click", id: "c", ["campaign": "a"])])
        try store.reload(definitions: MetricDefinition.shipped)
        try store.record([outcome(3, 1, at: 60), outcome(1, 0, at: 90)])
        #expect(outcomes(store, actual: "1") == 2)
        #expect(outcomes(store, actual: "0") == 1)
        try store.close()
    }

    @Test func `wait under definitions that were reloaded in between`() throws {
        let store = try open()
        try store.record([prediction(1)])
        #expect(store.statistics().waiting.map(\.counts) == [["m": 1]])
        #expect(store.statistics().waiting.map(\.gauge.name) == ["model_predictions_pending"])
        var definitions = try MetricDefinition.shipped
        for index in definitions.indices where definitions[index].join != nil {
            // Keeps something else of a prediction, too.
            definitions[index].join?.first.texts.append(.init("region"))
        }
        try store.reload(definitions: definitions)
        try store.record([outcome(1, 1, at: 60)])
        #expect(outcomes(store, actual: "1") == 1)
        try store.reload(definitions: MetricDefinition.shipped)
        try store.record([outcome(1, 0, at: 90)])
        #expect(outcomes(store, actual: "1") == 0)
        #expect(outcomes(store, actual: "0") == 1)
        try store.close()
    }

    @Test func `keep baselines, numbered by model, over restarts`() throws {
        var store = try open()
        let feature = FeatureBaseline(
            name: "color",
            bins: .categories(["red", "blue"]),
            counts: [6, 3, 1],
            missing: 2
        )
        func baseline(_ model: String) -> Baseline {
            Baseline(model: model, created: Timestamp(seconds: 1), source: "a test", features: [feature])
        }
        #expect(try store.setBaseline(baseline("m")).number == 1)
        #expect(try store.setBaseline(baseline("other")).number == 1)
        #expect(try store.setBaseline(baseline("m")).number == 2)
        try store.close()
        store = try open()
        #expect(store.baselines.map { "\($0.model) \($0.number)" } == ["m 1", "m 2", "other 1"])
        var event = prediction(1)
        event.fields["features"] = .object(["color": "green", "size": 3])
        try store.record([event])
        let bins = ["model": "m", "feature": "color", "baseline": "2", "bin": "other"] as Labels
        #expect(store.total(of: "model_feature_observations_total", bins) == 1)
        #expect(store.total(of: "model_feature_baseline_ratio", bins) == 0.1)
        let whole = ["model": "m", "feature": "color", "baseline": "2"] as Labels
        #expect(store.total(of: "model_feature_baseline_observations", whole) == 10)
        // A feature that is there without a value is seen beside its baseline all the same.
        var missing = prediction(2)
        missing.fields["features"] = .object(["color": .number(.nan)])
        // The gauges of the first event have ended a day after it.
        missing.time = Timestamp(seconds: 1_772_366_400 + 108_000)
        try store.record([missing])
        let later = try store.query(
            "model_feature_baseline_observations{feature=\"color\"}",
            at: Timestamp(seconds: 1_772_366_400 + 108_060)
        )
        guard case .vector(_, let columns) = later.value else { return #expect(Bool(false), "a vector") }
        #expect(columns.values == [10])
        #expect(
            store.total(of: "model_feature_observations_total", ["model": "m", "feature": "size", "bin": "3.084"]) == 1
        )
        try store.close()
    }
}
