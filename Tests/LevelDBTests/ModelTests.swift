// SPDX-License-Identifier: Apache-2.0

import LevelDB
import TestSupport
import Testing

@Suite struct `Random operations beside a dictionary` {
    static let seeds: [UInt64] = [1, 2, 3, .random(in: .min ... .max)]

    @Test(arguments: seeds)
    func `a database answers as the dictionary does, after reopening too`(seed: UInt64) throws {
        print("LevelDBTests model seed: \(seed)")
        let directory = TemporaryDirectory()
        var twin = try Twin(path: directory.database, seed: seed)
        for _ in 0..<1_500 { try twin.step() }
        try twin.compareAll()
        try twin.reopen()
        try twin.compareAll()
    }
}

/// A database and what it should hold, driven by the same random operations.
private struct Twin {
    let path: String
    var random: SeededRandom
    var database: Database
    var model: [[UInt8]: [UInt8]] = [:]

    init(path: String, seed: UInt64) throws {
        self.path = path
        random = SeededRandom(seed: seed)
        database = try Database.open(at: path, options: Self.options)
    }

    /// The smallest buffers there are, so that values of some hundred bytes reach tables and several levels.
    static let options = creating {
        $0.writeBufferSize = 64 << 10
        $0.maxFileSize = 1 << 20
        $0.blockSize = 1 << 10
    }

    mutating func step() throws {
        switch Int.random(in: 0..<100, using: &random) {
        case 0..<50: try put()
        case 50..<65: try delete()
        case 65..<80: try writeBatch()
        case 80..<90: try compareSeeks()
        case 90..<95: try compareOne()
        case 95..<97: try compareAll()
        case 97..<98: database.compact()
        default: try reopen()
        }
    }

    mutating func put() throws {
        let (key, value) = (randomKey(), randomValue())
        try database.put(key, value, sync: false)
        model[key] = value
    }

    mutating func delete() throws {
        let key = randomKey()
        try database.delete(key, sync: false)
        model[key] = nil
    }

    mutating func writeBatch() throws {
        let batch = WriteBatch()
        for _ in 0..<Int.random(in: 0..<20, using: &random) {
            let key = randomKey()
            if Bool.random(using: &random) {
                let value = randomValue()
                batch.put(key, value)
                model[key] = value
            } else {
                batch.delete(key)
                model[key] = nil
            }
        }
        try database.write(batch, sync: false)
    }

    mutating func reopen() throws {
        database.close()
        database = try Database.open(at: path, options: Self.options)
    }

    mutating func compareOne() throws {
        let key = randomKey()
        #expect(try database.get(key) == model[key], "key \(key)")
    }

    mutating func compareSeeks() throws {
        let target = randomKey()
        let keys = sortedKeys()
        let cursor = database.makeCursor()
        try cursor.seek(to: target)
        let next = keys.first { !$0.lexicographicallyPrecedes(target) }
        #expect((cursor.isValid ? Array(cursor.key) : nil) == next, "seek to \(target)")
        try cursor.seek(before: target)
        let last = keys.last { $0.lexicographicallyPrecedes(target) }
        #expect((cursor.isValid ? Array(cursor.key) : nil) == last, "seek before \(target)")
        var seen: [[UInt8]] = []
        try cursor.forEach(prefix: target) { key, _ in seen.append(Array(key)) }
        #expect(seen == keys.filter { $0.starts(with: target) }, "prefix \(target)")
        seen = []
        let end = randomKey()
        try cursor.forEach(from: target, to: end) { key, _ in seen.append(Array(key)) }
        let inside = keys.filter { !$0.lexicographicallyPrecedes(target) && $0.lexicographicallyPrecedes(end) }
        #expect(seen == inside, "from \(target) to \(end)")
    }

    func compareAll() throws {
        let expected = sortedKeys().map { Entry($0, model[$0]!) }
        #expect(try allEntries(database) == expected)
        var backward: [Entry] = []
        let cursor = database.makeCursor(fillCache: false)
        try cursor.seekToLast()
        while cursor.isValid {
            backward.append(Entry(cursor.key, cursor.value))
            try cursor.previous()
        }
        #expect(backward.reversed() == expected)
    }

    func sortedKeys() -> [[UInt8]] {
        model.keys.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// Up to three of the bytes where orders and prefixes go wrong, so that keys meet often.
    mutating func randomKey() -> [UInt8] {
        let alphabet: [UInt8] = [0, 1, 97, 127, 128, 255]
        return (0..<Int.random(in: 0...3, using: &random)).map { _ in alphabet.randomElement(using: &random)! }
    }

    mutating func randomValue() -> [UInt8] {
        let count = [0, 1, 100, 1_000].randomElement(using: &random)!
        return random.bytes(count)
    }
}
