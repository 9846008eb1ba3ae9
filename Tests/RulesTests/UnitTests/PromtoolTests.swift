// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Rules

/// What the real `promtool test rules` says of a test file.
private enum Promtool {
    static let path = "/usr/bin/promtool"

    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: path) }

    /// Whether all tests of a file pass, and what was printed.
    static func passes(_ file: String) throws -> (passes: Bool, output: String) {
        let process = Process()
        let pipe = Pipe()
        process.executableURL = URL(filePath: path)
        process.arguments = ["test", "rules", file]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus == 0, String(decoding: output, as: UTF8.self))
    }
}

@Suite(.enabled(if: Promtool.isInstalled, "promtool is not installed"))
struct `Unit tests of rules in promtool and here` {
    @Test(arguments: PromtoolCase.alerts)
    func `agree about alerts`(_ pair: PromtoolCase) throws { try agree(pair) }

    @Test(arguments: PromtoolCase.expressions)
    func `agree about expressions`(_ pair: PromtoolCase) throws { try agree(pair) }

    @Test(arguments: PromtoolCase.files)
    func `agree about files and the order of rules`(_ pair: PromtoolCase) throws { try agree(pair) }

    @Test(
        .enabled("templates are not expanded") { try !AlertTemplate("{{ $value }}").isPlain },
        arguments: PromtoolCase.templates
    )
    func `agree about templates`(_ pair: PromtoolCase) throws { try agree(pair) }

    private func agree(_ pair: PromtoolCase) throws {
        let files = try RuleTestFiles(rules: pair.rules, tests: pair.tests)
        let ours: String
        let passes: Bool
        do {
            let failures = try files.failures()
            (passes, ours) = (failures.isEmpty, failures.map(\.description).joined(separator: "\n"))
        } catch {
            (passes, ours) = (false, "\(error)")
        }
        let theirs = try Promtool.passes(files.path)
        #expect(theirs.passes == pair.passes, "promtool: \(theirs.output)\nhere: \(ours)")
        #expect(passes == pair.passes, "here: \(ours)\npromtool: \(theirs.output)")
    }
}
