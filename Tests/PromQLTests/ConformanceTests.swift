// SPDX-License-Identifier: Apache-2.0

import Foundation
import PromQL
import Testing

/// Where Prometheus's own scripts are, beside the package; they are no part of it.
private let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "../shared/conformance/promqltest")

/// The scripts in the folder, by name; none when it is not there.
private let scripts = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [])
    .filter { $0.hasSuffix(".test") }.sorted()

@Suite(.enabled(if: !scripts.isEmpty, "../shared/conformance is not there"))
struct `Prometheus's own test scripts` {
    @Test func `are all here`() {
        #expect(scripts.count >= 21)
    }

    @Test(arguments: scripts)
    func `all pass`(_ name: String) throws {
        let text = try String(contentsOf: folder.appending(path: name), encoding: .utf8)
        let outcome = ScriptRunner().run(text, file: name)
        print("\(name): \(outcome.passed) passed, \(outcome.failures.count) failed")
        #expect(outcome.passed > 0)
        for failure in outcome.failures { Issue.record("\(failure)") }
    }
}
