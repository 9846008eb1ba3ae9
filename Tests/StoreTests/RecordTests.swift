// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Store

struct `A record of the store` {
    private func decode<Record>(
        _ bytes: [UInt8],
        _ body: (UnsafeRawBufferPointer) throws -> Record
    ) rethrows -> Record {
        try bytes.withUnsafeBytes { try body($0) }
    }

    private func randomProgress(_ random: inout SeededRandom) -> Progress {
        var progress = Progress()
        progress.arrival = Timestamp(milliseconds: Int64(random.anyMagnitude() >> 1))
        progress.watermark = random.chance(20) ? nil : Timestamp(milliseconds: Int64(random.anyMagnitude() >> 1))
        progress.commits = random.anyMagnitude()
        progress.counts.accepted = random.anyMagnitude()
        progress.counts.duplicates = random.anyMagnitude()
        progress.counts.conflicts = random.anyMagnitude()
        progress.counts.late = random.anyMagnitude()
        progress.counts.unmatched = random.anyMagnitude()
        progress.counts.overflow = random.anyMagnitude()
        progress.counts.inexact = random.anyMagnitude()
        progress.counts.rejected = (0..<random.below(9)).map { _ in random.anyMagnitude() }
        return progress
    }

    private func randomJournal(_ random: inout SeededRandom, series: Int) -> JournalRecord {
        JournalRecord(
            progress: randomProgress(&random),
            increments: (0..<random.below(20)).map { _ in
                Increment(
                    series: SeriesID(UInt32(random.below(series))),
                    slot: Slot(UInt32(random.anyMagnitude() >> 32)),
                    units: Int64(random.anyMagnitude() >> 1)
                )
            },
            inexactIncrements: (0..<random.below(4)).map { _ in
                InexactIncrement(
                    series: SeriesID(UInt32(random.below(series))),
                    slot: Slot(UInt32(random.anyMagnitude() >> 32)),
                    value: Double(random.anyMagnitude()) / 3
                )
            }
        )
    }

