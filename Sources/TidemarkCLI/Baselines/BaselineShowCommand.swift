// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Tidemark

/// `tidemark baseline show`: what baselines there are, and what is in them.
struct BaselineShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the baselines of a data directory or a server, with the bins of their features.",
        discussion: """
            For each feature its bins: of numbers the range, above the lower and up to the upper bound; of categories the
            value. Then the observations and their share.

            EXAMPLES
              tidemark baseline show
              tidemark baseline show --model ctr --number 2
              tidemark baseline show --url http://127.0.0.1:9590
            """
    )

    @OptionGroup var place: BaselinePlace

    @Option(help: "Of this model alone.")
    var model: String?

    @Option(help: ArgumentHelp("Of this number alone.", valueName: "n"))
    var number: UInt32?

    func run() async throws {
        if let server = try place.server {
            for baseline in try await RemoteBaselines(server: server, client: try place.http.load()).list(
                model: model,
                number: number
            ) {
                printLine(BaselineShowCommand.text(baseline))
            }
            return
        }
        let store = try place.opening { try openDataDirectory($0) }
        let shown = store.baselines.filter {
            (model == nil || $0.model == model) && (number == nil || $0.number == number)
        }
        try store.close()
        if shown.isEmpty { throw CommandFailure("there is no such baseline") }
        for baseline in shown { printLine(BaselineShowCommand.text(baseline)) }
    }

    /// A baseline as lines.
    static func text(_ baseline: Baseline) -> String {
        var lines = [
            "baseline \(baseline.number) of \(baseline.title), made \(baseline.created.rfc3339) from \(baseline.source)"
        ]
        for feature in baseline.features {
            lines.append("  \(feature.name): \(feature.observations) observations, \(feature.missing) missing")
            for ((bin, range), (count, ratio)) in zip(
                zip(feature.binLabels, feature.ranges),
                zip(feature.counts, feature.ratios)
            ) {
                lines.append("    \(bin)\(range)  \(count)  \((ratio * 10_000).rounded() / 100) %")
            }
        }
        return lines.joined(separator: "\n")
    }
}

extension FeatureBaseline {
    /// The range of each bin of a numeric feature as text; nothing for categories.
    fileprivate var ranges: [String] {
        guard case .numeric(let bounds, _, _) = bins else { return counts.map { _ in "" } }
        let texts = ["-Inf"] + bounds.map { "\($0)" } + ["+Inf"]
        return zip(texts, texts.dropFirst()).map { "  (\($0), \($1)]" }
    }
}
