// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `tidemark rules`: what can be done with rule files without a server.
struct RulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules",
        abstract: "Check rule files, test them, and run them over the past.",
        subcommands: [
            RulesCheckCommand.self, RulesTestCommand.self, RulesReplayCommand.self, RulesBackfillCommand.self,
        ]
    )
}
