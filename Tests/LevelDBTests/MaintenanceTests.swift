// SPDX-License-Identifier: Apache-2.0

import Foundation
import LevelDB
import Testing

@Suite struct `Sizes, compaction, properties, destruction` {
    let directory = TemporaryDirectory()

    private func openFilled() throws -> Database {
        let database = try Database.open(at: directory.database, options: creating { $0.compression = .none })
        for first in UInt8(0)..<4 {
            for second in UInt8(0)..<100 {
                try database.put([first, second], [UInt8](repeating: first, count: 1_000), sync: false)
            }
        }
        return database
    }

    @Test func `approximate sizes are zero in memory and near the truth in tables`() throws {
        let database = try openFilled()
        #expect(database.approximateSizes(of: [KeyRange(from: [], to: [255])]) == [0])
        database.compact()
        let sizes = database.approximateSizes(of: [
            KeyRange(from: [0], to: [1]), KeyRange(from: [], to: [255]), KeyRange(from: [9], to: [10]),
            KeyRange(from: [2], to: [1]), KeyRange(from: [1], to: [3]),
        ])
        #expect((80_000...120_000).contains(sizes[0]))
        #expect((390_000...420_000).contains(sizes[1]))
        #expect(sizes[2] == 0)
        #expect(sizes[3] == 0)
        #expect((180_000...220_000).contains(sizes[4]))
        #expect(database.approximateSizes(of: []) == [])
    }

    @Test func `compaction gives back the space of deleted keys in its range`() throws {
        let database = try openFilled()
        database.compact()
        let everything = [KeyRange(from: [], to: [255])]
        let before = database.approximateSizes(of: everything)[0]
        for first in UInt8(0)..<2 {
            for second in UInt8(0)..<100 { try database.delete([first, second], sync: false) }
        }
        database.compact(from: [0], through: [1, 99])
        let after = database.approximateSizes(of: everything)[0]
        #expect(after < before * 6 / 10)
        #expect(try allEntries(database).count == 200)
    }

    @Test func `a compaction range leaves tables outside it alone`() throws {
        let database = try openFilled()
        database.compact()
        let tables = try files(in: directory.database, suffix: ".ldb")
        database.compact(from: [100], through: [200])
        #expect(try files(in: directory.database, suffix: ".ldb") == tables)
        for second in UInt8(0)..<50 { try database.delete([0, second], sync: false) }
        database.compact(from: nil, through: [0])
        #expect(try files(in: directory.database, suffix: ".ldb") != tables)
        #expect(try allEntries(database).count == 350)
    }

    @Test func `known properties have a text, others are nil`() throws {
        let database = try openFilled()
        #expect(database.property("leveldb.num-files-at-level0") == "0")
        #expect(database.property("leveldb.stats")?.contains("Compactions") == true)
        #expect(Int(database.property("leveldb.approximate-memory-usage") ?? "") ?? 0 > 400_000)
        #expect(database.property("leveldb.no-such-thing") == nil)
        #expect(database.property("") == nil)
    }

    @Test func `destroy deletes the database and no foreign file, and nothing where nothing is`() throws {
        let path = directory.database
        try openFilled().close()
        try Database.destroy(at: path)
        #expect(!FileManager.default.fileExists(atPath: path))
        try Database.destroy(at: path)
        #expect(!FileManager.default.fileExists(atPath: path))

        try Database.open(at: path, options: creating()).close()
        try writeBytes([1], to: path + "/notes.txt")
        try Database.destroy(at: path)
        #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["notes.txt"])
    }
}
