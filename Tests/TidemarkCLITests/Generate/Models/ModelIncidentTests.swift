// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TidemarkCLI

@Suite struct ModelIncidentTests {
    private func planted() throws -> PlantedModelIncident {
        try #require(try SharedModelDay.incident.get().summary.planted)
    }

    @Test func `only the feature and the labels of the window differ, line by line`() throws {
        print("seed \(SharedModelDay.seed)")
        let planted = try planted()
        let window = planted.fromMilliseconds..<planted.toMilliseconds
        let lines = zip(try SharedModelDay.quiet.get().lines, try SharedModelDay.incident.get().lines)
        let predictions = Dictionary(
            uniqueKeysWithValues: try SharedModelDay.predictions.get().map { ($0.id, $0) }
        )
        var moved = 0
        var detached = 0
        for (quiet, incident) in lines where quiet != incident {
            let before = Event(line: quiet)
            let after = Event(line: incident)
            #expect(before.id == after.id)
            if before.type == "prediction" {
                moved += 1
                #expect(window.contains(before.milliseconds) && before["model"] == planted.driftModel)
                let feature = "\"\(planted.driftFeature)\":"
                let old = feature + before[planted.driftFeature]
                #expect(incident.replacing(feature + after[planted.driftFeature], with: old) == quiet)
            } else {
                detached += 1
                let prediction = try #require(predictions[before["prediction"]])
                #expect(window.contains(prediction.milliseconds) && prediction["model"] == planted.errorModel)
                #expect(before["label"] != after["label"])
            }
        }
        #expect(moved > 1_000)
        #expect(detached > 100)
    }

    @Test func `the feature moves up by 0.8 standard deviations in the window`() throws {
        print("seed \(SharedModelDay.seed)")
        let planted = try planted()
        let feature = ModelCatalog.models[planted.driftModelIndex].features[planted.driftFeatureIndex]
        #expect(feature.name == planted.driftFeature)
        guard case .bell(let mean, let deviation, _) = feature.shape else {
            Issue.record("no bell")
            return
        }
        let events = try SharedModelDay.incident.get().distinct.filter { $0["model"] == planted.driftModel }
        func shift(_ part: [Event]) -> Double {
            let values = part.compactMap { Double($0[planted.driftFeature]) }
            return (values.reduce(0, +) / Double(values.count) - mean) / deviation
        }
        let window = planted.fromMilliseconds..<planted.toMilliseconds
        #expect(abs(shift(events.filter { window.contains($0.milliseconds) }) - 0.8) < 0.06)
        #expect(abs(shift(events.filter { !window.contains($0.milliseconds) })) < 0.06)
    }

    @Test func `a quarter of the predictions of the window is wrong, at the same base rate`() throws {
        print("seed \(SharedModelDay.seed)")
        let planted = try planted()
        let events = try SharedModelDay.incident.get().distinct
        let outcomes = Dictionary(grouping: events.filter { $0.type == "outcome" }) { $0["prediction"] }
        let window = planted.fromMilliseconds..<planted.toMilliseconds
        let pairs = events.compactMap { prediction -> (Event, Event)? in
            guard prediction.type == "prediction", prediction["model"] == planted.errorModel else { return nil }
            guard let last = outcomes[prediction.id]?.max(by: { $0.milliseconds < $1.milliseconds }) else { return nil }
            return (prediction, last)
        }
        let inside = pairs.filter { window.contains($0.0.milliseconds) }
        let outside = pairs.filter { !window.contains($0.0.milliseconds) }
        func distance(_ part: [(Event, Event)], rate: Double) -> Double {
            deviations(hits: part.count { isWrong($0.0, $0.1) }, trials: part.count, rate: rate)
        }
        #expect(abs(distance(inside, rate: planted.errorRateAfter)) < 4)
        #expect(abs(distance(outside, rate: planted.errorRateBefore)) < 4)
        #expect(distance(inside, rate: planted.errorRateBefore) > 10)
        let positives = inside.count { isPositive($0.1) }
        #expect(abs(deviations(hits: positives, trials: inside.count, rate: 0.25)) < 4)
    }

    @Test func `the summary says what was planted`() throws {
        var configuration = GeneratorConfiguration(seed: 74, events: 100)
        #expect(try ModelOutput(configuration).summary.description.hasSuffix("\nplanted: nothing"))
        configuration.scenario = .incident
        let text = try ModelOutput(configuration).summary.description
        let window = "2026-01-05T18:00:00.000Z to 2026-01-06T00:00:00.000Z"
        let drift = "feature relevance of model click-through up by 0.8 standard deviations, "
        #expect(text.contains("\nplanted: \(drift)\(window)\n"))
        #expect(text.contains("\nplanted: error rate of model churn from 7.5"))
        #expect(text.hasSuffix("to 25.000%, \(window)"))
        #expect(text.hasPrefix("100 lines: "))
    }
}
