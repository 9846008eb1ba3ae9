// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TidemarkCLI

@Suite struct DeterminismTests {
    @Test(arguments: GeneratorConfiguration.Scenario.allCases, GeneratorConfiguration.Profile.allCases)
    func `the same arguments give the same bytes`(
        scenario: GeneratorConfiguration.Scenario,
        profile: GeneratorConfiguration.Profile
    ) throws {
        let configuration = GeneratorConfiguration(seed: 11, events: 20_000, scenario: scenario, profile: profile)
        print("seed \(configuration.seed)")
        let first = try Output(configuration)
        let second = try Output(configuration)
        #expect(first.bytes == second.bytes)
        #expect(first.summary == second.summary)
    }

    @Test func `one generator runs twice with the same bytes`() throws {
        let generator = try EventGenerator(configuration: GeneratorConfiguration(seed: 12, events: 5_000))
        var runs: [[UInt8]] = [[], []]
        for run in runs.indices { _ = generator.run { runs[run] += $0 } }
        #expect(runs[0] == runs[1])
        #expect(!runs[0].isEmpty)
    }

    /// If this fails, the bytes of every seed have changed: benchmarks and golden answers made from them are void.
    @Test func `the bytes of seed 1 are those of the first version`() throws {
        #expect(try Output(seed: 1, events: 10_000).checksum == 0xDA2A_F8B5_51A4_03C2)
        let lean = GeneratorConfiguration(seed: 1, events: 10_000, profile: .lean)
        #expect(try Output(lean).checksum == 0xAEE5_7FB7_CDE5_91D7)
    }

    @Test func `another seed has other campaigns and other events`() throws {
        let one = try Output(seed: 21, events: 2_000)
        let other = try Output(seed: 22, events: 2_000)
        #expect(one.checksum != other.checksum)
        #expect(one.generator.catalog.campaigns.map(\.name) != other.generator.catalog.campaigns.map(\.name))
        #expect(Set(one.lines).isDisjoint(with: other.lines))
    }

    @Test func `another start has the same campaigns and other events`() throws {
        var configuration = GeneratorConfiguration(seed: 23, events: 2_000)
        let today = try Output(configuration)
        configuration.startMilliseconds += 86_400_000
        let tomorrow = try Output(configuration)
        #expect(today.generator.catalog.campaigns.map(\.name) == tomorrow.generator.catalog.campaigns.map(\.name))
        let ids = Set(today.lines.map { Event(line: $0).id })
        #expect(ids.isDisjoint(with: tomorrow.lines.map { Event(line: $0).id }))
    }
}
