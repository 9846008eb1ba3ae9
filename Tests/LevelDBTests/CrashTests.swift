// SPDX-License-Identifier: Apache-2.0

import Foundation
import LevelDB
import Synchronization
import Testing

@Suite struct `Crashes` {
    let directory = TemporaryDirectory()

    @Test func `a synced batch survives SIGKILL`() async throws {
        let path = directory.database
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let database = try Database.open(at: path, options: creating())
            try database.write(rows(of: 1, count: 100), sync: true)
            kill(getpid(), SIGKILL)
        }
        let database = try Database.open(at: path)
        #expect(try rowCounts(database) == [1: 100])
    }

    @Test func `an unsynced batch is whole or absent after SIGKILL, and what was synced is there`() async throws {
        let path = directory.database
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let database = try Database.open(at: path, options: creating())
            try database.write(rows(of: 1, count: 10), sync: true)
            try database.write(rows(of: 2, count: 10), sync: false)
            kill(getpid(), SIGKILL)
        }
        let counts = try rowCounts(try Database.open(at: path))
        #expect(counts[1] == 10)
        #expect([nil, 10].contains(counts[2]))
    }

    /// Another thread kills while this one is writing, at whatever point of a write that happens to be.
    @Test func `every batch is whole when the kill comes in the middle of writing`() async throws {
        let path = directory.database
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let database = try Database.open(at: path, options: creating { $0.writeBufferSize = 64 << 10 })
            let killer = Killer(after: 50)
            killer.start()
            for number in UInt32(1)... {
                try database.write(rows(of: number, count: 40), sync: true)
                killer.written.store(Int(number), ordering: .releasing)
            }
        }
        let counts = try rowCounts(try Database.open(at: path))
        #expect(counts.count >= 50)
        #expect(counts == Dictionary(uniqueKeysWithValues: (1...UInt32(counts.count)).map { ($0, 40) }))
    }

    /// What a power cut leaves of writes that were not synced: the log up to any byte.
    @Test func `a log cut at any byte opens, with every batch before the cut and nothing of the one cut`() throws {
        let path = directory.database
        var ends: [Int] = []
        do {
            let database = try Database.open(at: path, options: creating())
            let log = try #require(try files(in: path, suffix: ".log").first)
            for number in UInt32(1)...4 {
                try database.write(rows(of: number, count: 3), sync: true)
                ends.append(try readBytes(log).count)
            }
        }
        for cut in 0...ends[3] {
            let copy = try directory.copyOfDatabase(named: "cut")
            let log = try #require(try files(in: copy, suffix: ".log").first)
            try writeBytes(Array(try readBytes(log)[..<cut]), to: log)
            let whole = UInt32(ends.prefix { $0 <= cut }.count)
            let expected = Dictionary(uniqueKeysWithValues: (1...4).filter { $0 <= whole }.map { ($0, 3) })
            #expect(try rowCounts(try Database.open(at: copy)) == expected, "cut at \(cut) of \(ends)")
        }
    }
}

/// `count` rows that belong together, with the number of their batch at the front of the key.
private func rows(of number: UInt32, count: UInt8) -> WriteBatch {
    let batch = WriteBatch()
    for row in 0..<count {
        let key = withUnsafeBytes(of: number.bigEndian) { [UInt8]($0) } + [row]
        batch.put(key, key + key)
    }
    return batch
}

/// How many rows of each batch there are.
private func rowCounts(_ database: Database) throws -> [UInt32: Int] {
    var counts: [UInt32: Int] = [:]
    try database.makeCursor().forEach { key, value in
        #expect(Array(value) == Array(key) + Array(key))
        counts[key.loadUnaligned(as: UInt32.self).bigEndian, default: 0] += 1
    }
    return counts
}

/// Kills this process from another thread once enough has been written.
private final class Killer: Sendable {
    let written = Atomic<Int>(0)
    let limit: Int

    init(after limit: Int) { self.limit = limit }

    func start() {
        Thread.detachNewThread {
            while self.written.load(ordering: .acquiring) < self.limit { sched_yield() }
            kill(getpid(), SIGKILL)
        }
    }
}
