// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

@testable import TidemarkCLI

@Suite struct LineCountTests {
    @Test(
        arguments: [1, 2, 3, 10, 999, 12_345],
        [1, 1_000, 3_600_000, 86_400_000, 31 * 86_400_000] as [Int64]
    )
    func `exactly N lines are written, all inside the span`(events: Int, duration: Int64) throws {
        for profile in GeneratorConfiguration.Profile.allCases {
            let configuration = GeneratorConfiguration(
                seed: 31,
                events: events,
                // Not at the edge of a bin of the daily curve.
                startMilliseconds: 1_709_164_861_234,
                durationMilliseconds: duration,
                profile: profile
            )
            let output = try Output(configuration)
            let lines = output.lines
            #expect(lines.count == events)
            #expect(output.summary.lines == events)
            #expect(output.bytes.last == UInt8(ascii: "\n"))
            let span = configuration.startMilliseconds..<configuration.startMilliseconds + duration
            #expect(lines.allSatisfy { span.contains(Event(line: $0).milliseconds) })
        }
    }

    @Test func `a single event is an impression`() throws {
        let lines = try Output(seed: 32, events: 1).lines
        #expect(lines.map { Event(line: $0).type } == ["impression"])
    }

    @Test func `the summary counts what was written`() throws {
        let events = try SharedDay.events.get()
        let distinct = try SharedDay.distinct.get()
        let summary = try SharedDay.output.get().summary
        print("seed \(SharedDay.seed)")
        #expect(summary.lines == events.count)
        #expect(summary.distinctEvents == distinct.count)
        #expect(summary.duplicates == events.count - distinct.count)
        for type in EventType.allCases {
            #expect(summary.events(of: type) == distinct.count { $0.type == "\(type)" })
            #expect(summary.events(of: type) > 0)
        }
    }

    @Test func `blocks are big and end with a line`() throws {
        let output = try SharedDay.output.get()
        #expect(output.blocksEndLines)
        #expect(output.blocks.count > 10)
        #expect(output.blocks.dropLast().allSatisfy { $0 > 200_000 })
    }

    @Test func `what the reader of blocks throws ends the run`() throws {
        struct Full: Error {}
        let generator = try EventGenerator(configuration: GeneratorConfiguration(seed: 33, events: 50_000))
        var calls = 0
        #expect(throws: Full.self) {
            try generator.run { _ in
                calls += 1
                throw Full()
            }
        }
        #expect(calls == 1)
    }

    @Test(arguments: [
        GeneratorConfiguration(seed: 1, events: 0),
        GeneratorConfiguration(seed: 1, events: -1),
        GeneratorConfiguration(seed: 1, events: 1, startMilliseconds: -1),
        GeneratorConfiguration(seed: 1, events: 1, startMilliseconds: .max),
        GeneratorConfiguration(seed: 1, events: 1, durationMilliseconds: 0),
        GeneratorConfiguration(seed: 1, events: 1, durationMilliseconds: .max),
    ])
    func `a configuration that makes no sense is refused`(configuration: GeneratorConfiguration) {
        #expect(throws: InvalidGeneratorConfiguration.self) { try EventGenerator(configuration: configuration) }
    }
}
