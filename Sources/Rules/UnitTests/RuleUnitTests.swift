// SPDX-License-Identifier: Apache-2.0

import YAML

/// A file of unit tests for rules, in the format of `promtool test rules`, with the rule files that it names.
///
/// Each test has series of its own, made up for it; all rules are evaluated over them, step by step, and what then fires
/// and what expressions give is compared with what the file expects.
///
/// Two things are refused that promtool lets pass, since either turns a test that nothing fires into one that says
/// nothing: a pattern of `rule_files` that matches no file, and a file without any content.
///
/// Source: Prometheus, `docs/configuration/unit_testing_rules.md`, and `cmd/promtool/unittest.go`.
public struct RuleUnitTests: Sendable {
    let file: RuleTestFile

    /// Reads a test file and the rule files that it names; their patterns are relative to the test file's directory.
    ///
    /// - Throws: `RuleFileFaults`: all that is wrong with any of the files, each with file, line and reason.
    public init(contentsOf path: String) throws(RuleFileFaults) {
        let text: String
        do throws(FileError) {
            text = try TextFile.read(path)
        } catch {
            throw RuleFileFaults(faults: [error])
        }
        var reader = RuleTestFileReader(file: path)
        file = reader.read(text)
        guard reader.faults.isEmpty else { throw RuleFileFaults(faults: reader.faults) }
    }

    /// How many comparisons there are: expectations of alerts and expectations of expressions.
    public var count: Int {
        file.tests.reduce(0) { $0 + $1.alerts.count + $1.expressions.count }
    }

    /// Runs all tests, in the order of the file.
    ///
    /// A rule that cannot be evaluated ends its test: what would follow says nothing.
    ///
    /// - Returns: what came out otherwise than expected; nothing when all is as it should be.
    /// - Complexity: for each test O(steps until its last `eval_time`), each of the evaluation of all rules.
    public func run() -> [RuleTestFailure] {
        file.tests.flatMap { RuleTestRun(of: $0, in: file).failures() }
    }
}
