// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

struct `Eight days on a clock of their own` {
    private struct Line: Decodable {
        var day: Int
        var heap: Int
        var descriptors: Int
        var files: Int
        var sealed: Int
        var rotations: Int
    }

    @Test func `leak nothing, through seals, rotations, queries and rules, and every event counts once`() throws {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let soak = try Program.run(
            Program.tidemark,
            [
                "soak", "--data", folder + "/data", "--days", "8", "--series", "150", "--events-per-day", "40000",
                "--every", "1", "--rules-every", "240",
            ]
        )
        // It compares the totals with what it sent.
        #expect(soak.status == 0, "\(soak.errors)")
        let lines = try soak.output.split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
        try #require(lines.count == 8)
        // From the second day on identities and caches are as full as they get; LevelDB's memory of what was written last
        // comes and goes, some megabytes of it, so the least of three days each; and a sealed day whose file is open has
        // its index. A leak of 50 bytes an event would be more than this, one of 256 KiB an evaluation of the rules too.
        let (early, late) = (lines[1...3].map(\.heap).min() ?? 0, lines[5...].map(\.heap).min() ?? 0)
        #expect(late < early + 6_000_000, "\(soak.output)")
        #expect(lines[7].sealed >= 7 && lines[7].rotations >= 3, "\(soak.output)")
        // Each sealed day has a file, which is open after it was read.
        let days = lines[7].sealed - lines[1].sealed
        #expect(lines[7].descriptors <= lines[1].descriptors + days + 4, "\(soak.output)")
        #expect(lines[7].files <= lines[1].files + days + 6, "\(soak.output)")
    }
}
