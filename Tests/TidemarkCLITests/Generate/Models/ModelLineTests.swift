// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import TidemarkCLI

@Suite struct ModelLineTests {
    @Test(
        arguments: [1, 2, 3, 10, 999, 1_000, 12_345],
        [1, 1_000, 3_600_000, 86_400_000, 31 * 86_400_000] as [Int64]
    )
    func `exactly N lines are written, all inside the span`(events: Int, duration: Int64) throws {
        for scenario in GeneratorConfiguration.Scenario.allCases {
            let configuration = GeneratorConfiguration(
                seed: 31,
                events: events,
                scenario: scenario,
                startMilliseconds: 1_709_164_861_234,
                durationMilliseconds: duration
            )
            let output = try ModelOutput(configuration)
            #expect(output.lines.count == events)
            #expect(output.summary.lines == events)
            #expect(output.bytes.last == UInt8(ascii: "\n"))
            let span = configuration.startMilliseconds..<configuration.startMilliseconds + duration
            #expect(output.lines.allSatisfy { span.contains(Event(line: $0).milliseconds) })
        }
    }

    @Test(arguments: GeneratorConfiguration.Scenario.allCases)
    func `the same arguments give the same bytes`(scenario: GeneratorConfiguration.Scenario) throws {
        let configuration = GeneratorConfiguration(seed: 11, events: 20_000, scenario: scenario)
        print("seed \(configuration.seed)")
        let first = try ModelOutput(configuration)
        let second = try ModelOutput(configuration)
        #expect(first.bytes == second.bytes)
        #expect(first.summary == second.summary)
    }

    /// If this fails, the bytes of every seed have changed: golden answers made from them are void.
    @Test func `the bytes of seed 1 are those of the first version`() throws {
        let configuration = GeneratorConfiguration(seed: 1, events: 10_000, scenario: .incident)
        #expect(try ModelOutput(configuration).checksum == 0x6F19_3C97_3D8A_9498)
    }

    @Test func `another seed or start has other events`() throws {
        var configuration = GeneratorConfiguration(seed: 21, events: 2_000)
        let ids = Set(try ModelOutput(configuration).lines.map { Event(line: $0).id })
        configuration.seed = 22
        #expect(ids.isDisjoint(with: try ModelOutput(configuration).lines.map { Event(line: $0).id }))
        configuration.seed = 21
        configuration.startMilliseconds += 86_400_000
        #expect(ids.isDisjoint(with: try ModelOutput(configuration).lines.map { Event(line: $0).id }))
    }

    @Test func `the summary counts what was written`() throws {
        print("seed \(SharedModelDay.seed)")
        let output = try SharedModelDay.quiet.get()
        let events = try SharedModelDay.events.get()
        #expect(output.summary.distinctEvents == events.count)
        #expect(output.summary.duplicates == SharedModelDay.lines - events.count)
        for type in ModelEventType.allCases {
            #expect(output.summary.events(of: type) == events.count { $0.type == "\(type)" })
        }
        let amendments = try SharedModelDay.outcomes.get().values.reduce(0) { $0 + $1.count - 1 }
        #expect(output.summary.amendments == amendments)
    }

    @Test func `every line is a JSON object with the fields of its type`() throws {
        print("seed \(SharedModelDay.seed)")
        let models = Dictionary(uniqueKeysWithValues: ModelCatalog.models.map { ($0.name, $0) })
        let sample = try SharedModelDay.events.get().enumerated()
            .filter { $0 % 20 == 0 || $1.type == "training" }.map(\.element)
        let identity: Set = ["type", "id", "source", "time"]
        for event in sample {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(event.line.utf8)) as? [String: Any])
            switch event.type {
            case "prediction":
                let model = try #require(models[event["model"]])
                let said = model.name == "order-value" ? "value" : "score"
                let fields: Set = ["prediction", "model", "version", said, "latency", "features"]
                #expect(Set(object.keys) == identity.union(fields))
                #expect(event.id == event["prediction"])
                let features = try #require(object["features"] as? [String: Any])
                #expect(Set(features.keys) == Set(model.features.map(\.name)))
                let latency = try #require(object["latency"] as? Double)
                #expect((0.0008...0.06).contains(latency))
            case "outcome":
                let said = object["value"] == nil ? "label" : "value"
                #expect(Set(object.keys) == identity.union(["prediction", said]))
            default:
                #expect(Set(object.keys) == identity.union(["model", "version", "run", "epoch", "metrics"]))
            }
        }
    }

    @Test func `each version is trained for ten epochs before it serves`() throws {
        let events = try SharedModelDay.events.get()
        let runs = Dictionary(grouping: events.filter { $0.type == "training" }) { $0["run"] }
        #expect(runs.count == 6)
        for (run, epochs) in runs {
            #expect(epochs.map { $0["epoch"] } == (1...10).map(String.init), "\(run)")
            let losses = epochs.compactMap { Double($0["loss"]) }
            #expect(losses.count == 10 && zip(losses, losses.dropFirst()).allSatisfy { $0 > $1 })
        }
        for run in ["click-through-v2", "churn-v2", "order-value-v2"] {
            let served = events.first {
                $0.type == "prediction" && $0["version"] == "v2" && run.hasPrefix($0["model"])
            }
            let trained = try #require(runs[run]?.last)
            #expect(try #require(served).milliseconds > trained.milliseconds)
        }
    }

    @Test func `a lean profile is refused`() {
        let configuration = GeneratorConfiguration(seed: 1, events: 1, profile: .lean)
        #expect(throws: InvalidGeneratorConfiguration.self) { try ModelGenerator(configuration: configuration) }
    }
}
