// SPDX-License-Identifier: Apache-2.0

import LevelDB
import TestSupport
import Testing

@Suite struct `Reading and writing` {
    let directory = TemporaryDirectory()

    @Test func `a value that was put is got, and gone after a delete`() throws {
        let database = try Database.open(at: directory.database, options: creating())
        try database.put([1], [10, 11], sync: false)
        try database.put([2], [20], sync: true)
        #expect(try database.get([1]) == [10, 11])
        #expect(try database.get([2]) == [20])
        try database.put([1], [12], sync: false)
        #expect(try database.get([1]) == [12])
        try database.delete([1], sync: false)
        #expect(try database.get([1]) == nil)
        #expect(try database.get([2]) == [20])
    }

    @Test func `a key that is not there is nil, and deleting it is no error`() throws {
        let database = try Database.open(at: directory.database, options: creating())
        #expect(try database.get([1]) == nil)
        try database.delete([1], sync: false)
        #expect(try database.get([1]) == nil)
    }

    @Test func `empty keys and empty values are kept`() throws {
        let database = try Database.open(at: directory.database, options: creating())
        try database.put([], [1], sync: false)
        try database.put([5], [], sync: false)
        #expect(try database.get([]) == [1])
        #expect(try database.get([5]) == [])
        #expect(try database.withValue(for: [5]) { $0.count } == 0)
        #expect(try allEntries(database) == [Entry([], [1]), Entry([5], [])])
        try database.delete([], sync: false)
        #expect(try database.get([]) == nil)
    }

    @Test func `raw buffers do what arrays do`() throws {
        let database = try Database.open(at: directory.database, options: creating())
        let key: [UInt8] = [1, 0, 255]
        let value: [UInt8] = [0, 7, 0]
        try key.withUnsafeBytes { key in
            try value.withUnsafeBytes { try database.put(key, $0, sync: false) }
            #expect(try database.get(key) == value)
            #expect(try database.withValue(for: key) { [UInt8]($0) } == value)
        }
        #expect(try database.get(key) == value)
        try key.withUnsafeBytes { try database.delete($0, sync: false) }
        #expect(try database.get(key) == nil)
    }

    @Test func `withValue passes on what its body returns and throws, and is not called for nothing`() throws {
        struct Stop: Error {}
        let database = try Database.open(at: directory.database, options: creating())
        try database.put([1], [10, 20], sync: false)
        #expect(try database.withValue(for: [1]) { $0[1] } == 20)
        #expect(throws: Stop.self) { try database.withValue(for: [1]) { _ in throw Stop() } }
        let missing: Int? = try database.withValue(for: [2]) { _ in
            Issue.record("called for a key that is not there")
            return 1
        }
        #expect(missing == nil)
        // The body may use the database, even close it: the bytes are its own.
        let kept = try database.withValue(for: [1]) { value in
            database.close()
            return [UInt8](value)
        }
        #expect(kept == [10, 20])
    }

    @Test func `what was written is there after reopening, synced or not`() throws {
        let path = directory.database
        do {
            let database = try Database.open(at: path, options: creating())
            try database.put([1], [10], sync: true)
            try database.put([2], [20], sync: false)
            database.close()
        }
        let database = try Database.open(at: path)
        #expect(try allEntries(database) == [Entry([1], [10]), Entry([2], [20])])
    }

    @Test func `values larger than the write buffer and than a block are kept`() throws {
        var random = SeededRandom(seed: 7)
        let large = random.bytes(1 << 20)
        let options = creating { $0.writeBufferSize = 64 << 10 }
        let database = try Database.open(at: directory.database, options: options)
        for key in UInt8(0)..<4 { try database.put([key], large + [key], sync: false) }
        database.compact()
        for key in UInt8(0)..<4 { #expect(try database.get([key]) == large + [key]) }
    }

    @Test func `reads and writes from many threads at once all succeed`() async throws {
        let database = try Database.open(at: directory.database, options: creating())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in UInt8(0)..<8 {
                group.addTask {
                    for step in UInt8(0)..<100 {
                        try database.put([task, step], [step], sync: false)
                        #expect(try database.get([task, step]) == [step])
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try allEntries(database).count == 800)
    }
}
