// SPDX-License-Identifier: Apache-2.0

import Foundation
import LevelDB
import Testing

@Suite struct `Opening, locking and closing` {
    let directory = TemporaryDirectory()

    // MARK: - Opening

    @Test func `a missing database is not made unless asked for, and leaves no trace`() throws {
        let error = #expect(throws: LevelDBError.self) { try Database.open(at: directory.database) }
        #expect(error?.code == .notFound)
        #expect(error?.path == directory.database)
        #expect(error?.message.contains("create_if_missing") == true)
        #expect(!FileManager.default.fileExists(atPath: directory.database))
    }

    @Test func `a missing parent directory is not found`() {
        let error = #expect(throws: LevelDBError.self) {
            try Database.open(at: directory.database + "/deeper/still", options: creating())
        }
        #expect(error?.code == .notFound)
    }

    @Test func `an existing database is refused if asked to`() throws {
        _ = try Database.open(at: directory.database, options: creating { $0.errorIfExists = true })
        let error = #expect(throws: LevelDBError.self) {
            try Database.open(at: directory.database, options: creating { $0.errorIfExists = true })
        }
        #expect(error?.code == .alreadyExists)
    }

    @Test func `a path that is a file, or has a zero byte, is an error`() throws {
        try writeBytes([1], to: directory.database)
        let file = #expect(throws: LevelDBError.self) { try Database.open(at: directory.database, options: creating()) }
        #expect(file?.code == .ioError)
        let zero = #expect(throws: LevelDBError.self) {
            try Database.open(at: directory.path + "/a\u{0}b", options: creating())
        }
        #expect(zero?.code == .invalidArgument)
        #expect(throws: LevelDBError.self) { try Database.destroy(at: "a\u{0}b") }
    }

    @Test func `compression is what the options say`() throws {
        func tableBytes(_ compression: Options.Compression) throws -> Int {
            let path = directory.path + "/\(compression)"
            let database = try Database.open(at: path, options: creating { $0.compression = compression })
            for number in UInt8(0)..<100 {
                try database.put([number], [UInt8](repeating: number, count: 1_000), sync: false)
            }
            database.compact()
            return try files(in: path, suffix: ".ldb").map { try readBytes($0).count }.reduce(0, +)
        }
        let (plain, snappy) = (try tableBytes(.none), try tableBytes(.snappy))
        #expect(plain > 100_000)
        #expect(snappy < 20_000)
    }

    @Test func `bloom filters are written when asked for`() throws {
        func hasFilter(_ bits: Int) throws -> Bool {
            let path = directory.path + "/bits\(bits)"
            let database = try Database.open(at: path, options: creating { $0.bloomBitsPerKey = bits })
            try database.put([1], [10], sync: false)
            database.compact()
            #expect(try database.get([1]) == [10])
            #expect(try database.get([2]) == nil)
            let table = try #require(try files(in: path, suffix: ".ldb").first)
            return try Data(readBytes(table)).range(of: Data("filter.leveldb.BuiltinBloomFilter2".utf8)) != nil
        }
        #expect(try hasFilter(10))
        #expect(try !hasFilter(0))
    }

    // MARK: - The lock

    @Test func `a database open in this process is locked`() throws {
        let database = try Database.open(at: directory.database, options: creating())
        let error = #expect(throws: LevelDBError.self) { try Database.open(at: directory.database) }
        #expect(error?.code == .lockHeld)
        #expect(error?.path == directory.database)
        let destroying = #expect(throws: LevelDBError.self) { try Database.destroy(at: directory.database) }
        #expect(destroying?.code == .lockHeld)
        try database.put([1], [10], sync: true)
        #expect(try database.get([1]) == [10])
    }

    @Test func `a database open in another process is locked`() async throws {
        let database = try Database.open(at: directory.database, options: creating())
        let path = directory.database
        await #expect(processExitsWith: .success) { [path = path as String] in
            let error = #expect(throws: LevelDBError.self) { try Database.open(at: path) }
            #expect(error?.code == .lockHeld)
            #expect(error?.path == path)
        }
        database.close()
        await #expect(processExitsWith: .success) { [path = path as String] in
            _ = try Database.open(at: path)
        }
    }

    // MARK: - Closing

    @Test func `close gives up the lock, and may be repeated`() throws {
        let first = try Database.open(at: directory.database, options: creating())
        try first.put([1], [10], sync: false)
        first.close()
        first.close()
        let second = try Database.open(at: directory.database)
        #expect(try second.get([1]) == [10])
    }

    @Test func `dropping the last reference closes, but not before the last cursor is gone`() throws {
        let path = directory.database
        var database: Database? = try Database.open(at: path, options: creating())
        try database!.put([1], [10], sync: false)
        var cursor: Cursor? = database!.makeCursor()
        database = nil
        try cursor!.seekToFirst()
        #expect(Array(cursor!.value) == [10])
        let error = #expect(throws: LevelDBError.self) { try Database.open(at: path) }
        #expect(error?.code == .lockHeld)
        cursor = nil
        #expect(try Database.open(at: path).get([1]) == [10])
    }

    @Test func `closing with a live cursor is a programmer error, without one it is not`() async {
        let path = directory.database
        let trap = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            [path = path as String] in
            try withDatabase(at: path) { database in
                let cursor = database.makeCursor()
                database.close()
                try cursor.seekToFirst()
            }
        }
        expectTrap(trap, "LevelDB database closed while a cursor")
        await #expect(processExitsWith: .success) { [path = path as String] in
            try withDatabase(at: path) { database in
                try database.makeCursor().seekToFirst()
                database.close()
            }
        }
    }

    @Test func `using a closed database is a programmer error`() async {
        let path = directory.database
        let traps = [
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [path = path as String] in
                try withClosedDatabase(at: path) { _ = try $0.get([1]) }
            },
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [path = path as String] in
                try withClosedDatabase(at: path) { try $0.put([1], [1], sync: false) }
            },
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [path = path as String] in
                try withClosedDatabase(at: path) { _ = $0.makeCursor() }
            },
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [path = path as String] in
                try withClosedDatabase(at: path) { $0.compact() }
            },
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [path = path as String] in
                try withClosedDatabase(at: path) { _ = $0.property("leveldb.stats") }
            },
        ]
        for trap in traps { expectTrap(trap, "LevelDB database used after close()") }
        await #expect(processExitsWith: .success) { [path = path as String] in
            try withClosedDatabase(at: path) { _ = $0.writeFailure }
        }
    }
}

private func withDatabase(at path: String, _ body: (Database) throws -> Void) throws {
    try body(try Database.open(at: path, options: creating()))
}

private func withClosedDatabase(at path: String, _ body: (Database) throws -> Void) throws {
    try withDatabase(at: path) { database in
        database.close()
        try body(database)
    }
}
