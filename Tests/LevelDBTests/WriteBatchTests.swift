// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Testing

@Suite struct `Write batches` {
    let directory = TemporaryDirectory()

    @Test func `a batch applies in order, the last operation on a key wins`() throws {
        let database = try Database.open(at: directory.database, options: creating())
        try database.put([3], [30], sync: false)
        let batch = WriteBatch()
        batch.put([1], [10])
        batch.put([1], [11])
        batch.put([2], [20])
        batch.delete([2])
        batch.delete([3])
        batch.put([3], [31])
        #expect(batch.count == 6)
        #expect(try database.get([1]) == nil)
        try database.write(batch, sync: true)
        #expect(try allEntries(database) == [Entry([1], [11]), Entry([3], [31])])
    }

    @Test func `an empty batch writes nothing`() throws {
        let database = try Database.open(at: directory.database, options: creating())
        let batch = WriteBatch()
        #expect(batch.isEmpty && batch.byteCount == 12)
        try database.write(batch, sync: true)
        #expect(try allEntries(database).isEmpty)
    }

    @Test func `a batch can be written twice, cleared and filled again`() throws {
        let database = try Database.open(at: directory.database, options: creating())
        let batch = WriteBatch()
        batch.put([1], [10])
        try database.write(batch, sync: false)
        try database.delete([1], sync: false)
        try database.write(batch, sync: false)
        #expect(try database.get([1]) == [10])
        batch.clear()
        #expect(batch.isEmpty && batch.byteCount == 12)
        batch.put([2], [20])
        try database.delete([1], sync: false)
        try database.write(batch, sync: false)
        #expect(try allEntries(database) == [Entry([2], [20])])
    }

    @Test func `append adds the other batch's operations after one's own`() throws {
        let database = try Database.open(at: directory.database, options: creating())
        let first = WriteBatch()
        first.put([1], [10])
        first.put([2], [20])
        let second = WriteBatch()
        second.put([1], [11])
        second.delete([2])
        first.append(second)
        #expect(first.count == 4)
        #expect(second.count == 2)
        second.clear()
        try database.write(first, sync: false)
        #expect(try allEntries(database) == [Entry([1], [11])])
    }

    @Test func `raw buffers may be reused at once`() throws {
        let database = try Database.open(at: directory.database, options: creating())
        let batch = WriteBatch()
        let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 4, alignment: 1)
        defer { scratch.deallocate() }
        let key = UnsafeRawBufferPointer(rebasing: scratch[0..<2])
        let value = UnsafeRawBufferPointer(rebasing: scratch[2..<4])
        for number in UInt8(0)..<10 {
            scratch.copyBytes(from: [0, number, number, number])
            batch.put(key, value)
        }
        batch.delete(UnsafeRawBufferPointer(rebasing: scratch[0..<2]))
        batch.put(UnsafeRawBufferPointer(start: nil, count: 0), UnsafeRawBufferPointer(start: nil, count: 0))
        try database.write(batch, sync: false)
        let expected = [Entry([], [])] + (UInt8(0)..<9).map { Entry([0, $0], [$0, $0]) }
        #expect(try allEntries(database) == expected)
    }

    /// The log of a new database holds one record for one batch: 7 bytes, then the batch as it is in memory.
    @Test(arguments: [0, 1, 127, 128, 300, 16_383, 16_384, 20_000])
    func `byteCount is what the batch takes in the log`(valueCount: Int) throws {
        let batch = WriteBatch()
        batch.put([1, 2, 3], [UInt8](repeating: 9, count: valueCount))
        batch.delete([UInt8](repeating: 1, count: 128))
        let other = WriteBatch()
        other.put([], [1])
        batch.append(other)
        let database = try Database.open(at: directory.database, options: creating())
        try database.write(batch, sync: true)
        let log = try #require(try files(in: directory.database, suffix: ".log").last)
        #expect(try readBytes(log).count == 7 + batch.byteCount)
    }

    @Test func `appending a batch to itself is a programmer error`() async {
        let trap = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let batch = WriteBatch()
            batch.append(batch)
        }
        expectTrap(trap, "a LevelDB batch appended to itself")
    }
}
