// SPDX-License-Identifier: Apache-2.0

import Foundation
import PromQL
import Testing

private let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

/// The scripts in the folder, by name.
private let scripts = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".test") }.sorted()

@Suite struct `Our own test scripts` {
    @Test func `are all here`() {
        #expect(scripts.count >= 10)
    }

    @Test(arguments: scripts)
    func `all pass`(_ name: String) throws {
        let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        let outcome = ScriptRunner().run(text, file: name)
        print("\(name): \(outcome.passed) passed, \(outcome.failures.count) failed")
        #expect(outcome.passed == text.split(whereSeparator: \.isNewline).count { $0.hasPrefix("eval ") })
        for failure in outcome.failures { Issue.record("\(failure)") }
    }
}
