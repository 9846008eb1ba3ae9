// SPDX-License-Identifier: Apache-2.0

import TestSupport
import YAML

@testable import Rules

/// A directory with a rule file and a test file, `rules.yml` and `tests.yml`.
final class RuleTestFiles {
    private let directory: TemporaryDirectory

    init(rules: String, tests: String) throws {
        directory = try TemporaryDirectory()
        try writeBytes(rules.utf8, to: directory.path + "/rules.yml")
        try writeBytes(tests.utf8, to: path)
    }

    /// Of the test file.
    var path: String { directory.path + "/tests.yml" }

    /// Writes one more file.
    func add(_ name: String, _ text: String) throws {
        try writeBytes(text.utf8, to: "\(directory.path)/\(name)")
    }

    func failures() throws -> [RuleTestFailure] {
        try RuleUnitTests(contentsOf: path).run()
    }

    /// What is wrong with the files, each as `tests.yml:line: reason`.
    func faults() -> [String] {
        do throws(RuleFileFaults) {
            _ = try RuleUnitTests(contentsOf: path)
            return []
        } catch {
            return error.faults.map { fault in
                let name = fault.file.split(separator: "/").last.map(String.init) ?? fault.file
                return fault.line.map { "\(name):\($0): \(fault.reason)" } ?? "\(name): \(fault.reason)"
            }
        }
    }
}

/// Rules that most tests here are about.
let budgetRules = """
    groups:
      - name: budget
        rules:
          - record: campaign:spend:sum
            expr: sum by (campaign) (spend)
          - alert: OverBudget
            expr: campaign:spend:sum > 100
            for: 2m
            labels: {severity: page}
            annotations: {summary: Too much money}
          - alert: NoSpend
            expr: spend == 0
            labels: {severity: info}
    """

/// The failures of tests about ``budgetRules``.
///
/// - Parameter tests: the file behind its `rule_files`.
func failures(_ tests: String, rules: String = budgetRules) throws -> [RuleTestFailure] {
    try RuleTestFiles(rules: rules, tests: "rule_files: [rules.yml]\n" + tests).failures()
}
