// SPDX-License-Identifier: Apache-2.0

import Foundation
import LevelDB
import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `A verification` {
    private static let slots = (0..<40).map { Slot(118_000_000 + 900 * $0) }
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// A store with tables and a log, closed.
    private func makeStore(_ random: inout SeededRandom) throws -> ModelStore {
        var model = ModelStore()
        var store = try SeriesStore.open(at: directory.store, clock: clock)
        for number in 0..<60 {
            try model.commit(to: store, &random, mostSeries: 30, increments: 8, slots: Self.slots, at: clock.now)
            if number == 25 || number == 40 { try store.checkpoint() }
            if number == 45 {
                store.close()
                store = try SeriesStore.open(at: directory.store, clock: clock)
            }
            if number == 30 {
                let hour = try #require(model.hours.memory.first)
                try model.archive(hour: hour, in: store)
                clock.advance(seconds: 4_000, milliseconds: 0)
            }
        }
        store.close()
        return model
    }

    @Test func `finds a sound store sound, and leaves every file as it is`() throws {
        var random = SeededRandom(for: "sound")
        let model = try makeStore(&random)
        let before = try Folder(directory.store).files().map { ($0, try readBytes(directory.store + "/" + $0)) }
        let found = try SeriesStore.verify(directory.store)
        #expect(found.faults == [])
        #expect(found.commits == model.contents.commits)
        let kinds = Set(found.checked.map(\.what))
        #expect(
            kinds.isSuperset(of: [
                "files", "settings", "families", "labels", "series", "totals", "commits of the journal",
                "blocks of identities", "pages of identities", "chunks", "lists of chunks", "points", "samples",
            ]),
            "\(found.checked)"
        )
        let after = try Folder(directory.store).files().map { ($0, try readBytes(directory.store + "/" + $0)) }
        #expect(before.map(\.0) == after.map(\.0))
        for (old, new) in zip(before, after) { #expect(old.1 == new.1, "\(old.0)") }
    }

    @Test func `refuses a directory that is open, and what is none`() throws {
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        #expect(#expect(throws: StoreError.self) { try SeriesStore.verify(directory.store) }?.code == .inUse)
        store.close()
        #expect(throws: StoreError.self) { try SeriesStore.verify(directory.path + "/none") }
    }

    /// LevelDB gives a compaction up when it is closed, and leaves the table that it was writing.
    @Test func `finds a store sound that has the beginning of a table that nothing names`() throws {
        var random = SeededRandom(for: "given up")
        _ = try makeStore(&random)
        let hot = directory.store + "/hot/00000001"
        let table = try #require(try files(in: hot, suffix: ".ldb").first)
        try writeBytes(try readBytes(table).prefix(100), to: hot + "/009999.ldb")
        #expect(try SeriesStore.verify(directory.store).faults == [])
        // The same of one that is named is damage.
        try writeBytes(try readBytes(table).prefix(100), to: table)
        let faults = try SeriesStore.verify(directory.store).faults
        #expect(faults.contains { $0.hasPrefix(table) }, "\(faults)")
    }

    /// Flips bytes of every file, and sees that it is told with the file's name, or that all reads as before.
    private func flipBytes(of path: String, perFile: Int, _ random: inout SeededRandom, strictly: Bool) throws -> (
        Int, Int
    ) {
        func contents(_ path: String) throws -> StoreContents {
            let restored = FileManager.default.fileExists(atPath: path + "/BACKUP") ? directory.path + "/r" : path
            if restored != path { _ = try SeriesStore.restore(path, to: restored) }
            defer { if restored != path { Folder(restored).remove() } }
            let store = try SeriesStore.open(at: restored, clock: clock)
            defer { store.close() }
            return try StoreContents(store)
        }
        let copy = try directory.copy(of: path)
        let expected = try contents(copy)
        try directory.remove(copy)
        var told = 0
        var flips = 0
        for name in try Folder(path).files() {
            let size = try readBytes(path + "/" + name).count
            let last = max(0, size - 60)..<size
            for offset in Set((0..<perFile).map { _ in random.below(max(size, 1)) } + last) where offset < size {
                let copy = try directory.copy(of: path)
                try flip(1 << UInt8(random.below(8)), at: offset, in: copy + "/" + name)
                let found = try SeriesStore.verify(copy)
                flips += 1
                if found.faults.isEmpty {
                    #expect(!strictly, "byte \(offset) of \(name)")
                    #expect(try contents(copy) == expected, "byte \(offset) of \(name)")
                } else {
                    told += 1
                    #expect(
                        found.faults.contains { $0.contains(name) },
                        "byte \(offset) of \(name): \(found.faults)"
                    )
                    #expect(found.faults.allSatisfy { !$0.contains("tidemark-verify") && !$0.contains("\n") })
                }
                try directory.remove(copy)
            }
        }
        return (flips, told)
    }

    @Test func `tells a flipped byte of any file with the file's name, or all reads as before`() throws {
        var random = SeededRandom(for: "flipped bytes")
        _ = try makeStore(&random)
        let (flips, told) = try flipBytes(of: directory.store, perFile: 25, &random, strictly: false)
        print("flipped bytes: \(told) of \(flips) were told")
        #expect(told > flips / 4)
    }

    @Test func `tells every flipped byte of a backup`() throws {
        var random = SeededRandom(for: "flipped backup")
        _ = try makeStore(&random)
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        let report = try store.backup(to: directory.path + "/backup")
        store.close()
        let (flips, told) = try flipBytes(of: report.path, perFile: 25, &random, strictly: true)
        #expect(flips == told)
    }

    @Test func `tells a log that was cut, and files that are missing`() throws {
        var random = SeededRandom(for: "cut")
        _ = try makeStore(&random)
        let log = try LogFile(of: directory.store)
        for cut in [log.bytes.count - 1, log.bytes.count - 40, log.ends[2] + 3] where !log.ends.contains(cut) {
            let copy = try directory.copy(of: directory.store)
            try LogFile.cut(copy, to: cut)
            let name = try LogFile(of: copy).path
            let faults = try SeriesStore.verify(copy).faults
            #expect(faults.contains { $0.hasPrefix(name) && $0.contains("not whole") }, "\(faults)")
            try directory.remove(copy)
        }
        let table = try #require(try files(in: directory.store + "/hot/00000001", suffix: ".ldb").first)
        try directory.remove(table)
        #expect(try !SeriesStore.verify(directory.store).faults.isEmpty)
    }

    /// Changes entries behind the store's back, all with right checksums of LevelDB.
    @Test func `tells pages of joins that are not there`() throws {
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        let pages = try JoinPages(store)
        try pages.replace("pair", day: 20_000, atMost: 4) { put in
            try put([1], [1, 2])
            try put([2], [3, 4])
            return [7]
        }
        store.close()
        #expect(try SeriesStore.verify(directory.store).faults == [])
        let details = try SeriesStore.verify(
            directory.store,
            checks: OpaqueEntryChecks(joinDetails: { "has \($0[0])" })
        )
        #expect(details.faults.count == 1 && details.faults[0].hasSuffix("has 7"), "\(details.faults)")
        let database = try Database.open(at: directory.store + "/hot/00000001")
        var keys: [[UInt8]] = []
        try database.makeCursor().forEach(prefix: KeySpace.joinPage.prefix) { key, _ in keys.append(Array(key)) }
        try database.delete(keys[1], sync: true)
        database.close()
        let faults = try SeriesStore.verify(directory.store).faults
        #expect(faults.count == 1 && faults[0].contains("entry \(Recovery.name(of: keys[1])) is missing"), "\(faults)")
    }

    @Test func `tells all entries that do not fit, not the first alone`() throws {
        var random = SeededRandom(for: "misfits")
        _ = try makeStore(&random)
        let hot = directory.store + "/hot/00000001"
        var expected: [String] = []
        do {
            let database = try Database.open(at: hot)
            defer { database.close() }
            func keys(_ space: KeySpace, count: Int) throws -> [[UInt8]] {
                var keys: [[UInt8]] = []
                try database.makeCursor().forEach(prefix: space.prefix) { key, _ in
                    if key.count == count { keys.append(Array(key)) }
                }
                return keys
            }
            let chunks = try keys(.chunk, count: 11)
            // A chunk that is missing, one that no list names, a total that is another, slots with one use more.
            try database.delete(chunks[0], sync: true)
            expected.append("entry \(Recovery.name(of: chunks[0])) is missing")
            let place = try #require(chunks[1].withUnsafeBytes { KeySpace.chunkPlace($0) })
            let other = KeySpace.chunk(ChunkPlace(day: place.day + 40, series: place.series, span: 0))
            try database.put(other, [1, 2, 3], sync: true)
            expected.append("entry \(Recovery.name(of: other)) is malformed")
            let totals = try keys(.total, count: 5)
            for key in totals {
                var total = try #require(try database.get(key)).withUnsafeBytes { try TotalRecord.decode($0) }
                guard total.number > 0, total.number < 1 << 60, total.inexact == 0 else { continue }
                total.number += 1
                try database.put(key, total.encode(), sync: true)
                expected.append("entry \(Recovery.name(of: key)) is not the sum of its chunks")
                break
            }
            if let key = try keys(.chunk, count: 13).first {
                var slots = try #require(try database.get(key)).withUnsafeBytes {
                    try SharedSlots.read($0, key: CRC32C.checksum(Array(key)))
                }
                slots.uses += 1
                try database.put(key, slots.encode(key: CRC32C.checksum(Array(key))), sync: true)
                expected.append("entry \(Recovery.name(of: key)) says")
            }
        }
        let malformed = try SeriesStore.verify(directory.store).faults
        #expect(malformed.contains { $0.contains(expected[1]) }, "\(malformed)")
        do {
            let database = try Database.open(at: hot)
            let key = try #require(
                try {
                    var found: [UInt8]?
                    try database.makeCursor().forEach(prefix: KeySpace.chunk.prefix) { key, value in
                        if value.count == 3 { found = Array(key) }
                    }
                    return found
                }()
            )
            // Now it has a right checksum, and is still one too many.
            var writer = ByteWriter()
            writer.byte(7)
            let crc = writer.bytes.withUnsafeBytes { CRC32C.checksum($0) }
            writer.fixed(crc ^ CRC32C.checksum(Array(key)))
            try database.put(key, writer.bytes, sync: true)
            database.close()
            expected[1] = "entry \(Recovery.name(of: key)) is in no list"
        }
        let faults = try SeriesStore.verify(directory.store).faults
        for text in expected { #expect(faults.contains { $0.contains(text) }, "\(text) is not in \(faults)") }
        #expect(expected.count >= 3)
    }
}

extension CRC32C {
    fileprivate static func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { checksum($0) } }
}
