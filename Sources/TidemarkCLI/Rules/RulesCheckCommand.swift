// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Rules
import Tidemark

/// `tidemark rules check`: whether rule files can be loaded.
struct RulesCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check rule files: schema, expressions and templates.",
        discussion: """
            A line on stdout for each file that is good, a line file:line: reason on stderr for each fault, all faults of
            a file at once. Two rules that make the same series are told of, and no fault. Exit code 0: all files are
            good; 1: some are not; 2: wrong usage.

            EXAMPLES
              tidemark rules check rules/alerts/*.yml
            """
    )

    @Argument(help: ArgumentHelp("Rule files.", valueName: "file"))
    var files: [String]

    func run() throws {
        var isBad = false
        for file in files {
            do throws(RuleFileFaults) {
                let groups = try RuleGroup.parse(contentsOf: file)
                let count = groups.reduce(0) { $0 + $1.rules.count }
                printLine("\(file): \(counted(count, "rule")) in \(counted(groups.count, "group"))")
                for line in RulesCheckCommand.doubled(groups) { printError("\(file): \(line)") }
            } catch {
                isBad = true
                printError(error.description)
            }
        }
        if isBad { throw ExitCode(1) }
    }

    /// Rules of one name with the same labels: which of their samples is recorded is left to chance.
    private static func doubled(_ groups: [RuleGroup]) -> [String] {
        var seen = Set<[String]>()
        return groups.flatMap(\.rules).compactMap { rule in
            let key = [rule.name] + rule.labels.sorted { $0.name < $1.name }.flatMap { [$0.name, $0.text] }
            return seen.insert(key).inserted
                ? nil : "'\(rule.name)' on line \(rule.line) is there with these labels already"
        }
    }
}

/// "1 rule", "2 rules".
private func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
}
