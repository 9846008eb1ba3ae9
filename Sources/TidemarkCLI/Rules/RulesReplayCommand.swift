// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Rules
import Tidemark
import TidemarkServer

/// `tidemark rules replay`: what would have fired?
struct RulesReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Run rules over the past of a data directory and show when each alert would have fired.",
        discussion: """
            Every group is evaluated at each multiple of its interval from --start through --end, in event time: an event
            that came late counts when it happened. Nothing is written to the directory. What rules record begins at
            --start: rules that look back a week know nothing of the week before it unless the store's events do.

            table   a line for each alert: name, labels, when its condition began to hold, when it fired, when it was
                    resolved, and the value when it fired
            json    an array of {"alert","labels","activeAt","firedAt","resolvedAt","value"}

            How many evaluations there were, and rules that failed, go to stderr. Exit code 0: replayed; 1: failure;
            2: wrong usage.

            EXAMPLES
              tidemark rules replay --start 2026-01-05T00:00:00Z --end 2026-01-06T00:00:00Z
              tidemark rules replay --data /var/lib/tidemark/data --start 2026-01-01T00:00:00Z --end 2026-02-01T00:00:00Z \\
                --output json my-alerts.yml
            """
    )

    enum Output: String, ExpressibleByArgument, CaseIterable {
        case table, json
    }

    @OptionGroup
    var past: RulesPast

    @Option(help: "How to show the alerts: table or json.")
    var output: Output = .table

    func run() throws {
        let groups = try past.groups
        let store = try past.open()
        defer { try? store.close() }
        let begun = ContinuousClock.now
        let outcome = RuleReplay(groups, settings: past.settings).run(
            from: past.start,
            through: past.end,
            on: try store.view(),
            progress: RulesPast.tellProgress
        )
        RulesPast.tell(outcome, since: begun)
        let firings = FiringText(outcome.firings)
        write(output == .table ? firings.table : firings.json, to: STDOUT_FILENO)
    }
}
