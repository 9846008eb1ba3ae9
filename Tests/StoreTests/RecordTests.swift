// SPDX-License-Identifier: Apache-2.0

import TestSupport
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
                    series: SeriesID(UInt32(random.below(series / 4) * 4)),
                    slot: Slot(UInt32(random.anyMagnitude() >> 32)),
                    units: Int64(random.anyMagnitude() >> 1)
                )
            },
            points: (0..<random.below(4)).map { _ in
                SeriesPoint(
                    series: SeriesID(UInt32(random.below(series / 4) * 4)),
                    slot: Slot(UInt32(random.anyMagnitude() >> 32)),
                    detail: UInt32(random.below(2)),
                    payload: random.anyMagnitude()
                )
            },
            samples: (0..<random.below(9)).map { _ in
                SeriesSample(
                    series: SeriesID(UInt32(random.below(series / 4) * 4 + 1)),
                    milliseconds: Int64(bitPattern: random.anyMagnitude()),
                    bits: random.next()
                )
            }
        )
    }

    /// Counters and sample series in turn.
    private func kinds(_ count: Int) -> [MetricFamily.Kind] {
        (0..<count).map { $0 % 4 == 1 ? .samples : .counter }
    }

    @Test func `of the journal comes back as it was, and cut anywhere is refused`() throws {
        var random = SeededRandom(for: "journal records")
        for round in 0..<200 {
            let record = randomJournal(&random, series: 1 << 12)
            let bytes = record.encode()
            let decoded = try decode(bytes) { try JournalRecord.decode($0, kinds: kinds(1 << 12)) }
            #expect(decoded.progress == record.progress)
            #expect(decoded.increments == record.increments)
            #expect(decoded.points == record.points)
            #expect(decoded.samples == record.samples)
            guard round < 10 else { continue }
            for count in bytes.indices {
                #expect(throws: ByteReader.Malformed.self, "cut at \(count)") {
                    try decode(Array(bytes[..<count])) { try JournalRecord.decode($0, kinds: kinds(1 << 12)) }
                }
            }
            #expect(throws: ByteReader.Malformed.self) {
                try decode(bytes + [0]) { try JournalRecord.decode($0, kinds: kinds(1 << 12)) }
            }
        }
    }

    @Test func `of the journal that names a series the store does not have is refused`() throws {
        let increment = Increment(series: SeriesID(4), slot: Slot(1), units: 1)
        let point = SeriesPoint(series: SeriesID(4), slot: Slot(1), detail: 0, payload: 1)
        let sample = SeriesSample(series: SeriesID(4), milliseconds: 1, bits: 1)
        let four: [MetricFamily.Kind] = [.counter, .counter, .counter, .counter]
        let records: [(JournalRecord, right: MetricFamily.Kind, wrong: MetricFamily.Kind)] = [
            (JournalRecord(progress: Progress(), increments: [increment]), .counter, .gauge),
            (JournalRecord(progress: Progress(), points: [point]), .gauge, .samples),
            (JournalRecord(progress: Progress(), samples: [sample]), .samples, .counter),
        ]
        for (record, right, wrong) in records {
            #expect(throws: Never.self) {
                try decode(record.encode()) { try JournalRecord.decode($0, kinds: four + [right]) }
            }
            for kinds in [four, four + [wrong]] {
                #expect(throws: ByteReader.Malformed.self) {
                    try decode(record.encode()) { try JournalRecord.decode($0, kinds: kinds) }
                }
            }
        }
    }

    @Test func `of a total or a checkpoint comes back as it was, and cut anywhere is refused`() throws {
        var random = SeededRandom(for: "total records")
        for _ in 0..<200 {
            var total = TotalRecord(
                through: random.anyMagnitude(),
                lastArrival: UInt32(random.anyMagnitude() >> 32),
                number: random.chance(50) ? Int128(random.next()) << 40 : Int128(Int64(random.next() >> 1)) * -1,
                inexact: random.chance(50) ? Double(random.next()) / 3 : 0,
                bins: (0..<random.below(9)).map { _ in Int64(random.anyMagnitude() >> 1) },
                registers: (0..<random.below(9)).map { UInt32($0 * 700) << 6 | UInt32(1 + random.below(51)) }
            )
            if random.chance(50) {
                total.withdrawn.units = Int128(random.anyMagnitude() >> 1) << Int128(random.below(60))
                total.withdrawn.inexact = Double(random.below(9)) / 7
                total.withdrawn.bins = (0..<random.below(4)).map { _ in Int64(random.anyMagnitude() >> 1) }
                total.withdrawn.holdsSum = random.chance(50)
                if total.withdrawn.isEmpty { total.withdrawn.bins = [] }
            }
            let bytes = total.encode()
            #expect(try decode(bytes) { try TotalRecord.decode($0) } == total)
            for count in bytes.indices {
                #expect(throws: ByteReader.Malformed.self) {
                    try decode(Array(bytes[..<count])) { try TotalRecord.decode($0) }
                }
            }
            let checkpoint = CheckpointRecord(
                through: random.anyMagnitude(),
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
        for labels in [[], [0], [3, 1 << 20, 2]] as [[UInt32]] {
            let created = Timestamp(milliseconds: -5)
            let bytes = SeriesRecord.encode(family: 300, labels: labels, created: created)
            let found = try decode(bytes) { bytes in
                var reader = ByteReader(bytes)
                let head = try SeriesRecord.decodeHead(&reader)
                #expect(head.created == -5 && head.family == 300)
                return try (0..<head.count).map { _ in UInt32(try reader.varint()) }
            }
            #expect(found == labels)
        }
        for (number, family) in (ModelStore.families + [ModelStore.others]).enumerated() {
            let bytes = FamilyRecord.encode(family, number: number)
            let found = try decode(bytes) { try FamilyRecord.decode($0, name: family.name) }
            #expect(found.family == family && found.number == UInt64(number))
            for wrong in [Array(bytes.dropLast()), bytes + [0]] {
                #expect(throws: ByteReader.Malformed.self) {
                    try decode(wrong) { try FamilyRecord.decode($0, name: family.name) }
                }
            }
        }
        let unknownKind: [UInt8] = [2, 0, 99, 0, 0, 0, 0]
        #expect(throws: ByteReader.Malformed.self) {
            try decode(unknownKind) { try FamilyRecord.decode($0, name: "x") }
        }
    }

    @Test func `of a label comes back as it was, and is refused when cut, empty or not UTF-8`() throws {
        for (name, value) in [("", "x"), ("a", "b"), ("campaign", "été \u{1F600}"), ("é", "\"\\\n")] {
            var text = value
            let bytes = text.withUTF8 { LabelRecord.encode(name: name, value: $0) }
            try decode(bytes) {
                let found = try LabelRecord.decode($0)
                #expect(found.name.elementsEqual(name.utf8) && found.value.elementsEqual(value.utf8))
            }
            for wrong in bytes.indices.map({ Array(bytes[..<$0]) }) + [bytes + [0]] {
                #expect(throws: ByteReader.Malformed.self) { try decode(wrong) { _ = try LabelRecord.decode($0) } }
            }
        }
        for wrong: [UInt8] in [[1, 1, 97, 0], [1, 1, 0xFF, 1, 97], [1, 1, 97, 2, 97, 0xC3], [2, 1, 97, 1, 97]] {
            #expect(throws: ByteReader.Malformed.self) { try decode(wrong) { _ = try LabelRecord.decode($0) } }
        }
    }

    @Test func `of a total is short when there is little in it`() throws {
        func bytes(_ number: Int128) throws -> Int {
            let record = TotalRecord(through: 1, lastArrival: 1_763_000_000, number: number)
            #expect(try decode(record.encode()) { try TotalRecord.decode($0) } == record)
            return record.encode().count
        }
        #expect(try bytes(5) == 9)
        #expect(try bytes(-1) == 9)
        #expect(try bytes(SeriesTotals.Newest.pack(1_763_000_000_000, 5.0.bitPattern)) == 16)
        for number in [Int128.max, .min, Int128(Int64.max) + 1, Int128(Int64.min) - 1, SeriesTotals.Newest.none] {
            #expect(try bytes(number) <= 28)
        }
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
        var tries = 0
        // The rarest kind is read about once in ten thousand times: some seeds need more than others.
        while tries < 60_000 || read.contains(0) && tries < 3_000_000 {
            tries += 1
            // Small numbers make the deeper parts likely to be reached; huge counts are made likely too.
            let version = UInt8(1 + random.below(2))
            var bytes = [version] + random.bytes(random.below(60)).map { random.chance(80) ? $0 & 3 : $0 }
            if random.chance(10), bytes.count > 12 {
                bytes.replaceSubrange(2..<11, with: [UInt8](repeating: 0xFF, count: 8) + [0x7F])
            }
            decode(bytes) { bytes in
                if (try? JournalRecord.decode(bytes, kinds: kinds(4))) != nil { read[0] += 1 }
                if (try? TotalRecord.decode(bytes)) != nil { read[1] += 1 }
                if (try? LabelRecord.decode(bytes)) != nil { read[2] += 1 }
                if (try? FamilyRecord.decode(bytes, name: "x")) != nil { read[3] += 1 }
                if (try? CheckpointRecord.decode(bytes)) != nil { read[4] += 1 }
                if (try? IdentityBlock.forEach(bytes) { _, _ in }) != nil { read[5] += 1 }
                _ = try? StoreSettings.decode(bytes)
            }
        }
        #expect(read.allSatisfy { $0 > 0 }, "each kind was read at least once, or this looks at nothing: \(read)")
    }
}
