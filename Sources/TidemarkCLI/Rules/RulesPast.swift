// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Rules
import Tidemark
import TidemarkServer

/// Which rules are run over which past.
struct RulesPast: ParsableArguments {
    @Option(help: ArgumentHelp("Data directory that no server has open.", valueName: "dir"))
    var data = "./tidemark-data"

    @Option(
        help: ArgumentHelp("The first instant, RFC 3339, inclusive.", valueName: "time"),
        transform: parseTimeArgument
    )
    var start: Timestamp

    @Option(
        help: ArgumentHelp("The last instant, RFC 3339, inclusive.", valueName: "time"),
        transform: parseTimeArgument
    )
    var end: Timestamp

    @Option(
        help: ArgumentHelp("From one evaluation to the next, for groups that name none.", valueName: "duration"),
        transform: parseInterval
    )
    var interval: Int64 = 60_000

    @Argument(help: ArgumentHelp("Rule files; the shipped ones when none is given.", valueName: "file"))
    var files: [String] = []

    func validate() throws {
        guard start <= end else { throw ValidationError("--start is after --end.") }
    }

    var groups: [RuleGroup] {
        get throws { files.isEmpty ? try RuleGroup.shipped : try RuleGroup.load(files) }
    }

    var settings: RuleSettings {
        var settings = RuleSettings()
        settings.interval = interval
        // Nothing else runs here.
        settings.queryOptions.threads = 0
        return settings
    }

    func open() throws -> MetricsStore {
        do {
            return try openDataDirectory(data)
        } catch let error as MetricsStoreError where error.code == .inUse {
            throw CommandFailure("\(error.message); take a backup, or stop its server")
        }
    }

    // MARK: - What is told meanwhile

    static func tellProgress(_ time: Timestamp) {
        guard isatty(STDERR_FILENO) == 1 else { return }
        write("\r\u{1B}[Kthrough \(time.rfc3339)", to: STDERR_FILENO)
    }

    static func clearProgress() {
        if isatty(STDERR_FILENO) == 1 { write("\r\u{1B}[K", to: STDERR_FILENO) }
    }

    static func tell(_ outcome: RuleReplay.Outcome, since begun: ContinuousClock.Instant) {
        clearProgress()
        let seconds = (ContinuousClock.now - begun) / .seconds(1)
        let tenths = (seconds * 10).rounded() / 10
        let rate = Int(Double(outcome.evaluations) / max(seconds, 0.001))
        printError("\(outcome.evaluations) evaluations in \(tenths) s, \(rate) a second")
        for (rule, time, reason) in outcome.reasons {
            printError("'\(rule)' failed, first at \(time.rfc3339): \(reason)")
        }
        if outcome.failures > 0 { printError("\(outcome.failures) evaluations gave no answer") }
    }

    private static func parseInterval(_ text: String) throws -> Int64 {
        guard let nanoseconds = try? nanoseconds(parameter: text), nanoseconds >= 1_000_000 else {
            throw ValidationError("'\(text)' is not an interval such as 15s or 1m.")
        }
        return nanoseconds / 1_000_000
    }
}
