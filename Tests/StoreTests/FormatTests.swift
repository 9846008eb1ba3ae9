// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import TimeSeries

@testable import Store

/// `Fixtures/format-1` was written by the first version of format 1 and is never written again: series of every kind, in
/// chunks and in the journal, with late events. What it reads as is in `Fixtures/format-1.txt`, a line for each series:
/// name and labels, samples, times of the first and the last, the last value, CRC-32C of all times and values.
struct `A store of format 1` {
    private let fixtures = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Fixtures")

    @Test func `is opened by every later version, and reads as it did`() throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.copyItem(atPath: fixtures.path + "/format-1", toPath: directory.store)
        let store = try SeriesStore.open(at: directory.store, clock: ManualClock())
        defer { store.close() }
        let found = try lines(of: store)
        let expected = try String(contentsOfFile: fixtures.path + "/format-1.txt", encoding: .utf8)
        #expect(found == expected.split(separator: "\n").map(String.init))
        // And it is written to as any other.
        try store.checkpoint()
        #expect(try lines(of: store) == found)
    }

    private func lines(of store: SeriesStore) throws -> [String] {
        let end = Timestamp(seconds: 1_767_657_600)  // 2026-01-06T00:00:00Z
        let view = try store.view(now: end, idleTimeout: 86_400)
        let set = try view.select(SeriesSelection([], from: Timestamp(milliseconds: 0), through: end))
        let columns = SampleColumns()
        var lines: [String] = []
        for index in 0..<set.count {
            try set.read(index, into: columns)
            var writer = ByteWriter()
            for sample in 0..<columns.count {
                writer.fixed(columns.timestamps[sample])
                writer.fixed(columns.values[sample].bitPattern)
            }
            let crc = writer.bytes.withUnsafeBytes { CRC32C.checksum($0) }
            let last = columns.count - 1
            // A series may end with a staleness marker; the value before it tells more.
            let value = last > 0 && SampleColumns.isStale(columns.values[last]) ? last - 1 : last
            lines.append(
                """
                \(set.labels(index)) \(columns.count) \(columns.timestamps[0]) \(columns.timestamps[last]) \
                \(columns.values[value]) \(String(crc, radix: 16))
                """
            )
        }
        return lines.sorted()
    }
}
