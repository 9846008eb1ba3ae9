// SPDX-License-Identifier: Apache-2.0

import Foundation
import LevelDB
import TestSupport
import Testing

/// Damage is an error or it changes nothing. A short answer or a wrong one is never right.
@Suite struct `Damaged files` {
    let directory = TemporaryDirectory()

    @Test(arguments: [Options.Compression.none, .snappy])
    func `a flipped byte in a data block is corruption on get and in a loop`(compression: Options.Compression) throws {
        let entries = try makeTable(compression: compression)
        for offset in [0, 10, 200, 400] {
            let copy = try directory.copyOfDatabase(named: "flipped")
            try flipByte(at: offset, in: try #require(try files(in: copy, suffix: ".ldb").first))
            let database = try Database.open(at: copy)
            // The first block of the table begins at 0, and holds the first key.
            let error = #expect(throws: LevelDBError.self) { try database.get(entries[0].key) }
            #expect(error?.code == .corruption)
            #expect(error?.path == copy)
            let loop = #expect(throws: LevelDBError.self) { try allEntries(database) }
            #expect(loop?.code == .corruption)
            // Other blocks are still good.
            #expect(try database.get(entries.last!.key) == entries.last!.value)
        }
    }

    @Test func `a cursor shows no entry from behind the damage, whichever way it comes`() throws {
        let entries = try makeTable(compression: .none)
        let copy = try directory.copyOfDatabase(named: "flipped")
        let table = try #require(try files(in: copy, suffix: ".ldb").first)
        try flipByte(at: try readBytes(table).count / 2, in: table)
        let database = try Database.open(at: copy)

        let forward = database.makeCursor()
        var seen: [Entry] = []
        #expect(throws: LevelDBError.self) {
            try forward.seekToFirst()
            while forward.isValid {
                seen.append(Entry(forward.key, forward.value))
                try forward.next()
            }
        }
        #expect(seen == Array(entries.prefix(seen.count)) && !seen.isEmpty && !forward.isValid)
        #expect(throws: LevelDBError.self) { try forward.checkError() }

        let backward = database.makeCursor()
        var seenBackward: [Entry] = []
        #expect(throws: LevelDBError.self) {
            try backward.seekToLast()
            while backward.isValid {
                seenBackward.append(Entry(backward.key, backward.value))
                try backward.previous()
            }
        }
        #expect(seenBackward == Array(entries.reversed().prefix(seenBackward.count)) && !seenBackward.isEmpty)

