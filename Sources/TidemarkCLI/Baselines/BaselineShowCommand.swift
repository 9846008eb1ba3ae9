// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Tidemark

/// `tidemark baseline show`: what baselines there are, and what is in them.
struct BaselineShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show the baselines of a data directory, with the bins of their features.",
        discussion: """
            For each feature its bins: of numbers the range, above the lower and up to the upper bound; of categories the
            value. Then the observations and their share.

            EXAMPLES
              tidemark baseline show
              tidemark baseline show --model ctr --number 2
            """
    )

    @Option(help: ArgumentHelp("Data directory that no server has open.", valueName: "dir"))
    var data = "./tidemark-data"

    @Option(help: "Of this model alone.")
    var model: String?

    @Option(help: ArgumentHelp("Of this number alone.", valueName: "n"))
    var number: UInt32?

    func run() throws {
        let store = try openDataDirectory(data)
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
