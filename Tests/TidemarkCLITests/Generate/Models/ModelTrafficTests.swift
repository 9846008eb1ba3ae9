// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TidemarkCLI

@Suite struct ModelTrafficTests {
    private func predictions(of model: String) throws -> [Event] {
        try SharedModelDay.predictions.get().filter { $0["model"] == model }
    }

    @Test func `models have their share of the predictions`() throws {
        print("seed \(SharedModelDay.seed)")
        let all = try SharedModelDay.predictions.get()
        #expect(abs(ModelCatalog.models.reduce(0) { $0 + $1.share } - 1) < 1e-12)
        for model in ModelCatalog.models {
            let count = all.count { $0["model"] == model.name }
            #expect(abs(deviations(hits: count, trials: all.count, rate: model.share)) < 5, "\(model.name)")
        }
    }

    @Test func `the newer version makes 30 % of the predictions from a quarter of the span on`() throws {
        print("seed \(SharedModelDay.seed)")
        let start = GeneratorConfiguration.defaultStartMilliseconds
        let quarter = start + GeneratorConfiguration.defaultDurationMilliseconds / 4
        let all = try SharedModelDay.predictions.get()
        #expect(all.count { $0.milliseconds < quarter && $0["version"] == "v2" } == 0)
        let rest = all.filter { $0.milliseconds >= quarter }
        let newer = rest.count { $0["version"] == "v2" }
        #expect(abs(deviations(hits: newer, trials: rest.count, rate: 0.3)) < 5)
    }

    @Test(arguments: ModelCatalog.models.map(\.name))
    func `scores are probabilities with the mean of the base rate`(model: String) throws {
        guard let expectations = ModelCatalog.models.first(where: { $0.name == model })?.expectations else { return }
        for (version, expectation) in expectations.enumerated() {
            let scores = try predictions(of: model).filter { $0["version"] == "v\(version + 1)" }
                .compactMap { Double($0["score"]) }
            #expect(scores.count > 2_000 && scores.allSatisfy { (0...1).contains($0) })
            let mean = scores.reduce(0, +) / Double(scores.count)
            let variance = scores.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(scores.count)
            let error = (variance / Double(scores.count)).squareRoot()
            #expect(abs(mean - expectation.baseRate) < 5 * error, "\(mean) of \(expectation.baseRate)")
        }
    }

    @Test func `3 % are clicked, a quarter leaves, and 8 % of that is foretold wrongly`() throws {
        let click = try #require(ModelCatalog.models[0].expectations)
        let churn = try #require(ModelCatalog.models[1].expectations)
        for expectation in click { #expect(abs(expectation.baseRate - 0.03) < 0.0005) }
        for expectation in churn { #expect(abs(expectation.baseRate - 0.25) < 0.001) }
        #expect(abs(churn[0].errorRate - 0.08) < 0.001)
        #expect(abs(churn[1].errorRate - 0.07) < 0.001)
        // A version that is new is no worse than the one before.
        #expect(click[1].errorRate < click[0].errorRate)
    }

    @Test func `features are null as often as said`() throws {
        print("seed \(SharedModelDay.seed)")
        for model in ModelCatalog.models {
            let events = try predictions(of: model.name)
            for feature in model.features {
                let nulls = events.count { $0[feature.name] == "null" }
                if feature.missing == 0 {
                    #expect(nulls == 0, "\(feature.name)")
                } else {
                    let distance = deviations(hits: nulls, trials: events.count, rate: feature.missing)
                    #expect(abs(distance) < 5, "\(feature.name) is \(distance) deviations off")
                }
            }
        }
    }

    @Test func `numbers have the mean, deviation and range of their shape`() throws {
        print("seed \(SharedModelDay.seed)")
        for model in ModelCatalog.models {
            let events = try predictions(of: model.name)
            for feature in model.features {
                let values = events.compactMap { Double($0[feature.name]) }
                let count = Double(values.count)
                switch feature.shape {
                case .bell(let mean, let deviation, _):
                    let measured = values.reduce(0, +) / count
                    let variance = values.reduce(0) { $0 + ($1 - measured) * ($1 - measured) } / count
                    #expect(abs(measured - mean) < 5 * deviation / count.squareRoot(), "\(feature.name)")
                    #expect(abs(variance.squareRoot() / deviation - 1) < 0.03, "\(feature.name)")
                    // The highest that an incident takes it, too, and never below 0.
                    #expect(mean - 3.47 * deviation > 0)
                case .skewed(let from, let through, let power, _):
                    #expect(values.allSatisfy { (from...through).contains($0) }, "\(feature.name)")
                    let mean = from + (through - from) / Double(power + 1)
                    #expect(abs(values.reduce(0, +) / count / mean - 1) < 0.05, "\(feature.name)")
                case .category, .flag:
                    #expect(values.isEmpty)
                }
            }
        }
    }

    @Test func `categories take their values by weight`() throws {
        print("seed \(SharedModelDay.seed)")
        for model in ModelCatalog.models {
            let events = try predictions(of: model.name)
            for feature in model.features {
                let weighted: [(value: String, weight: Double)]
                switch feature.shape {
                case .category(let values): weighted = values
                case .flag(let share): weighted = [("true", share), ("false", 1 - share)]
                case .bell, .skewed: continue
                }
                let counts = Dictionary(grouping: events) { $0[feature.name] }.mapValues(\.count)
                #expect(Set(counts.keys).subtracting(["null"]) == Set(weighted.map(\.value)))
                let total = weighted.reduce(0) { $0 + $1.weight }
                for (value, weight) in weighted {
                    // A byte table knows 256ths.
                    let share = Double(counts[value] ?? 0) / Double(events.count)
                    #expect(abs(share - weight / total * (1 - feature.missing)) < 0.02, "\(feature.name) \(value)")
                }
            }
        }
    }

    @Test func `features go with the score where they are said to`() throws {
        print("seed \(SharedModelDay.seed)")
        for model in ModelCatalog.models {
            let events = try predictions(of: model.name)
            for feature in model.features {
                switch feature.shape {
                case .category, .flag: continue
                case .bell, .skewed: break
                }
                let said = model.expectations == nil ? "value" : "score"
                let sorted = events.compactMap { event in
                    Double(event[feature.name]).map { (score: Double(event[said]) ?? 0, value: $0) }
                }.sorted { $0.score < $1.score }
                func mean(_ part: ArraySlice<(score: Double, value: Double)>) -> Double {
                    part.reduce(0) { $0 + $1.value } / Double(part.count)
                }
                let low = mean(sorted.prefix(sorted.count / 3))
                let high = mean(sorted.suffix(sorted.count / 3))
                switch feature.relation {
                case .rises: #expect(high > 1.1 * low, "\(feature.name)")
                case .falls: #expect(low > 1.1 * high, "\(feature.name)")
                case .none: #expect(abs(high / low - 1) < 0.1, "\(feature.name)")
                }
            }
        }
    }

    @Test func `the day has a quiet and a busy part`() throws {
        var hours = Array(repeating: 0, count: 24)
        for event in try SharedModelDay.predictions.get() { hours[Int(event.milliseconds / 3_600_000 % 24)] += 1 }
        let busiest = try #require(hours.max())
        let quietest = try #require(hours.min())
        #expect(busiest > 3 * quietest, "\(hours)")
    }
}
