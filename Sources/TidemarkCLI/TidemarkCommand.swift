// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import TidemarkServer

/// `tidemark`: the subcommands in the order one meets them.
struct TidemarkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tidemark",
        abstract: "A metrics store for ad-campaign events: exact counters in, Prometheus out.",
        discussion: """
            In two terminals:

              tidemark serve
              tidemark events generate --seed 1 --events 100000 | tidemark ingest --url http://127.0.0.1:9590 -

            then point Prometheus, or curl, at http://127.0.0.1:9590/metrics.
            """,
        version: BuildInformation.version,
        subcommands: [
            ServeCommand.self, IngestCommand.self, QueryCommand.self, RulesCommand.self, ImportCommand.self,
            ExportCommand.self, CompactCommand.self, BackupCommand.self, RestoreCommand.self, VerifyCommand.self,
            ScanCommand.self,
            EventsCommand.self, BaselineCommand.self,
            ParseOpenMetricsCommand.self,
            PromQLTestCommand.self,
            SoakCommand.self,
        ]
    )
}

/// What went wrong, in one line, where the library has no error of its own. Exit code 1.
struct CommandFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
