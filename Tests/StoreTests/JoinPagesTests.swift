// SPDX-License-Identifier: Apache-2.0

import LevelDB
import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `Pages of records of joins` {
    private let directory: TemporaryDirectory
    private let join = "pair é"

    init() throws {
        directory = try TemporaryDirectory()
    }

    private struct Broken: Error {}

    private func open() throws -> (SeriesStore, JoinPages) {
        let store = try SeriesStore.open(at: directory.store)
        return (store, try JoinPages(store))
    }

    private func commit(_ blocks: [(day: UInt32, bytes: [UInt8])], to store: SeriesStore) throws {
        var commit = Commit(arrival: Timestamp(seconds: 1_772_366_400))
        commit.joinBlocks = blocks.map { JoinBlock(join: join, day: $0.day, bytes: $0.bytes) }
        try store.commit(commit)
    }

    /// A page for each three keys, whose bytes are the keys.
    private func replace(_ pages: JoinPages, day: UInt32, _ keys: [UInt64], breakAfter: Int = .max) throws {
        try pages.replace(join, day: day, atMost: keys.count) { put in
            var count = 0
            for start in stride(from: 0, to: keys.count, by: 3) {
                if count == breakAfter { throw Broken() }
                let page = Array(keys[start..<min(start + 3, keys.count)])
                try put(page.map { UInt8($0) }, page)
                count += 1
            }
            if count == breakAfter { throw Broken() }
            return [UInt8(keys.count), 7]
        }
    }

    /// What blocks there are, the keys of all pages by day, and the days' details.
    private func contents(_ store: SeriesStore, _ pages: JoinPages) throws -> [String] {
        var found: [String] = []
        try store.forEachJoinBlock { found.append("block \($0.day) \($0.bytes)") }
        var days: [(String, UInt32, String)] = []
        try pages.forEachDay { join, day, records, details in days.append((join, day, "\(records) \(details)")) }
        for (join, day, text) in days.sorted(by: { $0.1 < $1.1 }) {
            var keys: [UInt8] = []
            try pages.forEachPage(of: join, day: day) { keys += $0 }
            found.append("\(join) \(day) \(text): \(keys)")
        }
        return found
    }

    @Test func `take the place of the day's blocks, are found by key, and are there after opening again`() throws {
        var (store, pages) = try open()
        try commit([(3, [1]), (4, [2])], to: store)
        try commit([(3, [3])], to: store)
        try replace(pages, day: 3, [10, 20, 30, 40, 50, 60, 70])
        let once = ["block 4 [2]", "pair é 3 7 [7, 7]: [10, 20, 30, 40, 50, 60, 70]"]
        #expect(try contents(store, pages) == once)
        try replace(pages, day: 3, [15, 20])
        try replace(pages, day: 9, [20])
        store.close()
        (store, pages) = try open()
        #expect(
            try contents(store, pages) == ["block 4 [2]", "pair é 3 2 [2, 7]: [15, 20]", "pair é 9 1 [1, 7]: [20]"]
        )
        #expect(pages.bytes > 0)
        func days(_ key: UInt64) throws -> [UInt32] {
            var days: [UInt32] = []
            try pages.forEachPage(of: join, thatMayHave: key) { day, page in
                if page.contains(UInt8(key)) { days.append(day) }
            }
            return days.sorted()
        }
        #expect(try days(20) == [3, 9] && days(15) == [3] && days(10) == [] && days(255) == [])
        try pages.forgetAll(join, [3, 4])
        #expect(try contents(store, pages) == ["pair é 9 1 [1, 7]: [20]"])
        store.close()
        (store, pages) = try open()
        #expect(try contents(store, pages) == ["pair é 9 1 [1, 7]: [20]"])
        try pages.forgetAll(join, [9])
        var left = 0
        try store.database.makeCursor().scan(prefix: KeySpace.joinPage.prefix) { _, _ in
            left += 1
            return true
        }
        #expect(left == 0)
        store.close()
    }

    @Test func `are whole or as they were when writing them is broken off behind any write`() throws {
        var (store, pages) = try open()
        try replace(pages, day: 3, Array(1...20))
        try commit([(3, [9])], to: store)
        let before = try contents(store, pages)
        for step in [0, 1, 2, 5, 8, 3, 0] {
            pages.batchBytes = 0
            #expect(throws: Broken.self) { try replace(pages, day: 3, Array(31...54), breakAfter: step) }
            #expect(try contents(store, pages) == before)
            store.close()
            (store, pages) = try open()
            #expect(try contents(store, pages) == before, "behind write \(step)")
        }
        // Fewer pages than those that were broken off.
        try replace(pages, day: 3, [5, 6, 7, 8])
        #expect(try contents(store, pages) == ["pair é 3 4 [4, 7]: [5, 6, 7, 8]"])
        var left = 0
        try store.database.makeCursor().scan(prefix: KeySpace.joinPage.prefix) { _, _ in
            left += 1
            return true
        }
        #expect(left == 2)
        store.close()
    }

    @Test func `that are malformed, missing or of another version are told by the entry's name`() throws {
        var (store, pages) = try open()
        try replace(pages, day: 3, Array(1...6))
        func error(_ body: () throws -> Void) -> StoreError? {
            #expect(throws: StoreError.self, performing: body)
        }
        let malformed = error {
            try pages.forEachPage(of: join, thatMayHave: 5) { _, _ in throw ByteReader.Malformed(offset: 2) }
        }
        let name = "entry Q70 61 69 72 20 c3 a9 0 0 0 0 3 0 0 0 1 0 0 0 1"
        #expect(malformed?.code == .corrupt && malformed?.message.contains("\(name) is malformed at byte 2") == true)
        let key = KeySpace.joinPage(join, day: 3, generation: 1, 1)
        try store.database.delete(key, sync: true)
        let missing = error { try pages.forEachPage(of: join, day: 3) { _ in } }
        #expect(missing?.code == .corrupt && missing?.message.hasSuffix("\(name) is missing") == true)

        let day = KeySpace.joinPagesOfDay(join, day: 3)
        let whole = try #require(try store.database.get(day))
        for count in 0..<(whole.count - 2) {
            try store.database.put(day, Array(whole[..<count]), sync: false)
            let cut = error { _ = try JoinPages(store) }
            #expect(cut?.code == .corrupt && cut?.message.contains("entry W70") == true, "\(count)")
        }
        var later = whole
        later[0] = 2
        try store.database.put(day, later, sync: true)
        #expect(error { _ = try JoinPages(store) }?.code == .incompatible)
        try store.database.put(day, whole, sync: true)
        store.close()
        (store, pages) = try open()
        let details = error {
            try pages.forEachDay { _, _, _, _ throws(ByteReader.Malformed) in throw ByteReader.Malformed(offset: 1) }
        }
        #expect(details?.message.contains("entry W70") == true)
        store.close()
    }
}

extension JoinPages {
    fileprivate func forgetAll(_ join: String, _ days: [UInt32]) throws(StoreError) {
        for day in days { try forget(join, day: day) }
    }
}

struct `A Bloom filter` {
    @Test(arguments: [(10, 0.02), (16, 0.004)])
    func `has all that was put in, and few others`(bits: Int, most: Double) {
        var random = SeededRandom(for: "a Bloom filter")
        let hashes = (0..<100_000).map { _ in random.next() }
        let filter = BloomFilter(hashes, bitsPerHash: bits)
        #expect(hashes.allSatisfy { filter.mayContain($0) })
        let wrong = (0..<100_000).count { _ in filter.mayContain(random.next()) }
        #expect(Double(wrong) / 100_000 < most, "\(wrong)")
        #expect(BloomFilter(words: filter.words)?.mayContain(hashes[0]) == true)
        #expect(BloomFilter(words: []) == nil && BloomFilter(words: [1]) == nil)
        #expect(!BloomFilter([], bitsPerHash: bits).mayContain(1))
    }
}
