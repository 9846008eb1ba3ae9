// SPDX-License-Identifier: Apache-2.0

import LevelDB
import TimeSeries

/// Decodes every entry of a hot database by itself. What fits what is for `Recovery` and `ChunkCheck`.
struct EntryCheck {
    private let hot: String
    private let checks: OpaqueEntryChecks
    private var hasSettings = false
    /// Pages that days of joins say they have.
    private var pages: [[UInt8]] = []

    init(_ hot: String, _ checks: OpaqueEntryChecks) {
        self.hot = hot
        self.checks = checks
    }

    /// - Throws: what opening the database throws.
    mutating func run(_ found: inout StoreVerification) throws(StoreError) {
        let database = try storeErrors { () throws(LevelDBError) in try Database.open(at: hot) }
        defer { database.close() }
        for byte in UInt8.min...UInt8.max {
            let space = KeySpace(rawValue: byte)
            var faults: [String] = []
            var count = 0
            do throws(LevelDBError) {
                let cursor = database.makeCursor(fillCache: false)
                defer { cursor.close() }
                try cursor.scan(prefix: [byte]) { key, value in
                    count += 1
                    if faults.count > StoreVerification.mostFaults { return false }
                    if let fault = fault(space, key, value) {
                        faults.append("\(hot): entry \(Recovery.name(of: Array(key))) \(fault)")
                    }
                    return true
                }
            } catch {
                // The blocks in between were passed over: what is missing then is told behind this.
                found.add("\(error.path): \(error.message)")
            }
            for fault in faults { found.add(fault) }
            found.count(space?.plural ?? "unknown entries", count)
        }
        for page in pages {
            let isThere = try storeErrors { () throws(LevelDBError) in try database.get(page) } != nil
            if !isThere { found.add("\(hot): entry \(Recovery.name(of: page)) is missing") }
        }
        if !hasSettings { found.add("\(hot): entry M settings is missing") }
    }

    private mutating func fault(
        _ space: KeySpace?,
        _ key: UnsafeRawBufferPointer,
        _ value: UnsafeRawBufferPointer
    ) -> String? {
        guard let space else { return "is of no known kind" }
        do throws(ByteReader.Malformed) {
            return try check(space, key, value)
        } catch {
            return error.isOfOtherVersion
                ? "was written by another version of Tidemark" : "is malformed at byte \(error.offset)"
        }
    }

    /// What is wrong beyond what is malformed, or nil.
    private mutating func check(
        _ space: KeySpace,
        _ key: UnsafeRawBufferPointer,
        _ value: UnsafeRawBufferPointer
    ) throws(ByteReader.Malformed) -> String? {
        var reader = ByteReader(value)
        func hasKey(_ count: Int) -> Bool { key.count == count }
        switch space {
        case .meta: return try checkMeta(key, value)
        case .family:
            guard let name = String(validating: key.dropFirst(), as: UTF8.self) else { return "has no name" }
            _ = try FamilyRecord.decode(value, name: name)
        case .label:
            _ = try LabelRecord.decode(value)
            return hasKey(5) ? nil : "has no number"
        case .series:
            let (_, _, count) = try SeriesRecord.decodeHead(&reader)
            for _ in 0..<count { _ = try reader.varint() }
            guard reader.remaining == 0 else { throw ByteReader.Malformed(offset: reader.offset) }
            return hasKey(5) ? nil : "has no number"
        case .total:
            _ = try TotalRecord.decode(value)
            return hasKey(5) ? nil : "has no number"
        case .journal:
            guard try reader.byte() == 2 else { throw ByteReader.Malformed(offset: 0, isOfOtherVersion: true) }
            _ = try Progress(&reader)
            return hasKey(9) ? nil : "has no number"
        case .identities:
            try IdentityBlock.forEach(value) { _, _ in }
            return hasKey(13) ? nil : "has no hour and number"
        case .archivedIdentities: return try checkPage(key, value)
        case .joinBlock:
            guard let block = JoinBlock(key: key, value: value) else { return "has no join, day and number" }
            return checks.joinBlock(block)
        case .joinPage:
            guard let page = JoinBlock(pageKey: key, value: value) else { return "has no join, day and number" }
            return checks.joinBlock(page)
        case .joinPagesOfDay:
            guard let end = key.dropFirst().firstIndex(of: 0), key.count == end + 5,
                let join = String(validating: key[1..<end], as: UTF8.self),
                let day = KeySpace.read(key, at: end + 1, as: UInt32.self)
            else { return "has no join and day" }
            let record = try JoinDayRecord.decode(value)
            for page in record.lastKeys.indices {
                pages.append(KeySpace.joinPage(join, day: day, generation: record.generation, UInt32(page)))
            }
            return record.details.withUnsafeBytes { checks.joinDetails($0) }
        case .baseline:
            guard let end = key.dropFirst().firstIndex(of: 0), key.count == end + 5 else {
                return "has no model and number"
            }
            return checks.baseline(value)
        case .chunk:
            // Its points belong to a series' kind and to a list: `ChunkCheck`.
            guard key.count == 11 || key.count == 13 else { return "is neither a chunk nor slots" }
            _ = try CRC32C.body(of: value, key: CRC32C.checksum(key))
        case .chunkList, .newestEra, .earlierEra:
            // What they say belongs to a series' kind: `ChunkCheck` and `DayCheck`.
            _ = try CRC32C.body(of: value, key: CRC32C.checksum(key))
            return hasKey(7) ? nil : "has no series and era"
        case .sealedDay:
            _ = try DayRecord.decode(value, key: key)
            return hasKey(5) ? nil : "has no day"
        }
        return nil
    }

    private mutating func checkMeta(
        _ key: UnsafeRawBufferPointer,
        _ value: UnsafeRawBufferPointer
    ) throws(ByteReader.Malformed) -> String? {
        switch String(decoding: key.dropFirst(), as: UTF8.self) {
        case StoreSettings.name:
            hasSettings = true
            _ = try StoreSettings.decode(value)
        case CheckpointRecord.name: _ = try CheckpointRecord.decode(value)
        case RotationRecord.name: _ = try RotationRecord.decode(value)
        case FloorRecord.name: _ = try FloorRecord.decode(value)
        default: return "is of no known kind"
        }
        return nil
    }

    private func checkPage(
        _ key: UnsafeRawBufferPointer,
        _ value: UnsafeRawBufferPointer
    ) throws(ByteReader.Malformed) -> String? {
        var last: UInt64?
        var isOrdered = true
        try IdentityBlock.forEach(value) { fingerprint, _ in
            if let last, last >= fingerprint { isOrdered = false }
            last = fingerprint
        }
        guard key.count == 13 else { return "has no hour and fingerprint" }
        guard isOrdered else { return "is out of order" }
        return KeySpace.read(key, at: 5, as: UInt64.self) == last ? nil : "does not end with its key's fingerprint"
    }
}

extension KeySpace {
    /// What its entries are, for people.
    fileprivate var plural: String {
        switch self {
        case .meta: "settings"
        case .family: "families"
        case .label: "labels"
        case .series: "series"
        case .total: "totals"
        case .journal: "commits of the journal"
        case .identities: "blocks of identities"
        case .archivedIdentities: "pages of identities"
        case .joinBlock: "blocks of joins"
        case .joinPage: "pages of joins"
        case .joinPagesOfDay: "days of joins"
        case .baseline: "baselines"
        case .chunk: "chunks and shared slots"
        case .chunkList: "lists of chunks"
        case .newestEra: "lists of sealed days, the newest ones"
        case .earlierEra: "lists of sealed days, those before"
        case .sealedDay: "sealed days"
        }
    }
}
