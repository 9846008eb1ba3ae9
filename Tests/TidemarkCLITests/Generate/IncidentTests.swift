// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TidemarkCLI

@Suite struct IncidentTests {
    /// Its second campaign has a CTR of 5.3 %, which makes the drop easy to measure.
    private static let seed: UInt64 = 2
    private static let lines = 150_000
    private static let quiet = Result { try Output(seed: seed, events: lines) }
    private static let incident = Result {
        try Output(GeneratorConfiguration(seed: seed, events: lines, scenario: .incident))
    }

    private func distinct(_ output: Output) -> [Event] {
        var seen: Set<String> = []
        return output.lines.map(Event.init(line:)).filter { seen.insert($0.id).inserted }
    }

    @Test func `only clicks and conversions of the campaign differ, and each gives way to an impression`() throws {
        print("seed \(Self.seed)")
        let quiet = try Self.quiet.get()
        let incident = try Self.incident.get()
        let planted = try #require(incident.summary.planted)
        let differing = zip(quiet.lines, incident.lines).filter { $0 != $1 }
            .map { (before: Event(line: $0), after: Event(line: $1)) }
        #expect(differing.count > 60)
        #expect(differing.count { $0.before.campaign != planted.campaign } == 0)
        for (before, after) in differing {
            #expect(before.type == "click" || before.type == "conversion")
            #expect(after.type == "impression")
            #expect(before.milliseconds == after.milliseconds)
            #expect(before.milliseconds >= planted.fromMilliseconds)
            for field in ["campaign", "ad", "channel", "device", "region", "variant", "customer"] {
                #expect(before[field] == after[field])
            }
        }
    }

    @Test func `the CTR is halved inside the window and as before outside it`() throws {
        print("seed \(Self.seed)")
        let incident = try Self.incident.get()
        let planted = try #require(incident.summary.planted)
        let events = distinct(incident).filter { $0.campaign == planted.campaign }
        func distance(_ part: [Event], rate: Double) -> Double {
            deviations(
                hits: part.count { $0.type == "click" },
                trials: part.count { $0.type == "impression" },
                rate: rate
            )
        }
        let window = planted.fromMilliseconds..<planted.toMilliseconds
        let inside = events.filter { window.contains($0.milliseconds) }
        let outside = events.filter { !window.contains($0.milliseconds) }
        #expect(abs(distance(inside, rate: planted.rateAfter)) < 4)
        #expect(abs(distance(outside, rate: planted.rateBefore)) < 4)
        // The traffic is enough to tell the two rates apart.
        #expect(distance(inside, rate: planted.rateBefore) < -4)
        #expect(distance(outside, rate: planted.rateAfter) > 4)
    }

    @Test func `about every second click of the window is withheld`() throws {
        print("seed \(Self.seed)")
        let planted = try #require(try Self.incident.get().summary.planted)
        func clicks(_ output: Output) -> Int {
            distinct(output).count {
                $0.campaign == planted.campaign && $0.type == "click" && $0.milliseconds >= planted.fromMilliseconds
            }
        }
        let before = clicks(try Self.quiet.get())
        let kept = clicks(try Self.incident.get())
        #expect(before > 100)
        #expect(abs(deviations(hits: kept, trials: before, rate: 0.51)) < 4, "\(kept) of \(before)")
    }

    @Test func `the campaign is the second by traffic and the rates are the catalog's`() throws {
        let output = try Self.incident.get()
        let planted = try #require(output.summary.planted)
        let counts = Dictionary(grouping: distinct(output).filter { $0.type == "impression" }, by: \.campaign)
            .mapValues(\.count).sorted { $0.value > $1.value }
        #expect(counts[1].key == planted.campaign)
        #expect(planted.rateBefore == output.generator.catalog.campaigns[1].clickRate)
        #expect(planted.rateAfter == planted.rateBefore / 2)
    }

    @Test(arguments: [
        (hours: 1, from: 0.75, length: 0.25), (hours: 24, from: 18, length: 6), (hours: 240, from: 180, length: 6),
    ])
    func `the window starts at three quarters and lasts six hours at most`(
        hours: Int,
        from: Double,
        length: Double
    ) throws {
        var configuration = GeneratorConfiguration(seed: 72, events: 10, scenario: .incident)
        configuration.durationMilliseconds = Int64(hours) * 3_600_000
        let planted = try #require(try EventGenerator(configuration: configuration).planted)
        #expect(planted.fromMilliseconds == configuration.startMilliseconds + Int64(from * 3_600_000))
        #expect(planted.toMilliseconds == planted.fromMilliseconds + Int64(length * 3_600_000))
    }

    @Test func `after a window inside the span the CTR is as before`() throws {
        let configuration = GeneratorConfiguration(
            seed: 73,
            events: 60_000,
            scenario: .incident,
            durationMilliseconds: 4 * 86_400_000
        )
        print("seed \(configuration.seed)")
        var quiet = configuration
        quiet.scenario = .quiet
        let output = try Output(configuration)
        let planted = try #require(output.summary.planted)
        let differing = zip(output.lines, try Output(quiet).lines).filter { $0 != $1 }.map { Event(line: $0.0) }
        #expect(!differing.isEmpty)
        // The latest trace is a conversion, 43 minutes after its impression, that came two hours late.
        #expect(differing.allSatisfy { $0.milliseconds < planted.toMilliseconds + 2_580_000 })
    }

    @Test func `the summary says what was planted`() throws {
        var configuration = GeneratorConfiguration(seed: 74, events: 100)
        #expect(try Output(configuration).summary.description.hasSuffix("\nplanted: nothing"))
        configuration.scenario = .incident
        let output = try Output(configuration)
        let name = output.generator.catalog.campaigns[1].name
        let text = output.summary.description
        #expect(text.contains("\nplanted: CTR of campaign \(name) from "))
        #expect(text.hasSuffix(", 2026-01-05T18:00:00.000Z to 2026-01-06T00:00:00.000Z"))
        #expect(text.hasPrefix("100 lines: "))
    }
}
