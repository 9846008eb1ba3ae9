// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Ingest

/// Archived identities in a dictionary, which checks that it is asked as promised.
private final class MemoryArchive: IdentityArchive {
    var hours: [UInt32: [UInt64: UInt32]] = [:]
    var isBroken = false

    struct Broken: Error {}

    func digest(of fingerprint: UInt64, since firstHour: UInt32) throws -> UInt32? {
        if isBroken { throw Broken() }
        return hours.first { $0.key >= firstHour && $0.value[fingerprint] != nil }?.value[fingerprint]
    }

    func archive(hour: UInt32, identities: [(fingerprint: UInt64, digest: UInt32)]) throws {
        if isBroken { throw Broken() }
        precondition(hours[hour] == nil, "an hour is archived once")
        hours[hour] = Dictionary(uniqueKeysWithValues: identities.map { ($0.fingerprint, $0.digest) })
    }
}

@Suite struct `The deduplicator` {
    private func time(hour: Double) -> Timestamp { Timestamp(milliseconds: Int64(hour * 3_600_000)) }

    private let mixed = { (number: Int) in UInt64(number) &* 0x9E37_79B9_7F4A_7C15 }

    @Test func `hours are counted from 1970 and the window is rounded up to them`() {
        let deduplicator = Deduplicator(windowSeconds: 3_601, memoryLimit: 1 << 30, archive: nil)
        #expect(deduplicator.hour(of: time(hour: 10.99)) == 10)
        #expect(deduplicator.hour(of: Timestamp(milliseconds: -1)) == 0)
        #expect(deduplicator.firstHour(at: time(hour: 10.99)) == 8)
        #expect(deduplicator.firstHour(at: time(hour: 1)) == 0)
    }