        // Loops that end behind the damage, before the end of the database.
        let loops = database.makeCursor()
        #expect(throws: LevelDBError.self) { try loops.forEach(prefix: [1, 0]) { _, _ in } }
        #expect(!loops.isValid)
        #expect(throws: LevelDBError.self) {
            try database.makeCursor().forEach(from: entries[1].key, to: entries.last!.key) { _, _ in }
        }

        // LevelDB would answer a seek into the damage with the first entry behind it.
        let lost = entries[seen.count].key
        let seeker = database.makeCursor()
        #expect(throws: LevelDBError.self) { try seeker.seek(to: lost) }
        #expect(!seeker.isValid)
    }

    @Test func `no flipped byte of a table gives a short or a wrong answer, or a crash`() throws {
        let entries = try makeTable(compression: .snappy, count: 60)
        let original = try #require(try files(in: directory.database, suffix: ".ldb").first)
        let size = try readBytes(original).count
        let seed = UInt64.random(in: .min ... .max)
        print("LevelDBTests table damage seed: \(seed)")
        var random = SeededRandom(seed: seed)
        // All of the footer and the blocks before it, which are small, and a sample of the data.
        let offsets = Array(size - 160..<size) + (0..<60).map { _ in Int.random(in: 0..<size - 160, using: &random) }
        for offset in offsets {
            for mask: UInt8 in [0x01, 0x80] {
                let copy = try directory.copyOfDatabase(named: "flipped")
                try flipByte(at: offset, in: try #require(try files(in: copy, suffix: ".ldb").first), mask: mask)
                try expectRightOrCorrupt(copy, entries: entries, "byte \(offset) of \(size), mask \(mask)")
            }
        }
    }

    @Test func `a footer that points outside its table is corruption at opening, not the end of the process`() throws {
        _ = try makeTable(compression: .none, count: 10)
        let table = try #require(try files(in: directory.database, suffix: ".ldb").first)
        var bytes = try readBytes(table)
        // An index block of 2^62 bytes, behind a metaindex handle of two zeros.
        let handles: [UInt8] = [0, 0, 0] + [UInt8](repeating: 0x80, count: 8) + [0x40]
        bytes.replaceSubrange(bytes.count - 48..<bytes.count - 48 + handles.count, with: handles)
        try writeBytes(bytes, to: table)
        let error = #expect(throws: LevelDBError.self) { try Database.open(at: directory.database) }
        #expect(error?.code == .corruption)
        #expect(error?.message.contains(table) == true)
    }

    /// The length of a record is the one field whose damage LevelDB takes for the torn end that a crash leaves.
    @Test func `a flipped byte in the log is corruption at opening, or cuts the log there`() throws {
        var starts: [Int] = []
        var entries: [Entry] = []
        do {
            let database = try Database.open(at: directory.database, options: creating())
            let log = try #require(try files(in: directory.database, suffix: ".log").first)
            for number in UInt8(0)..<5 {
                starts.append(try readBytes(log).count)
                entries.append(Entry([number], [UInt8](repeating: number, count: 30)))
                try database.put(entries.last!.key, entries.last!.value, sync: true)
            }
            starts.append(try readBytes(log).count)
        }
        for offset in 0..<starts[5] {
            let copy = try directory.copyOfDatabase(named: "flipped")
            try flipByte(at: offset, in: try #require(try files(in: copy, suffix: ".log").first), mask: 0x10)
            let record = starts.lastIndex { $0 <= offset }!
            let isLength = (4...5).contains(offset - starts[record])
            do {
                let database = try Database.open(at: copy)
                #expect(isLength, "byte \(offset) was flipped and not noticed")
                #expect(try allEntries(database) == Array(entries[..<record]), "byte \(offset)")
            } catch let error as LevelDBError {
                #expect(error.code == .corruption, "byte \(offset): \(error)")
                #expect(error.path == copy)
            }
        }
    }

    @Test func `without paranoid checks the same damage in the log would go unnoticed`() throws {
        do {
            let database = try Database.open(at: directory.database, options: creating())
            for number in UInt8(0)..<3 { try database.put([number], [1, 2, 3], sync: true) }
        }
        try flipByte(at: 0, in: try #require(try files(in: directory.database, suffix: ".log").first))
        let copy = try directory.copyOfDatabase(named: "copy")
        #expect(throws: LevelDBError.self) { try Database.open(at: copy) }
        let trusting = creating { $0.paranoidChecks = false }
        #expect(try allEntries(try Database.open(at: directory.database, options: trusting)).count < 3)
    }

    @Test func `a missing table is corruption at opening`() throws {
        _ = try makeTable(compression: .none)
        let table = try #require(try files(in: directory.database, suffix: ".ldb").first)
        try FileManager.default.removeItem(atPath: table)
        let error = #expect(throws: LevelDBError.self) { try Database.open(at: directory.database) }
        #expect(error?.code == .corruption)
    }

    @Test func `a missing CURRENT file does not make LevelDB begin anew and delete the tables`() throws {
        _ = try makeTable(compression: .none)
        let table = try #require(try files(in: directory.database, suffix: ".ldb").first)
        try FileManager.default.removeItem(atPath: directory.database + "/CURRENT")
        let error = #expect(throws: LevelDBError.self) {
            try Database.open(at: directory.database, options: creating())
        }
        #expect(error?.code == .corruption)
        #expect(FileManager.default.fileExists(atPath: table))
        let readOnly = #expect(throws: LevelDBError.self) { try Database.open(at: directory.database) }
        #expect(readOnly?.code == .notFound)
    }

    @Test func `a first opening that was cut short can be repeated`() throws {
        try FileManager.default.createDirectory(atPath: directory.database, withIntermediateDirectories: true)
        for name in ["MANIFEST-000001", "000003.log", "LOCK", "LOG", "000001.dbtmp"] {
            try writeBytes([], to: directory.database + "/" + name)
        }
        let database = try Database.open(at: directory.database, options: creating())
        try database.put([1], [10], sync: true)
        #expect(try database.get([1]) == [10])
    }

    @Test func `a damaged manifest is corruption at opening`() throws {
        _ = try makeTable(compression: .none)
        try flipByte(at: 8, in: try #require(try manifest(of: directory.database)))
        let error = #expect(throws: LevelDBError.self) { try Database.open(at: directory.database) }
        #expect(error?.code == .corruption)
    }

    // MARK: - Making and judging damage

    /// A database with all of its entries in one table and nothing in its log.
    private func makeTable(compression: Options.Compression, count: Int = 400) throws -> [Entry] {
        var random = SeededRandom(seed: 42)
        let entries = (0..<count).map { number in
            let value = random.bytes(40) + [UInt8](repeating: 7, count: 40)
            return Entry([1, UInt8(number >> 8), UInt8(number & 255)], value)
        }
        let options = creating {
            $0.compression = compression
            $0.blockSize = 1 << 10
        }
        let database = try Database.open(at: directory.database, options: options)
        for entry in entries { try database.put(entry.key, entry.value, sync: false) }
        database.compact()
        try #require(try files(in: directory.database, suffix: ".ldb").count == 1)
        return entries
    }

    private func expectRightOrCorrupt(_ path: String, entries: [Entry], _ comment: Comment) throws {
        do {
            let database = try Database.open(at: path)
            for entry in entries {
                do {
                    #expect(try database.get(entry.key) == entry.value, comment)
                } catch {
                    #expect(error.code == .corruption, comment)
                }
            }
            #expect(try allEntries(database) == entries, comment)
        } catch let error as LevelDBError {
            #expect(error.code == .corruption, "\(comment): \(error)")
        }
    }

    private func manifest(of path: String) throws -> String? {
        try FileManager.default.contentsOfDirectory(atPath: path).first { $0.hasPrefix("MANIFEST") }
            .map { path + "/" + $0 }
    }

    private func flipByte(at offset: Int, in file: String, mask: UInt8 = 0x01) throws {
        var bytes = try readBytes(file)
        bytes[offset] ^= mask
        try writeBytes(bytes, to: file)
    }
}
