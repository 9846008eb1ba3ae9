// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Rules
import Tidemark

/// `tidemark rules test`: runs unit tests of rules.
struct RulesTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run unit tests of rules, written as for promtool.",
        discussion: """
            A test file names rule files, gives series, and says which alerts fire and what expressions give at which
            time (`promtool test rules` reads the same files). Prints what went differently on stdout, then how many
            checks went as expected and how many did not. Exit code 0: all did; 1: some did not, or a file cannot be
            read; 2: wrong usage.

            EXAMPLES
              tidemark rules test rules/tests/*.yml
            """
    )

    @Argument(help: ArgumentHelp("Test files.", valueName: "file"))
    var files: [String]

    func run() throws {
        var passed = 0
        var failed = 0
        var isUnreadable = false
        for file in files {
            do throws(RuleFileFaults) {
                let tests = try RuleUnitTests(contentsOf: file)
                let failures = tests.run()
                for failure in failures { printLine(failure.description) }
                passed += max(0, tests.count - failures.count)
                failed += failures.count
            } catch {
                isUnreadable = true
                printError(error.description)
            }
        }
        printLine("\(passed) passed, \(failed) failed")
        if failed > 0 || isUnreadable { throw ExitCode(1) }
    }
}
