// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import Tidemark

struct `Baselines of a store` {
    private let directory: TemporaryDirectory
    private let start: Int64 = 1_772_366_400

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func open() throws -> MetricsStore {
        try MetricsStore.open(at: directory.store, definitions: MetricDefinition.shipped)
    }

    private func prediction(_ id: Int, at seconds: Int64, _ features: [String: Event.Value]) -> Event {
        Event(
            "prediction",
            id: "p\(id)",
            time: Timestamp(seconds: start + seconds),
            ["model": "m", "features": .object(features)]
        )
    }

    private func time(_ seconds: Int64) -> Timestamp { Timestamp(seconds: start + seconds) }

    private func value(_ store: MetricsStore, _ expression: String, at seconds: Int64) throws -> [Double] {
        guard case .vector(_, let columns) = try store.query(expression, at: time(seconds)).value else { return [] }
        return columns.values
    }

    @Test func `are made of the predictions from a time on, and before another`() throws {
        let store = try open()
        // One value a minute, 1 to 60; the hour before and the hour behind have others.
        try store.record(
            (1...60).map { prediction($0, at: Int64($0 - 1) * 60, ["age": .integer(Int64($0)), "plan": "plus"]) }
                + [prediction(100, at: -15, ["age": 500, "plan": "old"]), prediction(101, at: 3_600, ["age": 900])]
                + [prediction(102, at: 30, ["age": .number(.nan), "plan": "café"])]
                + [prediction(103, at: 30, ["plan": "cafe\u{301}"])]
        )
        let made = try store.setBaseline(model: "m", from: time(0), to: time(3_600), bins: 5)
        #expect(made.number == 1)
        #expect(made.source == "predictions from 2026-03-01T12:00:00Z to 2026-03-01T13:00:00Z")
        #expect(made.features.map(\.name) == ["age", "plan"])
        #expect(made.features.map(\.observations) == [60, 62])
        #expect(made.features.map(\.missing) == [1, 0])
        guard case .categories(let plans) = made.features[1].bins else { return #expect(Bool(false), "categories") }
        #expect(plans.first == "plus")
        // Two names that look alike are two.
        #expect(Set(plans.map { Array($0.utf8) }).count == 3)
        #expect(made.features[1].counts == [60, 1, 1, 0])
        #expect(store.baselines == [made])

        // Under the first one, a baseline has its bins.
        try store.record((0..<40).map { prediction(200 + $0, at: 7_200 + Int64($0), ["age": 10, "plan": "plus"]) })
        let second = try store.setBaseline(model: "m", from: time(7_200), to: time(7_300))
        #expect(second.number == 2)
        #expect(second.features[0].bins == made.features[0].bins)
        #expect(second.features[0].observations == 40)
        try store.close()
    }

    @Test func `are not made of nothing, nor kept when they could not be read again`() throws {
        let store = try open()
        func reason(_ body: () throws -> Void) -> String? {
            let error = #expect(throws: MetricsStoreError.self) { try body() }
            #expect(error?.code == .invalidOptions)
            return error?.description
        }
        #expect(
            reason { _ = try store.setBaseline(model: "m", from: time(0), to: time(0)) }?.contains("ends before")
                == true
        )
        #expect(
            reason { _ = try store.setBaseline(model: "m", from: time(0), to: time(60)) }
                == "no feature of the model 'm' was observed in that time"
        )
        func feature(_ name: String, _ bins: FeatureBaseline.Bins, _ count: Int) -> FeatureBaseline {
            FeatureBaseline(name: name, bins: bins, counts: Array(repeating: 1, count: count), missing: 0)
        }
        func numeric(_ bounds: [Double]) -> FeatureBaseline {
            feature(
                "x",
                .numeric(
                    upperBounds: bounds,
                    positions: Array(repeating: 0, count: bounds.count + 1),
                    standardDeviation: 1
                ),
                bounds.count + 1
            )
        }
        let refused: [[FeatureBaseline]] = [
            [], [numeric([2, 1])], [numeric([1, 1])], [numeric([.infinity])], [numeric((0..<20).map(Double.init))],
            [numeric([1]), numeric([2])], [feature("x", .categories(["other"]), 2)],
            [feature("x", .categories([""]), 2)],
            [feature("x", .categories(["a", "a"]), 3)], [feature("x", .categories((0..<201).map(String.init)), 202)],
        ]
        for features in refused {
            let baseline = Baseline(model: "m", created: time(0), source: "a test", features: features)
            #expect(reason { try store.setBaseline(baseline) } != nil, "\(features)")
        }
        try store.setBaseline(Baseline(model: "m", created: time(0), source: "a test", features: [numeric([1])]))
        try store.close()
        let again = try open()
        #expect(again.baselines.map(\.number) == [1])
        try again.close()
    }

    @Test func `set their gauges once an hour of event time, in the past too`() throws {
        let store = try open()
        try store.setBaseline(
            Baseline(
                model: "m",
                created: time(0),
                source: "a test",
                features: [FeatureBaseline(name: "c", bins: .categories(["a"]), counts: [3, 1], missing: 0)]
            )
        )
        let hour: Int64 = 3_600
        // Now, a day and a half ago, 70 hours ago, and in between again.
        for (id, seconds) in [0, -36 * hour, -70 * hour, -36 * hour + 60, 60].enumerated() {
            try store.record([prediction(id, at: seconds, ["c": "a"])])
        }
        for seconds in [120, -36 * hour + 120, -70 * hour + 120] {
            #expect(try value(store, "sum(model_feature_baseline_ratio)", at: seconds) == [1])
        }
        // Before the first, and a day behind it, there is none.
        #expect(try value(store, "model_feature_baseline_ratio", at: -71 * hour).isEmpty)
        #expect(try value(store, "model_feature_baseline_ratio", at: -44 * hour).isEmpty)
        try store.close()
    }
}
