// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Tidemark

/// A line may have 1 MiB, and a file is read in pieces of 1 MiB: every way in which the two can meet.
struct `A line of about a megabyte` {
    private static let limit = 1 << 20
    private let directory: TemporaryDirectory
    private let store: MetricsStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try MetricsStore.open(directory)
    }

    /// A click of exactly so many bytes, its line feed not counted.
    private func click(_ id: Int, bytes: Int) -> [UInt8] {
        let start = Array("{\"type\":\"click\",\"id\":\"\(id)\",\"campaign\":\"long\",\"pad\":\"".utf8)
        return start + [UInt8](repeating: 0x70, count: bytes - start.count - 2) + Array("\"}".utf8)
    }

    private func expect(
        _ text: [UInt8],
        accepted: Int,
        rejectedLines: [Int],
        _ context: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let path = directory.path + "/events"
        try writeBytes(text, to: path)
        var rejects: [Reject] = []
        let report = try store.ingest(file: path, onReject: { rejects.append($0) })
        #expect(report.accepted == accepted, "\(context)", sourceLocation: sourceLocation)
        #expect(rejects.map(\.line) == rejectedLines, "\(context)", sourceLocation: sourceLocation)
        #expect(rejects.allSatisfy { $0.reason == .tooLarge }, "\(context)", sourceLocation: sourceLocation)
    }

    @Test func `counts up to the limit, and is rejected one byte beyond, with or without a line feed`() throws {
        var id = 0
        for end in [[UInt8](), [0x0A], [0x0D, 0x0A]] {
            id += 2
            try expect(click(id, bytes: Self.limit) + end, accepted: 1, rejectedLines: [], "at the limit \(end)")
            try expect(click(id + 1, bytes: Self.limit + 1) + end, accepted: 0, rejectedLines: [1], "beyond \(end)")
        }
        for extra in [2, 3, 4, 1_000_000, 3_000_000] {
            try expect(click(1, bytes: Self.limit + extra), accepted: 0, rejectedLines: [1], "\(extra) beyond, no end")
        }
    }

    @Test func `that is too long costs itself and none of its neighbours, wherever it lies between pieces`() throws {
        // Where the long line begins, in the file: about the edges of half a piece and of a whole one.
        var id = 1_000
        for start in [0, 1, Self.limit / 2 - 1, Self.limit / 2 + 1, Self.limit - 1, Self.limit, Self.limit + 1] {
            for length in [Self.limit + 1, Self.limit + 3, 2 * Self.limit - 1, 2 * Self.limit, 3 * Self.limit + 7] {
                var text: [UInt8] = []
                var lines = 0
                if start > 1 {
                    // One line up to where the long one begins.
                    text = click(id, bytes: start - 1) + [0x0A]
                    lines = 1
                } else if start == 1 {
                    text = [0x0A]
                }
                let long = start == 0 ? 1 : 2
                text += [UInt8](repeating: 0x78, count: length) + [0x0A]
                text += click(id + 1, bytes: 100) + [0x0A] + click(id + 2, bytes: 200)
                try expect(
                    text,
                    accepted: lines + 2,
                    rejectedLines: [long],
                    "\(length) bytes from byte \(start) on"
                )
                id += 3
            }
        }
    }

    @Test func `twice behind one another is two rejects`() throws {
        let long = [UInt8](repeating: 0x78, count: Self.limit + 5) + [0x0A]
        let text = long + long + click(1, bytes: 90) + [0x0A] + long + click(2, bytes: 90)
        try expect(text, accepted: 2, rejectedLines: [1, 2, 4], "long, long, good, long, good")
    }
}
