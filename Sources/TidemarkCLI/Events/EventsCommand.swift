// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// `tidemark events`: tools around events.
struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Make events to try Tidemark with.",
        subcommands: [EventsGenerateCommand.self]
    )
}
