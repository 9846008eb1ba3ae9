// SPDX-License-Identifier: Apache-2.0

import LevelDB
import TimeSeries

/// The identities of hours that no longer fit in memory, in sorted pages on the disk, with a Bloom filter of each hour
/// in memory (10 bits an identity, 7 probes: about one look-up in eighty goes to the disk in vain).
///
/// Not thread safe: used under the lock of the event path.
final class IdentityPages: @unchecked Sendable {  // One lock, the event path's, guards all use.
    private let hot: HotDatabase
    private var database: Database { hot.database }
    private var filters: [UInt32: BloomFilter] = [:]

    private static let perPage = 512
    private static let filterBits = 10

    /// Reads the hours that are archived, to make their filters. O(archived identities).
    init(_ hot: HotDatabase) throws(StoreError) {
        self.hot = hot
        let database = hot.database
        var hours: [UInt32: [UInt64]] = [:]
        try IdentityPages.forEach(database, .archivedIdentities) { hour, fingerprint, _ in
            hours[hour, default: []].append(fingerprint)
        }
        for (hour, fingerprints) in hours {
            filters[hour] = BloomFilter(fingerprints, bitsPerHash: IdentityPages.filterBits)
        }
        let archived = filters.keys.max().map { $0 + 1 } ?? 0
        let first = try IdentityPages.keys(database, .identities, hours: 0..<archived).first
        archivedBefore = first.flatMap { $0.withUnsafeBytes { KeySpace.read($0, at: 1, as: UInt32.self) } } ?? archived
    }

    /// Hours below this one are archived, all of them; 0 when none is. An hour whose archiving was broken off is not: the
    /// blocks of its commits are still there.
    private(set) var archivedBefore: UInt32 = 0

    /// The digest of an archived identity that arrived in `firstHour` or later.
    func digest(of fingerprint: UInt64, since firstHour: UInt32) throws(StoreError) -> UInt32? {
        for (hour, filter) in filters where hour >= firstHour && filter.mayContain(fingerprint) {
            if let digest = try find(fingerprint, hour: hour) { return digest }
        }
        return nil
    }

    /// Writes the identities of one hour as pages, and drops the blocks of the commits they came with.
    func archive(hour: UInt32, identities: [(fingerprint: UInt64, digest: UInt32)]) throws(StoreError) {
        var kept = identities
        var stalePages: Set<[UInt8]> = []
        if filters[hour] != nil {
            // It was broken off, or the clock was set back: what is in pages stays in pages.
            stalePages = Set(try IdentityPages.keys(database, .archivedIdentities, hours: hour..<(hour + 1)))
            var known = Dictionary(kept.map { ($0.fingerprint, $0.digest) }, uniquingKeysWith: { first, _ in first })
            try IdentityPages.forEach(database, .archivedIdentities) { if $0 == hour { known[$1] = $2 } }
            kept = known.map { (fingerprint: $0.key, digest: $0.value) }
        }
        let sorted = kept.sorted { $0.fingerprint < $1.fingerprint }
        var batch = WriteBatch()
        for start in stride(from: 0, to: sorted.count, by: IdentityPages.perPage) {
            let page = sorted[start..<min(start + IdentityPages.perPage, sorted.count)]
            guard let last = page.last else { continue }
            let key = KeySpace.archivedIdentities(hour: hour, last: last.fingerprint)
            batch.put(key, IdentityBlock.encode(page.map(\.fingerprint), page.map(\.digest)))
            stalePages.remove(key)
            if batch.byteCount > 1 << 20 {
                try hot.write(batch)
                batch = WriteBatch()
            }
        }
        // Only the last write takes the blocks away.
        for key in stalePages { batch.delete(key) }
        for key in try IdentityPages.keys(database, .identities, hours: hour..<(hour + 1)) { batch.delete(key) }
        try hot.write(batch)
        filters[hour] = BloomFilter(sorted.map(\.fingerprint), bitsPerHash: IdentityPages.filterBits)
        archivedBefore = max(archivedBefore, hour + 1)
    }

    /// Forgets the hours before `firstHour`, on the disk too.
    func expire(before firstHour: UInt32) throws(StoreError) {
        try drop(from: .identities, hours: 0..<firstHour)
        guard filters.keys.contains(where: { $0 < firstHour }) else { return }
        try drop(from: .archivedIdentities, hours: 0..<firstHour)
        filters = filters.filter { $0.key >= firstHour }
        if filters.isEmpty { archivedBefore = 0 }
    }

    /// Calls `body` for each identity in memory when the store was closed, hour by hour.
    func forEachUnarchived(
        _ body: (_ hour: UInt32, _ fingerprint: UInt64, _ digest: UInt32) -> Void
    ) throws(StoreError) {
        try IdentityPages.forEach(database, .identities, body)
    }

    // MARK: - Entries

    private func find(_ fingerprint: UInt64, hour: UInt32) throws(StoreError) -> UInt32? {
        let cursor = database.makeCursor()
        let key = KeySpace.archivedIdentities(hour: hour, last: fingerprint)
        try storeErrors { () throws(LevelDBError) in
            try cursor.seek(to: key)
            try cursor.checkError()
        }
        guard cursor.isValid, cursor.key.first == KeySpace.archivedIdentities.rawValue,
            KeySpace.read(cursor.key, at: 1, as: UInt32.self) == hour
        else { return nil }
        var found: UInt32?
        do throws(ByteReader.Malformed) {
            try IdentityBlock.forEach(cursor.value) { candidate, digest in
                if candidate == fingerprint { found = digest }
            }
        } catch {
            throw Recovery.corrupt(database, Array(cursor.key), error)
        }
        return found
    }

    private static func forEach(
        _ database: Database,
        _ space: KeySpace,
        _ body: (UInt32, UInt64, UInt32) -> Void
    ) throws(StoreError) {
        let cursor = database.makeCursor(fillCache: false)
        try storeErrors { () throws(LevelDBError) in try cursor.seek(to: space.prefix) }
        while cursor.isValid, cursor.key.first == space.rawValue {
            do throws(ByteReader.Malformed) {
                guard let hour = KeySpace.read(cursor.key, at: 1, as: UInt32.self) else {
                    throw ByteReader.Malformed(offset: 1)
                }
                try IdentityBlock.forEach(cursor.value) { body(hour, $0, $1) }
            } catch {
                throw Recovery.corrupt(database, Array(cursor.key), error)
            }
            try storeErrors { () throws(LevelDBError) in try cursor.next() }
        }
        try storeErrors { () throws(LevelDBError) in try cursor.checkError() }
    }

    private func drop(from space: KeySpace, hours: Range<UInt32>) throws(StoreError) {
        let batch = WriteBatch()
        for key in try IdentityPages.keys(database, space, hours: hours) { batch.delete(key) }
        try hot.write(batch)
    }

    private static func keys(
        _ database: Database,
        _ space: KeySpace,
        hours: Range<UInt32>
    ) throws(StoreError) -> [[UInt8]] {
        try storeErrors { () throws(LevelDBError) in
            var keys: [[UInt8]] = []
            let cursor = database.makeCursor(fillCache: false)
            try cursor.seek(to: space.prefix + KeySpace.bigEndian(hours.lowerBound))
            while cursor.isValid, cursor.key.first == space.rawValue,
                let hour = KeySpace.read(cursor.key, at: 1, as: UInt32.self), hours.contains(hour)
            {
                keys.append(Array(cursor.key))
                try cursor.next()
            }
            try cursor.checkError()
            return keys
        }
    }
}
