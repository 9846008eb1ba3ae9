// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Tidemark

/// `tidemark verify`: is all of a store what was written, and does it fit together?
struct VerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Look through all of a data directory or a backup for damage.",
        discussion: """
            Checks every block of every file, decodes every entry, and compares chunks with their lists, lists with totals,
            and shared slots with their uses. Nothing is written there. Faults are on stderr, one a line, with the file or
            the entry. The last line on stdout is JSON:
              {"commits":N,"faults":N,"checked":{"files":N,…}}
            Exit code 0: whole; 1: not, or it could not be looked at; 2: wrong usage.
            """
    )

    @Option(help: ArgumentHelp("Data directory that no server has open, or a backup.", valueName: "dir"))
    var data = "./tidemark-data"

    func run() throws {
        let found = try MetricsStore.verify(data)
        for fault in found.faults { printError(fault) }
        let checked = found.checked.map { "\"\($0.what)\":\($0.count)" }.joined(separator: ",")
        printLine("{\"commits\":\(found.commits),\"faults\":\(found.faults.count),\"checked\":{\(checked)}}")
        if !found.faults.isEmpty { throw ExitCode(1) }
    }
}
