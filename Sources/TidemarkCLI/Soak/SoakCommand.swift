// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Synchronization
import Tidemark

/// `tidemark soak`: years in minutes, to see whether the last week costs what the first one did.
struct SoakCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "soak",
        abstract: "Take simulated days through a new store on a clock of their own, and say what they cost.",
        discussion: """
            For those who work on Tidemark. Events of many ads arrive by the simulated clock, some late by up to a week,
            some twice; days are sealed, sealed again and dropped as on a server. For every few days there is a line of
            JSON on stdout:
              {"day":7,"events":N,"event_ns":N,"query_ms":{"day":N,"week":N,"top":N},"history_ms":N,
               "heap":BYTES,"anonymous":BYTES,"descriptors":N,"files":N,"bytes":BYTES,"sealed":N,"reseals":N,"rotations":N,
               "commit_ms_most":N}
            event_ns is processor time of all threads for an event, checkpoints and seals included and the making of
            events not; query_ms of one query over the last day, the last week, and at one instant, and history_ms of one
            over all days. In the end the totals are compared with what was sent.
            """,
        shouldDisplay: false
    )

    @Option(help: ArgumentHelp("Data directory to be made.", valueName: "dir"))
    var data: String

    @Option(help: "Simulated days.")
    var days = 365

    @Option(help: "About how many series there are.")
    var series = 10_000

    @Option(help: "Events of a day, about.")
    var eventsPerDay = 200_000

    @Option(help: "Share of events that come late, 0 to 1.")
    var late = 0.02

    @Option(help: "Days between two lines.")
    var every = 7

    @Option(help: "Seed of the events.")
    var seed: UInt64 = 1

    @Option(help: "Simulated minutes between two evaluations of the shipped rules; 0 is never.")
    var rulesEvery = 0

    @OptionGroup
    var retention: RetentionOptions

    func validate() throws {
        guard days > 0, every > 0, series >= SoakTraffic.seriesOfAd, eventsPerDay > 0, (0...1).contains(late),
            rulesEvery >= 0
        else {
            throw ValidationError("Days, series and events are numbers from 1 on, --late is from 0 to 1.")
        }
    }

    func run() throws {
        // 2026-01-01T00:00:00Z.
        let clock = SoakClock(Timestamp(milliseconds: 1_767_225_600_000))
        var options = StoreOptions()
        options.clock = clock
        retention.apply(to: &options.retention)
        let store = try MetricsStore.open(at: data, definitions: try MetricDefinition.shipped, options: options)
        guard store.statistics().commits == 0 else { throw CommandFailure("\(data) is not new") }
        var soak = Soak(
            store: store,
            clock: clock,
            traffic: SoakTraffic(
                seed: seed,
                ads: max(1, series / SoakTraffic.seriesOfAd),
                perDay: eventsPerDay,
                late: late
            ),
            rules: rulesEvery > 0 ? RuleEngine(store: store, groups: try RuleGroup.shipped) : nil,
            rulesEvery: Int64(rulesEvery)
        )
        for day in 1...days {
            try soak.runDay()
            guard day % every == 0 || day == days else { continue }
            printLine(try soak.report(day: day))
        }
        try soak.checkTotals()
        try store.close()
    }
}

/// A clock that the simulation moves.
final class SoakClock: WallClock {
    private let milliseconds: Atomic<Int64>

    init(_ start: Timestamp) {
        milliseconds = Atomic(start.milliseconds)
    }

    var now: Timestamp { Timestamp(milliseconds: milliseconds.load(ordering: .acquiring)) }

    func advance(by step: Int64) { milliseconds.add(step, ordering: .acquiringAndReleasing) }
}
