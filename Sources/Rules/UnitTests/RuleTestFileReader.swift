// SPDX-License-Identifier: Apache-2.0

import PromQL
import TimeSeries
import YAML

/// Reads one file of unit tests, strictly, and goes on behind a fault so that all are found at once.
///
/// Source of the schema and of what is refused: Prometheus, `cmd/promtool/unittest.go`.
struct RuleTestFileReader {
    let path: String
    private(set) var faults: [FileError] = []

    init(file path: String) {
        self.path = path
    }

    private static let keys: Set<String> = [
        "rule_files", "evaluation_interval", "group_eval_order", "fuzzy_compare", "tests",
    ]

    /// The file with its rules; what has a fault is left out.
    mutating func read(_ text: String) -> RuleTestFile {
        var file = RuleTestFile(path: path)
        noting { reader throws(FileError) in
            let root = try YAMLValue.parse(text, file: reader.path).members(RuleTestFileReader.keys)
            reader.noting { reader throws(FileError) in
                for pattern in try root["rule_files"]?.sequence() ?? [] { reader.loadRules(pattern, into: &file) }
            }
            reader.noting { reader throws(FileError) in
                if let value = root["evaluation_interval"] {
                    let interval = try reader.duration(value)
                    if interval > 0 { file.evaluationInterval = interval }
                }
            }
            reader.noting { reader throws(FileError) in
                if let value = root["fuzzy_compare"] { file.comparesFuzzily = try value.boolean() }
            }
            reader.noting { reader throws(FileError) in
                file.order(try reader.groupNames(root["group_eval_order"]))
            }
            for (index, value) in (try root["tests"]?.sequence() ?? []).enumerated() {
                reader.noting { reader throws(FileError) in
                    file.tests.append(
                        try reader.test(value, name: "#\(index + 1)", interval: file.evaluationInterval)
                    )
                }
            }
        }
        return file
    }

    /// Runs `body`, and keeps what is wrong.
    mutating func noting(_ body: (inout RuleTestFileReader) throws(FileError) -> Void) {
        do throws(FileError) {
            try body(&self)
        } catch {
            faults.append(error)
        }
    }

    // MARK: - Rules

    private mutating func loadRules(_ pattern: YAMLValue, into file: inout RuleTestFile) {
        noting { reader throws(FileError) in
            for path in try reader.rulePaths(pattern) where !file.groups.contains(where: { $0.file == path }) {
                let text = try TextFile.read(path)
                do throws(RuleFileFaults) {
                    file.groups += try RuleGroup.parse(text, file: path)
                } catch {
                    reader.faults += error.faults
                }
            }
        }
    }

    /// The files that a pattern names, from the test file's directory on.
    private func rulePaths(_ value: YAMLValue) throws(FileError) -> [String] {
        let pattern = try value.string()
        var resolved = pattern
        if !pattern.hasPrefix("/"), let slash = path.lastIndex(of: "/") {
            resolved = String(path[...slash]) + pattern
        }
        do throws(FileError) {
            return try TextFile.matching([resolved])
        } catch {
            throw value.fault("no rule file matches \(QuotedText.string(resolved))")
        }
    }

    private func groupNames(_ value: YAMLValue?) throws(FileError) -> [String] {
        var names: [String] = []
        for element in try value?.sequence() ?? [] {
            let name = try element.string()
            if names.contains(name) {
                throw element.fault("the group \(QuotedText.string(name)) is repeated in the order of evaluation")
            }
            names.append(name)
        }
        return names
    }
}
