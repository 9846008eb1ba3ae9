// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Tidemark

/// `tidemark rules backfill`: what rules would have recorded, had they been there.
struct RulesBackfillCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill",
        abstract: "Run rules over the past of a data directory and write what they would have recorded.",
        discussion: """
            For events that were brought in with their past: dashboards and alerts read what rules record, and that begins
            when a server first runs them. Every group is evaluated at each multiple of its interval from --start through
            --end, in event time, as by `rules replay`; what it records is written, ALERTS and ALERTS_FOR_STATE among it.
            Nobody is told of alerts. A server that is started behind --end goes on with alerts that fire then.

            A series' samples go on in time: where a server has recorded already, what is older is refused and counted.
            Backfill before the first start, or through the time of it. Broken off, it can be run again with the same
            --start; a longer past is done from its start, or in one run. idle_timeout, external labels and URL are those
            of a server without settings.

            How many samples were written and refused goes to stderr. Exit code 0: written; 1: failure, or rules that gave
            no answer somewhere; 2: wrong usage.

            EXAMPLES
              tidemark ingest last-week.ndjson
              tidemark rules backfill --start 2026-01-01T00:00:00Z --end 2026-01-08T00:00:00Z
              tidemark serve
            """
    )

    @OptionGroup
    var past: RulesPast

    func validate() throws {
        guard past.end <= SystemClock().now else { throw ValidationError("--end is in the future.") }
    }

    func run() throws {
        let groups = try past.groups
        let store = try past.open()
        defer { try? store.close() }
        let begun = ContinuousClock.now
        defer { RulesPast.clearProgress() }
        let outcome = try RuleBackfill(store, groups, settings: past.settings).run(
            from: past.start,
            through: past.end,
            log: { line in
                RulesPast.clearProgress()
                printError(line)
            },
            progress: RulesPast.tellProgress
        )
        RulesPast.tell(outcome.replay, since: begun)
        printError("\(outcome.written) samples were written")
        if outcome.refused > 0 {
            printError(
                "\(outcome.refused) were refused: their series have newer samples, or their name belongs to events"
            )
        }
        try store.close()
        if outcome.replay.failures > 0 { throw ExitCode(1) }
    }
}
