// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `Slots that series have in common` {
    private let directory: TemporaryDirectory
    private let clock = ManualClock()
    private static let day: UInt32 = 20_300
    private static let first = day * 5_760

    init() throws { directory = try TemporaryDirectory() }

    /// A store with some counters that grow in the same random slots of one span, in chunks; and the slots.
    private func store(counters: Int = 3, slots count: Int = 400) throws -> (SeriesStore, [SeriesID], [UInt32]) {
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        let ids = (0..<counters).map { store.create(family: ModelStore.clicks, labels: ["n": "\($0)"]) }
        var random = SeededRandom(for: "shared slots")
        var slots: Set<UInt32> = []
        while slots.count < count { slots.insert(Self.first + UInt32(random.below(1_900))) }
        try add(ids, slots.sorted(), store)
        return (store, ids, slots.sorted())
    }

    private func add(_ ids: [SeriesID], _ slots: [UInt32], _ store: SeriesStore) throws {
        var commit = Commit(arrival: clock.now)
        for slot in slots {
            for id in ids {
                commit.increments.append(Increment(series: id, slot: Slot(slot), units: Int64(id.number) + 1))
            }
        }
        commit.newSeries = store.takeNewSeries()
        try store.commit(commit)
        try store.checkpoint()
    }

    /// Uses of the entries, in the order of their keys.
    private func uses(_ store: SeriesStore) throws -> [Int] {
        var found: [Int] = []
        try store.database.makeCursor().forEach(prefix: KeySpace.chunk.prefix) { key, value in
            if key.count == 13 { found.append(try SharedSlots.read(value, key: CRC32C.checksum(key)).uses) }
        }
        return found
    }

    private func expectSlots(_ store: SeriesStore, _ expected: [SeriesID: Set<UInt32>]) throws {
        let contents = try StoreContents(store)
        for (id, slots) in expected {
            #expect(Set(try #require(contents.slots[id.number]).keys) == slots)
            #expect(contents.slots[id.number]?.values.allSatisfy { $0[0] == UInt64(id.number) + 1 } == true)
        }
        // And as readers see it.
        let end = store.resolution.start(of: Slot(Self.first + 1_920))
        let set = try store.view(now: end, idleTimeout: 864_000).select(SeriesSelection([], from: end, through: end))
        let columns = SampleColumns()
        for index in 0..<set.count {
            try set.read(index, into: columns)
            let id = try #require(ids(expected).first { set.labels(index)["n"] == "\($0.number)" })
            #expect(columns.values[0] == Double(expected[id]?.count ?? 0) * Double(id.number + 1))
        }
    }

    private func ids(_ expected: [SeriesID: Set<UInt32>]) -> [SeriesID] { Array(expected.keys) }

    @Test func `are in one entry, which each of them counts as a use`() throws {
        let (store, ids, slots) = try store()
        #expect(try uses(store) == [3])
        try expectSlots(store, Dictionary(uniqueKeysWithValues: ids.map { ($0, Set(slots)) }))
        store.close()
        let again = try SeriesStore.open(at: directory.store, clock: clock)
        try expectSlots(again, Dictionary(uniqueKeysWithValues: ids.map { ($0, Set(slots)) }))
        again.close()
    }

    @Test func `stay those of the others when a late event gives one of them another slot`() throws {
        let (store, ids, slots) = try store()
        let late = try #require((Self.first..<Self.first + 1_900).first { !slots.contains($0) })
        let end = store.resolution.start(of: Slot(Self.first + 1_920))
        let view = try store.view(now: end, idleTimeout: 864_000)
        try add([ids[0]], [late], store)
        #expect(try uses(store) == [2], "the series that the entry is named by has left it")
        var expected = Dictionary(uniqueKeysWithValues: ids.map { ($0, Set(slots)) })
        expected[ids[0]]?.insert(late)
        try expectSlots(store, expected)
        // All have it now, and the entry that two had is gone.
        try add(Array(ids[1...]), [late], store)
        #expect(try uses(store) == [2])
        for id in ids { expected[id]?.insert(late) }
        try expectSlots(store, expected)
        // A view from before sees what was.
        let set = try view.select(SeriesSelection([], from: Timestamp(milliseconds: 0), through: end))
        let columns = SampleColumns()
        for index in 0..<set.count {
            try set.read(index, into: columns)
            let total = Double(slots.count) * Double(index + 1)
            #expect((0..<columns.count).contains { columns.values[$0] == total })
            #expect(!(0..<columns.count).contains { columns.values[$0] > total })
        }
        store.close()
    }

    @Test func `are kept by a chunk that is written again with the same ones`() throws {
        let (store, ids, slots) = try store()
        var commit = Commit(arrival: clock.now)
        commit.increments = [Increment(series: ids[1], slot: Slot(slots[7]), units: 5)]
        try store.commit(commit)
        try store.checkpoint()
        #expect(try uses(store) == [3])
        #expect(try StoreContents(store).slots[1]?[slots[7]]?[0] == 7)
        store.close()
    }

    @Test func `are gone with the last chunk that has them`() throws {
        let (store, ids, slots) = try store(counters: 2)
        let late = (Self.first..<Self.first + 1_900).filter { !slots.contains($0) }
        try add([ids[0]], [late[0]], store)
        #expect(try uses(store) == [1])
        try add([ids[1]], [late[1]], store)
        #expect(try uses(store) == [])
        try expectSlots(
            store,
            [ids[0]: Set(slots).union([late[0]]), ids[1]: Set(slots).union([late[1]])]
        )
        store.close()
    }

    @Test func `are of as many as the chunk has, though the same bytes stand for more`() throws {
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        store.state.withLock { $0.limits.leastSharedBytes = 1 }
        let ids = (0..<4).map { store.create(family: ModelStore.clicks, labels: ["n": "\($0)"]) }
        // A constant difference is written alike for any number of slots.
        let slots = [20, 30, 20, 30].map { Array(Self.first..<Self.first + UInt32($0)) }
        var commit = Commit(arrival: clock.now)
        for (id, slots) in zip(ids, slots) {
            for slot in slots {
                commit.increments.append(Increment(series: id, slot: Slot(slot), units: Int64(id.number) + 1))
            }
        }
        commit.newSeries = store.takeNewSeries()
        try store.commit(commit)
        try store.checkpoint()
        #expect(try uses(store) == [2, 2])
        try expectSlots(store, Dictionary(uniqueKeysWithValues: zip(ids, slots.map { Set($0) })))
        store.close()
    }

    @Test func `stay in the chunks where that is shorter`() throws {
        // Every slot: that is a constant difference.
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        let ids = (0..<2).map { store.create(family: ModelStore.clicks, labels: ["n": "\($0)"]) }
        try add(ids, Array(Self.first..<Self.first + 900), store)
        #expect(try uses(store) == [])
        store.close()
    }

    @Test func `are told as corrupt when they are lost, damaged or those of another entry`() throws {
        let (first, _, _) = try store()
        var key: [UInt8] = []
        try first.database.makeCursor().forEach(prefix: KeySpace.chunk.prefix) { found, _ in
            if found.count == 13 { key = Array(found) }
        }
        first.close()
        let hot = directory.store + "/hot/00000001"
        let value = try read(hot, key)
        var shorter = try value.withUnsafeBytes { try SharedSlots.read($0, key: key.withUnsafeBytes(CRC32C.checksum)) }
        shorter.count -= 1
        let damages: [[UInt8]?] = [
            nil, value.dropLast(), [9] + value.dropFirst(), value.enumerated().map { $0 == 30 ? $1 ^ 1 : $1 },
            shorter.encode(key: key.withUnsafeBytes { CRC32C.checksum($0) }),
            shorter.encode(key: 1),
        ]
        for damage in damages {
            let database = try Database.open(at: hot)
            if let damage { try database.put(key, damage, sync: true) } else { try database.delete(key, sync: true) }
            database.close()
            let store = try SeriesStore.open(at: directory.store, clock: clock)
            let end = store.resolution.start(of: Slot(Self.first + 1_920))
            let selection = SeriesSelection([], from: Timestamp(milliseconds: 0), through: end)
            let set = try store.view(now: end, idleTimeout: 3_600).select(selection)
            for index in 0..<set.count {
                let error = #expect(throws: StoreError.self) { try set.read(index, into: SampleColumns()) }
                #expect(error?.code == .corrupt)
                #expect(error?.message.contains("entry C") == true, "\(error as Any)")
            }
            #expect(throws: (any Error).self) { try StoreContents(store) }
            store.close()
        }
    }

    private func read(_ path: String, _ key: [UInt8]) throws -> [UInt8] {
        let database = try Database.open(at: path)
        defer { database.close() }
        return try #require(try database.get(key))
    }
}
