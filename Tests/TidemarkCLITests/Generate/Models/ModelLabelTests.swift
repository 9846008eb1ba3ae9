// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TidemarkCLI

@Suite struct ModelLabelTests {
    /// Predictions early enough that every outcome of theirs arrives inside the day: 3 h for the label, 3 h for a second
    /// one, 2 h of lateness.
    private func earlyPredictions(of model: String) throws -> [Event] {
        let latest = GeneratorConfiguration.defaultStartMilliseconds + 16 * 3_600_000
        return try SharedModelDay.predictions.get().filter { $0["model"] == model && $0.milliseconds < latest }
    }

    @Test(arguments: ModelCatalog.models)
    func `outcomes come as often and as late as said`(model: SimulatedModel) throws {
        print("seed \(SharedModelDay.seed)")
        let outcomes = try SharedModelDay.outcomes.get()
        let predictions = try earlyPredictions(of: model.name)
        let labelled = predictions.compactMap { prediction in
            outcomes[prediction.id].flatMap { $0.min { $0.milliseconds < $1.milliseconds } }
                .map { $0.milliseconds - prediction.milliseconds }
        }
        let missing = predictions.count - labelled.count
        #expect(abs(deviations(hits: missing, trials: predictions.count, rate: model.unlabelledShare)) < 5)
        #expect(labelled.allSatisfy { (model.labelDelay.shortest...model.labelDelay.longest).contains($0) })
        // Half of them within an eighth of the range.
        let eighth = model.labelDelay.shortest + (model.labelDelay.longest - model.labelDelay.shortest) / 8
        let quick = labelled.count { $0 < eighth }
        #expect(abs(deviations(hits: quick, trials: labelled.count, rate: 0.5)) < 5)
    }

    @Test func `outcomes name a prediction that exists`() throws {
        let ids = Set(try SharedModelDay.predictions.get().map(\.id))
        #expect(try SharedModelDay.outcomes.get().keys.allSatisfy(ids.contains))
    }

    @Test func `labels follow the scores`() throws {
        print("seed \(SharedModelDay.seed)")
        let outcomes = try SharedModelDay.outcomes.get()
        for model in ModelCatalog.models {
            guard let expectations = model.expectations else { continue }
            let predictions = try earlyPredictions(of: model.name).filter { outcomes[$0.id] != nil }
            let last = predictions.map { (prediction: $0, outcome: newest(outcomes[$0.id] ?? [])) }
            let positives = last.count { isPositive($0.outcome) }
            let base = deviations(hits: positives, trials: last.count, rate: expectations[0].baseRate)
            #expect(abs(base) < 5, "\(positives) of \(last.count)")
            for (version, expectation) in expectations.enumerated() {
                let pairs = last.filter { $0.prediction["version"] == "v\(version + 1)" }
                let wrong = pairs.count { isWrong($0.prediction, $0.outcome) }
                let distance = deviations(hits: wrong, trials: pairs.count, rate: expectation.errorRate)
                #expect(abs(distance) < 5, "\(wrong) of \(pairs.count) of \(model.name)")
            }
            // Calibrated: of the scores in each part of the range as many are positive as the scores say.
            for part in [0...0.01, 0.01...0.05, 0.05...0.2, 0.2...0.5, 0.5...0.9, 0.9...1] as [ClosedRange<Double>] {
                let inside = last.filter { part.contains(Double($0.prediction["score"]) ?? -1) }
                let promised = inside.reduce(0) { $0 + (Double($1.prediction["score"]) ?? 0) }
                guard promised >= 20 else { continue }
                let happened = Double(inside.count { isPositive($0.outcome) })
                #expect(abs(happened - promised) < 5 * promised.squareRoot(), "\(model.name) \(part)")
            }
        }
    }

    @Test func `actual values are around the predicted ones`() throws {
        print("seed \(SharedModelDay.seed)")
        let outcomes = try SharedModelDay.outcomes.get()
        let ratios = try earlyPredictions(of: "order-value").compactMap { prediction -> Double? in
            guard let pair = outcomes[prediction.id] else { return nil }
            guard let actual = Double(newest(pair)["value"]), let said = Double(prediction["value"]) else { return nil }
            return actual / said
        }
        let mean = ratios.reduce(0, +) / Double(ratios.count)
        let deviation = (ratios.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(ratios.count)).squareRoot()
        #expect(ratios.count > 2_000)
        #expect(abs(mean - 1) < 0.02)
        #expect((0.2...0.25).contains(deviation))
        #expect(ratios.allSatisfy { $0 > 0 })
    }

    @Test func `one outcome in a hundred is corrected and half as many repeated`() throws {
        print("seed \(SharedModelDay.seed)")
        let outcomes = try SharedModelDay.outcomes.get()
        let ids = Set(try ModelCatalog.models.flatMap { try earlyPredictions(of: $0.name) }.map(\.id))
        let groups = outcomes.filter { ids.contains($0.key) }.values
        #expect(groups.allSatisfy { $0.count <= 2 })
        let twice = groups.filter { $0.count == 2 }
        func says(_ outcome: Event) -> String { outcome["label"] + outcome["value"] }
        let corrected = twice.count { says($0[0]) != says($0[1]) }
        #expect(abs(deviations(hits: corrected, trials: groups.count, rate: 0.01)) < 5)
        #expect(abs(deviations(hits: twice.count - corrected, trials: groups.count, rate: 0.005)) < 5)
        for pair in twice {
            let delay = abs(pair[1].milliseconds - pair[0].milliseconds)
            #expect((600_000...10_800_000).contains(delay))
        }
    }

    @Test func `a few outcomes come before their prediction`() throws {
        print("seed \(SharedModelDay.seed)")
        var told: Set<String> = []
        var early = 0
        for event in try SharedModelDay.events.get() {
            if event.type == "prediction" { told.insert(event.id) }
            if event.type == "outcome", !told.contains(event["prediction"]) { early += 1 }
        }
        #expect(early == (try SharedModelDay.quiet.get().summary.early))
        let share = Double(early) / Double(try SharedModelDay.predictions.get().count)
        #expect((0.002...0.006).contains(share), "\(share)")
    }

    @Test func `one line in a hundred is a retry that repeats its original byte by byte`() throws {
        print("seed \(SharedModelDay.seed)")
        var originals: [String: String] = [:]
        var retries = 0
        for line in try SharedModelDay.quiet.get().lines {
            guard let original = originals.updateValue(line, forKey: Event(line: line).id) else { continue }
            retries += 1
            #expect(original == line)
        }
        #expect((0.008...0.012).contains(Double(retries) / Double(SharedModelDay.lines)))
    }

    private func newest(_ outcomes: [Event]) -> Event {
        outcomes.reduce(outcomes[0]) { $1.milliseconds > $0.milliseconds ? $1 : $0 }
    }
}
