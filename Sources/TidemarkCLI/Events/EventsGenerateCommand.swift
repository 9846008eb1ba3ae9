// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Glibc
import Tidemark
import TidemarkServer

/// `tidemark events generate`: believable traffic of campaigns or models as NDJSON on stdout.
struct EventsGenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Write simulated events as NDJSON, the same bytes for the same arguments.",
        discussion: """
            Traffic by hour of day, retried duplicates and late events. Near the end the incident scenario plants what
            alerts should find; what was planted is printed on stderr.

            campaigns  50 campaigns with click-through rates from 0.3 to 6 %. Incident: the rate of one is halved.
            models     predictions, their outcomes, and training runs of three models: click-through (scores of a rare
                       class, 3 %), churn (two classes, 25 %; 8 % of predictions are wrong), order-value (numbers). Each has
                       two versions: from a quarter of the time on the newer makes 30 % of the predictions. Outcomes come
                       seconds to 3 hours later; some never, some corrected or repeated, a few before their
                       prediction. Incident: a feature of click-through moves up by 0.8 standard deviations, and a
                       quarter of churn's predictions are wrong.

            EXAMPLES
              tidemark events generate --seed 1 --events 100000 > events.ndjson
              tidemark events generate --seed 1 --events 2000000 --scenario incident --duration 30d | tidemark ingest -
              tidemark events generate --stream models --seed 1 --events 150000 --scenario incident > models.ndjson
            """
    )

    enum Stream: String, CaseIterable, ExpressibleByArgument {
        case campaigns, models
    }

    @Option(help: "Start of the random sequence; any number from 0 on.")
    var seed: UInt64

    @Option(help: "How many lines to write, retried events included.")
    var events: Int

    @Option(help: "What the events are about: campaigns or models.")
    var stream: Stream = .campaigns

    @Option(help: "What happens in the simulated time: quiet or incident.")
    var scenario: GeneratorConfiguration.Scenario = .quiet

    @Option(
        help: "Where the simulated time begins, RFC 3339. (default: 2026-01-05T00:00:00Z)",
        transform: parseTimeArgument
    )
    var start: Timestamp?

    @Option(help: "Simulated time, such as 24h or 30d.", transform: parseDurationArgument)
    var duration: Int = 86_400

    @Option(help: "full: every field; lean, of campaigns only: what counting needs, about 175 bytes an event.")
    var profile: GeneratorConfiguration.Profile = .full

    func run() throws {
        var configuration = GeneratorConfiguration(seed: seed, events: events)
        configuration.scenario = scenario
        configuration.profile = profile
        configuration.durationMilliseconds = Int64(duration) * 1_000
        if let start { configuration.startMilliseconds = start.milliseconds }
        BlockOutput.ignoreBrokenPipeSignal()
        let output = BlockOutput(descriptor: STDOUT_FILENO)
        do {
            printError(try generate(configuration) { bytes in try output.write(bytes) })
        } catch let error as InvalidGeneratorConfiguration {
            throw ValidationError(error.message)
        } catch BlockOutput.Failure.readerLeft {
            // As `head` does when it has seen enough.
        } catch BlockOutput.Failure.system(let code) {
            throw CommandFailure("cannot write: \(errorText(code))")
        }
    }

    /// - Returns: what was written, in words.
    private func generate(
        _ configuration: GeneratorConfiguration,
        write: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> String {
        switch stream {
        case .campaigns: try EventGenerator(configuration: configuration).run(write: write).description
        case .models: try ModelGenerator(configuration: configuration).run(write: write).description
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
