// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Tidemark
import TidemarkServer

/// `tidemark events generate`: believable campaign traffic as NDJSON on stdout.
struct EventsGenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Write simulated campaign events as NDJSON, the same bytes for the same arguments.",
        discussion: """
            50 campaigns with traffic by hour of day, click-through rates from 0.3 to 6 %, retried duplicates and late
            events. In the incident scenario one campaign's click-through rate is halved near the end; what was planted
            is printed on stderr.

            EXAMPLES
              tidemark events generate --seed 1 --events 100000 > events.ndjson
              tidemark events generate --seed 1 --events 2000000 --scenario incident --duration 30d | tidemark ingest -
            """
    )

    @Option(help: "Start of the random sequence; any number from 0 on.")
    var seed: UInt64

    @Option(help: "How many lines to write, retried events included.")
    var events: Int

    @Option(help: "What happens in the simulated time: quiet or incident.")
    var scenario: GeneratorConfiguration.Scenario = .quiet

    @Option(
        help: "Where the simulated time begins, RFC 3339. (default: 2026-01-05T00:00:00Z)",
        transform: parseTimeArgument
    )
    var start: Timestamp?

    @Option(help: "Simulated time, such as 24h or 30d.", transform: parseDurationArgument)
    var duration: Int = 86_400

    @Option(help: "full: every field; lean: what counting needs, about 175 bytes an event.")
    var profile: GeneratorConfiguration.Profile = .full

    func run() throws {
        var configuration = GeneratorConfiguration(seed: seed, events: events)
        configuration.scenario = scenario
        configuration.profile = profile
        configuration.durationMilliseconds = Int64(duration) * 1_000
        if let start { configuration.startMilliseconds = start.milliseconds }
        let generator: EventGenerator
        do {
            generator = try EventGenerator(configuration: configuration)
        } catch {
            throw ValidationError(error.message)
        }
        BlockOutput.ignoreBrokenPipeSignal()
        let output = BlockOutput(descriptor: STDOUT_FILENO)
        do {
            let summary = try generator.run { bytes in try output.write(bytes) }
            printError(summary.description)
        } catch BlockOutput.Failure.readerLeft {
            // As `head` does when it has seen enough.
        } catch BlockOutput.Failure.system(let code) {
            throw CommandFailure("cannot write: \(errorText(code))")
        }
    }

    /// Seconds.
    private static func parseDurationArgument(_ text: String) throws -> Int {
        guard let seconds = parseDuration(text) else {
            throw ValidationError("'\(text)' is not a duration such as 90m, 24h or 30d.")
        }
        return seconds
    }
}

extension GeneratorConfiguration.Scenario: ExpressibleByArgument {}

extension GeneratorConfiguration.Profile: ExpressibleByArgument {}
