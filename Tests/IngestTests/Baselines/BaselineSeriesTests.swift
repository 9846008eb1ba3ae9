// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Ingest

@Suite struct `The gauges of a baseline` {
    private func ingestion() -> Ingestion {
        func metric(_ name: String, _ takes: EachMember.Taken) -> MetricDefinition {
            let each = EachMember(field: "features", label: "feature", takes: takes)
            return MetricDefinition(name: name, help: "A.", events: ["prediction"], labels: ["model"], each: each)
        }
        let baseline = Baseline(
            model: "m",
            number: 3,
            created: arrival,
            source: "a test",
            features: [
                FeatureBaseline(name: "c", bins: .categories(["a"]), counts: [3, 1], missing: 4),
                FeatureBaseline(
                    name: "n",
                    bins: .numeric(upperBounds: [1], positions: [0, 4], standardDeviation: 2),
                    counts: [1, 1],
                    missing: 0
                ),
            ]
        )
        return Ingestion([metric("observed_total", .bin), metric("missing_total", .missing)], baselines: [baseline])
    }

    private func hour(_ hour: Int, _ features: String = #"{"c":"a"}"#) -> String {
        let time = 1_740_000_000 / 3_600 * 3_600 + hour * 3_600
        return #"{"type":"prediction","model":"m","features":\#(features),"time":\#(time)}"# + "\n"
    }

    @Test func `say what it is`() throws {
        let ingestion = ingestion()
        try ingestion.add(hour(0, #"{"c":"b","n":null}"#))
        let names = ingestion.commit.points.map {
            "\(ingestion.directory.name(of: $0.series)) \(Double(bitPattern: $0.payload))"
        }
        func name(_ what: String, _ labels: String, _ value: Double) -> String {
            "model_feature_baseline_\(what){baseline=\"3\",\(labels),model=\"m\"} \(value)"
        }
        #expect(
            Set(names) == [
                name("observations", #"feature="c""#, 4), name("missing_ratio", #"feature="c""#, 0.5),
                name("ratio", #"bin="a",feature="c""#, 0.75), name("ratio", #"bin="other",feature="c""#, 0.25),
                name("observations", #"feature="n""#, 2), name("missing_ratio", #"feature="n""#, 0),
                name("ratio", #"bin="01",feature="n""#, 0.5), name("ratio", #"bin="02",feature="n""#, 0.5),
                name("position", #"bin="01",feature="n""#, 0), name("position", #"bin="02",feature="n""#, 2),
            ]
        )
    }

    @Test func `are set once in each hour of event time, whichever order hours come in`() throws {
        let ingestion = ingestion()
        // Four gauges of the feature for each hour that is new; of those further back than 64 hours the last one is known.
        let expected: [(hour: Int, set: Bool)] = [
            (100, true), (100, false), (101, true), (100, false), (99, true), (99, false), (101, false), (37, true),
            (37, false), (36, true), (36, false), (20, true), (36, true), (300, true), (101, true), (101, false),
            (300, false), (299, true), (299, false), (363, true), (300, false), (299, false), (362, true),
        ]
        for (index, step) in expected.enumerated() {
            let before = ingestion.commit.points.count
            try ingestion.add(hour(step.hour))
            #expect(ingestion.commit.points.count - before == (step.set ? 4 : 0), "step \(index), hour \(step.hour)")
        }
    }
}
