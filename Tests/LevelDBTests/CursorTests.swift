// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Testing

@Suite struct `Cursors` {
    let directory = TemporaryDirectory()

    private func open(_ keys: [String]) throws -> Database {
        let database = try Database.open(at: directory.database, options: creating())
        for key in keys { try database.put(bytes(key), bytes(key.uppercased()), sync: false) }
        return database
    }

    private func key(_ cursor: Cursor) -> String? {
        cursor.isValid ? String(decoding: cursor.key, as: UTF8.self) : nil
    }

    @Test func `a cursor walks forward in key order, then is at no entry`() throws {
        let cursor = try open(["c", "a", "b"]).makeCursor()
        #expect(!cursor.isValid)
        try cursor.seekToFirst()
        var seen: [Entry] = []
        while cursor.isValid {
            seen.append(Entry(cursor.key, cursor.value))
            try cursor.next()
        }
        #expect(seen == [Entry("a", "A"), Entry("b", "B"), Entry("c", "C")])
        try cursor.checkError()
    }

    @Test func `a pair of cursors sees one state, whatever is written meanwhile`() async throws {
        let database = try open([])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for round in 0..<20_000 {
                    let batch = WriteBatch()
                    batch.put(bytes("a"), bytes("\(round)"))
                    batch.put(bytes("b"), bytes("\(round)"))
                    try database.write(batch, sync: false)
                }
            }
            group.addTask {
                for _ in 0..<5_000 {
                    let (cursors, unchecked) = database.makeCursors()
                    let checked = cursors[0]
                    try checked.seek(to: bytes("a"))
                    try unchecked.seek(to: bytes("b"))
                    try #require(checked.isValid == unchecked.isValid)
                    guard checked.isValid else { continue }
                    try #require(checked.value.elementsEqual(unchecked.value))
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func `a cursor walks backward, and turns round at any entry`() throws {
        let cursor = try open(["a", "b", "c"]).makeCursor(fillCache: false)
        try cursor.seekToLast()
        #expect(key(cursor) == "c")
        try cursor.previous()
        #expect(key(cursor) == "b")
        try cursor.next()
        #expect(key(cursor) == "c")
        try cursor.previous()
        try cursor.previous()
        #expect(key(cursor) == "a")
        #expect(Array(cursor.value) == bytes("A"))
        try cursor.previous()
        #expect(!cursor.isValid)
    }

    @Test func `an empty database has no first, last, or any entry`() throws {
        let cursor = try open([]).makeCursor()
        try cursor.seekToFirst()
        #expect(!cursor.isValid)
        try cursor.seekToLast()
        #expect(!cursor.isValid)
        try cursor.seek(to: [])
        #expect(!cursor.isValid)
        try cursor.seek(before: [255])
        #expect(!cursor.isValid)
        try cursor.forEach { _, _ in Issue.record("an entry in an empty database") }
        try cursor.forEach(prefix: [1]) { _, _ in Issue.record("an entry in an empty database") }
    }

    @Test func `seek finds the key or the next one, past the end nothing`() throws {
        let cursor = try open(["b", "d"]).makeCursor()
        for (target, found) in [("", "b"), ("a", "b"), ("b", "b"), ("ba", "d"), ("d", "d"), ("da", nil), ("z", nil)] {
            try cursor.seek(to: bytes(target))
            #expect(key(cursor) == found, "seek to \(target)")
        }
        try cursor.seekToFirst()
        #expect(key(cursor) == "b", "after a seek past the end")
    }

    @Test func `seek before finds the last key that is less`() throws {
        let cursor = try open(["b", "d"]).makeCursor()
        for (target, found) in [("", nil), ("a", nil), ("b", nil), ("ba", "b"), ("d", "b"), ("da", "d"), ("z", "d")] {
            try cursor.seek(before: bytes(target))
            #expect(key(cursor) == found, "seek before \(target)")
        }
    }

    @Test func `a prefix loop sees its keys and no others`() throws {
        let database = try Database.open(at: directory.database, options: creating())
        let keys: [[UInt8]] = [[], [1], [1, 0], [1, 255], [1, 255, 255], [2], [255], [255, 255], [255, 255, 7]]
        for key in keys { try database.put(key, key, sync: false) }
        let cursor = database.makeCursor()
        let prefixes: [[UInt8]] = keys + [[0], [1, 1], [3], [254], [255, 254], [255, 255, 255]]
        for prefix in prefixes {
            var seen: [[UInt8]] = []
            try cursor.forEach(prefix: prefix) { key, value in
                #expect(key.elementsEqual(value))
                seen.append(Array(key))
            }
            #expect(seen == keys.filter { $0.starts(with: prefix) }, "prefix \(prefix)")
        }
    }

    @Test func `a scan sees the keys of a prefix until it is told to stop`() throws {
        let cursor = try open(["a", "b1", "b2", "b3", "c"]).makeCursor()
        for stop in 1...4 {
            var seen: [String] = []
            try cursor.scan(prefix: bytes("b")) { key, value in
                seen.append(String(decoding: key, as: UTF8.self) + String(decoding: value, as: UTF8.self))
                return seen.count < stop
            }
            #expect(seen == Array(["b1B1", "b2B2", "b3B3"].prefix(stop)))
        }
        try cursor.scan(prefix: bytes("d")) { _, _ in
            Issue.record("an entry that is not there")
            return true
        }
    }

    @Test func `a range loop includes its start and excludes its end`() throws {
        let database = try open(["a", "b", "ba", "c"])
        func keys(_ start: String?, _ end: String?) throws -> [String] {
            var seen: [String] = []
            try database.makeCursor().forEach(from: start.map(bytes), to: end.map(bytes)) { key, _ in
                seen.append(String(decoding: key, as: UTF8.self))
            }
            return seen
        }
        #expect(try keys(nil, nil) == ["a", "b", "ba", "c"])
        #expect(try keys("b", "c") == ["b", "ba"])
        #expect(try keys("b", "ba") == ["b"])
        #expect(try keys("aa", nil) == ["b", "ba", "c"])
        #expect(try keys(nil, "b") == ["a"])
        #expect(try keys("b", "b") == [])
        #expect(try keys("c", "a") == [])
        #expect(try keys("", "") == [])
    }

    @Test func `what the body of a loop throws ends the loop`() throws {
        struct Stop: Error {}
        let database = try open(["a", "b", "c"])
        var seen = 0
        #expect(throws: Stop.self) {
            try database.makeCursor().forEach { _, _ in
                seen += 1
                if seen == 2 { throw Stop() }
            }
        }
        #expect(seen == 2)
    }

    @Test func `a cursor sees the database as it was when the cursor was made`() throws {
        let database = try open(["a", "b"])
        let cursor = database.makeCursor()
        try database.put(bytes("c"), [], sync: false)
        try database.put(bytes("a"), bytes("new"), sync: false)
        try database.delete(bytes("b"), sync: false)
        database.compact()
        var seen: [Entry] = []
        try cursor.forEach { seen.append(Entry($0, $1)) }
        #expect(seen == [Entry("a", "A"), Entry("b", "B")])
        #expect(try allEntries(database) == [Entry("a", "new"), Entry("c", "")])
    }

    @Test func `reading or moving from no entry is a programmer error`() async {
        let path = directory.database
        let traps = [
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [path = path as String] in
                try emptyCursor(at: path) { _ = $0.key }
            },
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [path = path as String] in
                try emptyCursor(at: path) { _ = $0.value }
            },
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [path = path as String] in
                try emptyCursor(at: path) { try $0.next() }
            },
            await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [path = path as String] in
                try emptyCursor(at: path) { try $0.previous() }
            },
        ]
        for trap in traps { expectTrap(trap, "LevelDB cursor is at no entry") }
        await #expect(processExitsWith: .success) { [path = path as String] in
            try emptyCursor(at: path) { try $0.seekToFirst() }
        }
    }
}

private func emptyCursor(at path: String, _ body: (Cursor) throws -> Void) throws {
    let cursor = try Database.open(at: path, options: creating()).makeCursor()
    try cursor.seekToFirst()
    try body(cursor)
}
