// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

struct `A week on a clock of its own` {
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
                "soak", "--data", folder + "/data", "--days", "7", "--series", "150", "--events-per-day", "4000",
                "--every", "1", "--rules-every", "240",
            ]
        )
        // It compares the totals with what it sent.
        #expect(soak.status == 0, "\(soak.errors)")
        let lines = try soak.output.split(separator: "\n").map {
            try JSONDecoder().decode(Line.self, from: Data($0.utf8))
        }
        try #require(lines.count == 7)
        // From the second day on identities and caches are as full as they get, and LevelDB's memory of what was written
        // last comes and goes: the least of three days each. A leak of a hundred bytes an event would be more than this,
        // one of 64 KiB an evaluation of the rules too.
        let (early, late) = (lines[1...3].map(\.heap).min() ?? 0, lines[4...].map(\.heap).min() ?? 0)
        #expect(late < early + 1_000_000, "\(soak.output)")
        #expect(lines[6].sealed >= 6 && lines[6].rotations >= 3, "\(soak.output)")
        // Each sealed day has a file, which is open after it was read.
        let days = lines[6].sealed - lines[1].sealed
        #expect(lines[6].descriptors <= lines[1].descriptors + days + 4, "\(soak.output)")
        #expect(lines[6].files <= lines[1].files + days + 6, "\(soak.output)")
    }
}
