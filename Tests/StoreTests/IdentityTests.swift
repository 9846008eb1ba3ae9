// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `Archived identities` {
    private let directory: TemporaryDirectory
    private let hour: UInt32 = 492_323

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func commit(_ identities: [(fingerprint: UInt64, digest: UInt32)], hour: UInt32, to store: SeriesStore)
        throws
    {
        var commit = Commit(arrival: Timestamp(seconds: Int64(hour) * 3_600))
        commit.fingerprints = identities.map(\.fingerprint)
        commit.digests = identities.map(\.digest)
        try store.commit(commit)
    }

    private func randomIdentities(_ random: inout SeededRandom, _ count: Int) -> [(fingerprint: UInt64, digest: UInt32)]
    {
        (0..<count).map { _ in (random.next() | 1, UInt32(truncatingIfNeeded: random.next())) }
    }

    @Test(arguments: [1, 511, 512, 513, 3_000]) func `are all found, and no others, also after opening again`(
        count: Int
    ) throws {
        var random = SeededRandom(for: "archived identities")
        let identities = randomIdentities(&random, count)
        var store = try SeriesStore.open(at: directory.store)
        try commit(identities, hour: hour, to: store)
        #expect(store.identitiesArchivedBefore == 0)
        try store.archiveIdentities(hour: hour, identities)
        for _ in 0..<2 {
            #expect(store.identitiesArchivedBefore == hour + 1)
            for identity in identities {
                #expect(try store.archivedDigest(of: identity.fingerprint, since: hour) == identity.digest)
            }
            #expect(try store.archivedDigest(of: identities[0].fingerprint, since: hour + 1) == nil)
            for _ in 0..<500 { #expect(try store.archivedDigest(of: random.next() & ~1, since: 0) == nil) }
            var inMemory = 0
            try store.forEachIdentity { _, _, _ in inMemory += 1 }
            #expect(inMemory == 0)
            store.close()
            store = try SeriesStore.open(at: directory.store)
        }
        try store.expireIdentities(before: hour + 1)
        #expect(try store.archivedDigest(of: identities[0].fingerprint, since: 0) == nil)
        #expect(store.identitiesArchivedBefore == 0)
        store.close()
        let last = try SeriesStore.open(at: directory.store)
        #expect(try last.archivedDigest(of: identities[0].fingerprint, since: 0) == nil)
    }

    @Test func `are expired by the hour, those that were never archived too`() throws {
        let store = try SeriesStore.open(at: directory.store)
        for offset in UInt32(0)..<4 { try commit([(UInt64(offset) + 1, offset)], hour: hour + offset, to: store) }
        try store.archiveIdentities(hour: hour, [(1, 0)])
        try store.archiveIdentities(hour: hour + 1, [(2, 1)])
        try store.expireIdentities(before: hour + 1)
        #expect(try store.archivedDigest(of: 1, since: 0) == nil)
        #expect(try store.archivedDigest(of: 2, since: 0) == 1)
        try store.expireIdentities(before: hour + 3)
        var left: [UInt32] = []
        try store.forEachIdentity { hour, _, _ in left.append(hour) }
        #expect(left == [hour + 3])
    }

    /// Nothing is forgotten: an identity is in a page, or still in the block of its commit.
    @Test func `are all there when archiving is broken off behind any write`() throws {
        var random = SeededRandom(for: "broken archive")
        // More than a batch of a megabyte holds.
        let identities = randomIdentities(&random, 180_000)
        let store = try SeriesStore.open(at: directory.store)
        for start in stride(from: 0, to: identities.count, by: 30_000) {
            try commit(Array(identities[start..<(start + 30_000)]), hour: hour, to: store)
        }
        let before = try LogFile(of: directory.store).ends
        try store.archiveIdentities(hour: hour, identities)
        store.close()
        let ends = try LogFile(of: directory.store).ends
        try #require(ends.count - before.count >= 3, "several batches of pages, and the drop")
        let sample = (0..<300).map { _ in identities[random.below(identities.count)] }
        for end in ends[(before.count - 1)...] {
            let copy = try directory.copy(of: directory.store)
            try LogFile.cut(copy, to: end)
            let reopened = try SeriesStore.open(at: copy)
            var unarchived: [UInt64: UInt32] = [:]
            try reopened.forEachIdentity { unarchived[$1] = $2 }
            // An hour of which some is not archived has to be archived again, or its rest would be taken for archived.
            #expect(unarchived.isEmpty || reopened.identitiesArchivedBefore <= hour, "cut at \(end)")
            if !unarchived.isEmpty {
                try reopened.archiveIdentities(hour: hour, unarchived.map { (fingerprint: $0.key, digest: $0.value) })
            }
            for identity in sample {
                let found = try reopened.archivedDigest(of: identity.fingerprint, since: hour)
                #expect(found == identity.digest, "cut at \(end)")
            }
            reopened.close()
            try directory.remove(copy)
        }
    }
}