    @Test func `an identity is remembered for the window and at most an hour longer`() throws {
        let deduplicator = Deduplicator(windowSeconds: 2 * 3_600, memoryLimit: 1 << 30, archive: nil)
        let arrived = time(hour: 100.9)
        #expect(try deduplicator.insert(fingerprint: 1, digest: 0, hour: deduplicator.hour(of: arrived)) == .new)
        for later in [101.0, 102.0, 102.9, 102.999] {
            try deduplicator.trim(at: time(hour: later))
            #expect(
                try deduplicator.insert(fingerprint: 1, digest: 0, hour: UInt32(later)) == .duplicate,
                "at \(later)"
            )
        }
        try deduplicator.trim(at: time(hour: 103.9))
        #expect(try deduplicator.insert(fingerprint: 1, digest: 0, hour: 103) == .new)
    }

    @Test func `beyond the memory limit the oldest hours go to the archive and nothing is forgotten`() throws {
        let archive = MemoryArchive()
        let deduplicator = Deduplicator(windowSeconds: 100 * 3_600, memoryLimit: 1 << 20, archive: archive)
        for hour in UInt32(200)..<210 {
            for number in 0..<20_000 {
                _ = try deduplicator.insert(fingerprint: mixed(Int(hour) * 20_000 + number), digest: 1, hour: hour)
            }
            try deduplicator.trim(at: time(hour: Double(hour) + 0.5))
        }
        #expect(archive.hours.count >= 8)
        #expect(archive.hours[209] == nil)
        #expect(deduplicator.count < 60_000)
        for number in stride(from: 200 * 20_000, to: 210 * 20_000, by: 37) {
            #expect(
                try deduplicator.insert(fingerprint: mixed(number), digest: UInt32(number % 2), hour: 210)
                    == (number % 2 == 1 ? .duplicate : .conflict)
            )
        }
        #expect(try deduplicator.insert(fingerprint: 1, digest: 1, hour: 210) == .new)
    }

    @Test func `what was archived before a restart is asked for, and what was restored is known`() throws {
        let archive = MemoryArchive()
        archive.hours[8] = [77: 1]
        let deduplicator = Deduplicator(windowSeconds: 100 * 3_600, memoryLimit: 1, archive: archive, archivedBefore: 9)
        deduplicator.restore(fingerprint: 78, digest: 2, hour: 9)
        #expect(try deduplicator.insert(fingerprint: 77, digest: 1, hour: 10) == .duplicate)
        #expect(try deduplicator.insert(fingerprint: 78, digest: 3, hour: 10) == .conflict)
        try deduplicator.trim(at: time(hour: 10))
        #expect(archive.hours[9] == [78: 2])
        #expect(archive.hours[10] == nil)
    }

    @Test func `an archive that cannot answer is an error, not a new event`() throws {
        let archive = MemoryArchive()
        archive.hours[8] = [77: 1]
        let deduplicator = Deduplicator(windowSeconds: 100 * 3_600, memoryLimit: 1, archive: archive, archivedBefore: 9)
        archive.isBroken = true
        #expect(throws: MemoryArchive.Broken.self) { try deduplicator.insert(fingerprint: 77, digest: 1, hour: 10) }
        #expect(throws: MemoryArchive.Broken.self) {
            _ = try? deduplicator.insert(fingerprint: 1, digest: 1, hour: 9)
            try deduplicator.trim(at: time(hour: 10))
        }
    }

    /// A batch decoded just before the hour ends may be added just after its hour went to the archive.
    @Test func `a batch that arrived in an hour already archived is remembered all the same`() throws {
        let archive = MemoryArchive()
        let hour = UInt32(arrival.milliseconds / 3_600_000)
        let deduplicator = Deduplicator(windowSeconds: 100 * 3_600, memoryLimit: 1, archive: archive)
        _ = try deduplicator.insert(fingerprint: 5, digest: 5, hour: hour)
        try deduplicator.trim(at: Timestamp(milliseconds: arrival.milliseconds + 3_600_000))
        #expect(archive.hours[hour] == [5: 5])
        let ingestion = Ingestion(deduplicator: deduplicator)
        let late = "{\"type\":\"click\",\"id\":\"a\"}"
        #expect(try ingestion.add(late).accepted == 1)
        #expect(try ingestion.add(late).duplicates == 1)
        try deduplicator.trim(at: Timestamp(milliseconds: arrival.milliseconds + 2 * 3_600_000))
        #expect(try ingestion.add(late).duplicates == 1)
    }

    /// Within the window every identity is known; two hours behind it none is. (Content is a function of the identity
    /// here, so that what is told about a duplicate does not depend on which arrival is remembered.)
    @Test(arguments: 0..<3)
    func `random arrivals over days are known within the window, with memory for none of them`(run: Int) throws {
        var random = SeededRandom(for: "deduplicator, run \(run)")
        let archive = MemoryArchive()
        let window = UInt32(3 + run * 5)
        let deduplicator = Deduplicator(
            windowSeconds: Int(window) * 3_600,
            memoryLimit: run == 0 ? 1 : 400_000,
            archive: archive
        )
        var lastNew: [UInt64: UInt32] = [:]
        var lastSeen: [UInt64: UInt32] = [:]
        var known = 0
        for hour in UInt32(50)..<90 {
            for minute in 0..<6 {
                for _ in 0..<300 {
                    let fingerprint = mixed(random.below(20_000) + 1)
                    let outcome = try deduplicator.insert(
                        fingerprint: fingerprint,
                        digest: UInt32(truncatingIfNeeded: fingerprint),
                        hour: hour
                    )
                    if let last = lastNew[fingerprint], hour - last <= window { #expect(outcome == .duplicate) }
                    if let last = lastSeen[fingerprint] {
                        if hour - last > window + 1 { #expect(outcome == .new) }
                    } else {
                        #expect(outcome == .new)
                    }
                    if outcome == .new { lastNew[fingerprint] = hour } else { known += 1 }
                    lastSeen[fingerprint] = hour
                }
                try deduplicator.trim(at: time(hour: Double(hour) + Double(minute) / 6))
            }
        }
        print("IngestTests: \(known) arrivals known, \(archive.hours.count) hours archived")
        #expect(known > 1_000)
        #expect(archive.hours.count >= 3)
    }
}
