// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import Tidemark

struct `The program in the README` {
    private func text(_ path: String) throws -> String {
        try TextFile.read(Project.root + "/" + path)
    }

    @Test func `counts what it records, once, however often it runs`() throws {
        let directory = try TemporaryDirectory()
        for _ in 0..<2 { try readmeProgram(directory.store) }
        let store = try MetricsStore.open(at: directory.store, definitions: MetricDefinition.shipped)
        let labels: Labels = ["campaign": "spring", "device": "mobile"]
        #expect(store.total(of: "campaign_impressions_total", labels) == 2)
        #expect(store.total(of: "campaign_clicks_total", labels) == 1)
        #expect(store.total(of: "campaign_spend_total", labels) == 0.25)
        #expect(store.statistics().counts.duplicates == 3)
        try store.close()
    }

    @Test func `is the one that is compiled here`() throws {
        let source = try text("Tests/TidemarkTests/ReadmeProgram.swift").components(
            separatedBy: "    // begin: README\n"
        )
        let body = try #require(source.last?.components(separatedBy: "    // end: README").first)
        let lines = body.split(separator: "\n", omittingEmptySubsequences: false).map { $0.dropFirst(4) }
        let compiled = "import Tidemark\n\nlet directory = \"tidemark-data\"\n\n" + lines.joined(separator: "\n")
        let blocks = try text("README.md").components(separatedBy: "```swift\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
        let shown = try #require(blocks.first { $0.contains("import Tidemark") }, "the README has a program")
        #expect(shown == compiled)
        #expect(shown.count { $0 == "\n" } == 15)
    }
}
