// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import PromQL

/// `tidemark promqltest`: runs PromQL test scripts.
struct PromQLTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promqltest",
        abstract: "Run PromQL test scripts, written in the language of Prometheus's own.",
        discussion: """
            Prints file:line: message for each eval that does not go as expected, then how many did and how many did
            not. Exit code 0: all did; 1: some did not, or a file cannot be read; 2: wrong usage.

            EXAMPLES
              tidemark promqltest aggregators.test
              tidemark promqltest *.test
            """
    )

    @Argument(help: ArgumentHelp("Scripts to run; - is standard input.", valueName: "file"))
    var files: [String]

    func run() throws {
        let runner = ScriptRunner()
        var passed = 0
        var failed = 0
        for file in files {
            let text = String(decoding: try InputFile(file).readAll(), as: UTF8.self)
            let outcome = runner.run(text, file: file)
            for failure in outcome.failures { printLine(failure.description) }
            passed += outcome.passed
            failed += outcome.failures.count
        }
        printLine("\(passed) passed, \(failed) failed")
        if failed > 0 { throw ExitCode(1) }
    }
}
