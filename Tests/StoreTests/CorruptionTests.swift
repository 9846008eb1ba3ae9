// SPDX-License-Identifier: Apache-2.0

import LevelDB
import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `A flipped bit` {
    private static let slots = (0..<30).map { Slot(118_000_000 + 900 * $0) }
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func fill(_ store: SeriesStore, _ model: inout ModelStore, commits: Int) throws {
        var random = SeededRandom(seed: 17)
        for _ in 0..<commits {
            try model.commit(to: store, &random, mostSeries: 12, increments: 5, slots: Self.slots, at: clock.now)
        }
    }

    /// Opens what was damaged: it says that it is corrupt, in one line with the path, or holds one of `allowed`.
    @discardableResult
    private func expectCorrupt(_ path: String, or allowed: [StoreContents], _ context: String) throws -> Bool {
        func check(_ error: StoreError) {
            #expect(error.code == .corrupt, "\(context): \(error)")
            #expect(error.message.hasPrefix(path) && !error.description.contains("\n"), "\(context): \(error)")
            #expect(error.description.hasPrefix("corrupt: "))
        }
        let store: SeriesStore
        do throws(StoreError) {
            store = try SeriesStore.open(at: path, clock: clock)
        } catch {
            check(error)
            return true
        }
        defer { store.close() }
        do {
            let found = try StoreContents(store)
            #expect(allowed.contains(found), "\(context): neither corrupt nor right")
        } catch let error as LevelDBError {
            // Chunks are read when they are needed: opening does not look at them.
            #expect(error.code == .corruption, "\(context): \(error)")
            var failure: StoreError?
            do throws(StoreError) {
                let points = PointColumns()
                for slot in Self.slots {
                    for series in 0..<12 {
                        let place = store.spans.place(of: slot, series: SeriesID(UInt32(series)))
                        try store.readChunk(at: place, kind: .counter, into: points, ColumnScratch())
                    }
                }
            } catch {
                failure = error
            }
            if let failure { check(failure) }
            return true
        }
        return false
    }

    @Test func `in a table is reported as corrupt, or does no harm`() throws {
        var model = ModelStore()
        do {
            let store = try SeriesStore.open(at: directory.store, clock: clock)
            try fill(store, &model, commits: 30)
            try store.checkpoint()
            try fill(store, &model, commits: 20)
        }
        // Opening turns the log into a table.
        try SeriesStore.open(at: directory.store, clock: clock).close()
        let hot = directory.store + "/hot/00000001"
        let table = try #require(try files(in: hot, suffix: ".ldb").first)
        let size = try readBytes(table).count
        var random = SeededRandom(for: "flipped table")
        var reported = 0
        let offsets = Array(size - 120..<size) + (0..<200).map { _ in random.below(size) }
        for offset in offsets {
            let copy = try directory.copy(of: directory.store)
            let damaged = try #require(try files(in: copy + "/hot/00000001", suffix: ".ldb").first)
            try flip(1 << UInt8(random.below(8)), at: offset, in: damaged)
            if try expectCorrupt(copy, or: [model.contents], "byte \(offset) of \(size)") { reported += 1 }
            try directory.remove(copy)
        }
        #expect(reported > offsets.count / 2, "only \(reported) of \(offsets.count) were noticed")
    }

    /// LevelDB by itself takes a damaged length for the torn end that a crash leaves, and forgets what is behind it.
    @Test func `in the log is reported as corrupt with the log's name, in whatever byte`() throws {
        var model = ModelStore()
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        try fill(store, &model, commits: 6)
        store.close()
        let log = try LogFile(of: directory.store)
        var lengths = 0
        for offset in log.bytes.indices {
            // Of a length every bit.
            if log.isLength(offset) { lengths += 1 }
            for bit in log.isLength(offset) ? Array(0..<8) : [offset % 8] {
                let copy = try directory.copy(of: directory.store)
                let damaged = try LogFile(of: copy).path
                try flip(1 << UInt8(bit), at: offset, in: damaged)
                let context = "bit \(bit) of byte \(offset) of \(log.bytes.count)"
                let error = #expect(throws: StoreError.self, "\(context)") {
                    try SeriesStore.open(at: copy, clock: clock)
                }
                #expect(error?.code == .corrupt, "\(context): \(error as Any)")
                #expect(error?.message.hasPrefix(damaged) == true, "\(context): \(error as Any)")
                try directory.remove(copy)
            }
        }
        #expect(lengths == 2 * (log.edges.count - 1))
    }

    @Test func `in the manifest is reported as corrupt with its name, in whatever byte`() throws {
        var model = ModelStore()
        var store = try SeriesStore.open(at: directory.store, clock: clock)
        try fill(store, &model, commits: 6)
        store.close()
        store = try SeriesStore.open(at: directory.store, clock: clock)
        try fill(store, &model, commits: 1)
        store.close()
        let hot = directory.store + "/hot/00000001"
        let name = try #require(try Folder(hot).names().first { $0.hasPrefix("MANIFEST-") })
        for offset in try readBytes(hot + "/" + name).indices {
            for bit in 0..<8 {
                let copy = try directory.copy(of: directory.store)
                let damaged = copy + "/hot/00000001/" + name
                try flip(1 << UInt8(bit), at: offset, in: damaged)
                let error = #expect(throws: StoreError.self) { try SeriesStore.open(at: copy, clock: clock) }
                #expect(error?.code == .corrupt && error?.message.hasPrefix(damaged) == true, "\(error as Any)")
                try directory.remove(copy)
            }
        }
    }

    @Test func `in an entry that LevelDB holds for good is told with its key`() throws {
        var model = ModelStore()
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        try fill(store, &model, commits: 5)
        try store.checkpoint()
        try fill(store, &model, commits: 5)
        let database = store.database
        var keys: [[UInt8]] = []
        try database.makeCursor().forEach { key, _ in keys.append(Array(key)) }
        store.close()
        let kinds = Set(keys.map { $0[0] })
        #expect(kinds.count >= 7, "settings, families, labels, series, totals, journal, identities, chunks")
        for key in keys where key[0] != KeySpace.chunk.rawValue && key[0] != KeySpace.chunkList.rawValue {
            let copy = try directory.copy(of: directory.store)
            do {
                let database = try Database.open(at: copy + "/hot/00000001")
                var value = try #require(try database.get(key))
                value[0] = 99
                try database.put(key, value, sync: true)
                database.close()
            }
            let error = #expect(throws: StoreError.self) {
                try SeriesStore.open(at: copy, clock: clock).forEachIdentity { _, _, _ in }
            }
            #expect(error?.code == .corrupt || error?.code == .incompatible)
            #expect(error?.message.contains("entry \(String(UnicodeScalar(key[0])))") == true, "\(error as Any)")
            let isTold = ["malformed at byte", "another version of Tidemark"].contains {
                error?.message.contains($0) ?? false
            }
            #expect(isTold)
            try directory.remove(copy)
        }
    }

    @Test func `or a lost entry never gives a wrong total: a gap in journal or series is corrupt`() throws {
        var model = ModelStore()
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        try fill(store, &model, commits: 10)
        store.close()
        for key in [
            KeySpace.journal(1), KeySpace.journal(5), KeySpace.series(SeriesID(0)), KeySpace.series(SeriesID(1)),
            KeySpace.label(0),
        ] {
            let copy = try directory.copy(of: directory.store)
            do {
                let database = try Database.open(at: copy + "/hot/00000001")
                try #require(try database.get(key) != nil)
                try database.delete(key, sync: true)
                database.close()
            }
            let error = #expect(throws: StoreError.self) { try SeriesStore.open(at: copy, clock: clock) }
            #expect(error?.code == .corrupt, "\(key): \(error as Any)")
            try directory.remove(copy)
        }
    }
}
