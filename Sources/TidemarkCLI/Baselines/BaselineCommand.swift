// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `tidemark baseline`: the distributions that drift is measured against.
struct BaselineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "baseline",
        abstract: "Set and show the feature distributions against which the drift of a model is measured.",
        subcommands: [BaselineSetCommand.self, BaselineShowCommand.self]
    )
}