    @Test func `of the journal comes back as it was, and cut anywhere is refused`() throws {
        var random = SeededRandom(for: "journal records")
        for round in 0..<200 {
            let record = randomJournal(&random, series: 1 << 20)
            let bytes = record.encode()
            let decoded = try decode(bytes) { try JournalRecord.decode($0, seriesCount: 1 << 20) }
            #expect(decoded.progress == record.progress)
            #expect(decoded.increments == record.increments)
            #expect(decoded.inexactIncrements == record.inexactIncrements)
            guard round < 10 else { continue }
            for count in bytes.indices {
                #expect(throws: ByteReader.Malformed.self, "cut at \(count)") {
                    try decode(Array(bytes[..<count])) { try JournalRecord.decode($0, seriesCount: 1 << 20) }
                }
            }
            #expect(throws: ByteReader.Malformed.self) {
                try decode(bytes + [0]) { try JournalRecord.decode($0, seriesCount: 1 << 20) }
            }
        }
    }

    @Test func `of the journal that names a series the store does not have is refused`() throws {
        let increment = Increment(series: SeriesID(4), slot: Slot(1), units: 1)
        let inexact = InexactIncrement(series: SeriesID(4), slot: Slot(1), value: 1)
        let records = [
            JournalRecord(progress: Progress(), increments: [increment], inexactIncrements: []),
            JournalRecord(progress: Progress(), increments: [], inexactIncrements: [inexact]),
        ]
        for record in records {
            #expect(throws: Never.self) { try decode(record.encode()) { try JournalRecord.decode($0, seriesCount: 5) } }
            #expect(throws: ByteReader.Malformed.self) {
                try decode(record.encode()) { try JournalRecord.decode($0, seriesCount: 4) }
            }
        }
    }

    @Test func `of a total or a checkpoint comes back as it was, and cut anywhere is refused`() throws {
        var random = SeededRandom(for: "total records")
        for _ in 0..<200 {
            let total = TotalRecord(
                through: random.anyMagnitude(),
                units: Int128(random.next()) << 40,
                inexact: Double(random.next()) / 3,
                lastArrival: UInt32(random.anyMagnitude() >> 32)
            )
            let bytes = total.encode()
            #expect(try decode(bytes) { try TotalRecord.decode($0) } == total)
            for count in bytes.indices {
                #expect(throws: ByteReader.Malformed.self) {
                    try decode(Array(bytes[..<count])) { try TotalRecord.decode($0) }
                }
            }
            let checkpoint = CheckpointRecord(
                through: random.anyMagnitude(),
                writing: random.anyMagnitude(),
                slot: Slot(UInt32(random.anyMagnitude() >> 32)),
                progress: randomProgress(&random)
            )
            #expect(try decode(checkpoint.encode()) { try CheckpointRecord.decode($0) } == checkpoint)
            #expect(throws: ByteReader.Malformed.self) {
                try decode(checkpoint.encode().dropLast()) { try CheckpointRecord.decode($0) }
            }
        }
    }

    @Test func `of a series or a family comes back as it was`() throws {
        let labels: [Labels] = [[:], ["a": "b"], ["campaign": "été \u{1F600}", "device": "\"\\\n", "x": " "]]
        for labels in labels {
            let created = Timestamp(milliseconds: -5)
            let bytes = SeriesRecord.encode(family: "clicks_total", labels: labels, created: created)
            let record = try decode(bytes) { try SeriesRecord.decode($0) }
            #expect(record.family == "clicks_total" && record.labels == labels && record.created == created)
        }
        for family in [ModelStore.clicks, ModelStore.spend] {
            let bytes = FamilyRecord.encode(family)
            #expect(try decode(bytes) { try FamilyRecord.decode($0, name: family.name) } == family)
        }
        let unknownKind: [UInt8] = [1, 99, 0, 0]
        #expect(throws: ByteReader.Malformed.self) {
            try decode(unknownKind) { try FamilyRecord.decode($0, name: "x") }
        }
    }

    @Test func `of a series with one label twice is refused, and no precondition fails`() {
        var writer = ByteWriter()
        writer.byte(1)
        writer.zigzag(0)
        writer.text("clicks_total")
        writer.varint(2)
        for text in ["a", "1", "a", "2"] { writer.text(text) }
        #expect(throws: ByteReader.Malformed.self) { try decode(writer.bytes) { try SeriesRecord.decode($0) } }
    }

    @Test func `of identities comes back in its order, and only with its exact length`() throws {
        var random = SeededRandom(for: "identity blocks")
        for count in [0, 1, 2, 500] {
            let fingerprints = (0..<count).map { _ in random.next() }
            let digests = (0..<count).map { _ in UInt32(truncatingIfNeeded: random.next()) }
            let bytes = IdentityBlock.encode(fingerprints, digests)
            var found: [UInt64] = []
            var foundDigests: [UInt32] = []
            try decode(bytes) {
                try IdentityBlock.forEach($0) { fingerprint, digest in
                    found.append(fingerprint)
                    foundDigests.append(digest)
                }
            }
            #expect(found == fingerprints && foundDigests == digests)
            for wrong in [Array(bytes.dropLast()), bytes + [0]] {
                #expect(throws: ByteReader.Malformed.self) {
                    try decode(wrong) { try IdentityBlock.forEach($0) { _, _ in } }
                }
            }
        }
    }

    /// A count that a damaged record claims is never believed before the bytes are there: nothing is reserved for it.
    @Test func `of random bytes is read or refused, and the process lives`() {
        var random = SeededRandom(for: "random records")
        var read = [0, 0, 0, 0, 0, 0]
        for _ in 0..<20_000 {
            // Small numbers make the deeper parts likely to be reached; huge counts are made likely too.
            var bytes = [1] + random.bytes(random.below(60)).map { random.chance(80) ? $0 & 3 : $0 }
            if random.chance(10), bytes.count > 12 {
                bytes.replaceSubrange(2..<11, with: [UInt8](repeating: 0xFF, count: 8) + [0x7F])
            }
            decode(bytes) { bytes in
                if (try? JournalRecord.decode(bytes, seriesCount: 4)) != nil { read[0] += 1 }
                if (try? TotalRecord.decode(bytes)) != nil { read[1] += 1 }
                if (try? SeriesRecord.decode(bytes)) != nil { read[2] += 1 }
                if (try? FamilyRecord.decode(bytes, name: "x")) != nil { read[3] += 1 }
                if (try? CheckpointRecord.decode(bytes)) != nil { read[4] += 1 }
                if (try? IdentityBlock.forEach(bytes) { _, _ in }) != nil { read[5] += 1 }
                _ = try? StoreSettings.decode(bytes)
            }
        }
        #expect(read.allSatisfy { $0 > 0 }, "each kind was read at least once, or this looks at nothing: \(read)")
    }
}
