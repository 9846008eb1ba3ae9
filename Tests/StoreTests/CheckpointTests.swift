// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store

/// LevelDB only ever appends to its log here, so a crash behind any write of a checkpoint is the log cut there.
struct `A checkpoint` {
    private static let slots = (0..<40).map { Slot(118_000_000 + 700 * $0) }
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func commit(_ store: SeriesStore, _ model: inout ModelStore, _ random: inout SeededRandom) throws {
        clock.advance(seconds: 7)
        try model.commit(to: store, &random, mostSeries: 30, increments: 12, slots: Self.slots, at: clock.now)
    }

    @Test func `empties the journal and the head, and changes no total and no slot`() throws {
        var random = SeededRandom(for: "checkpoint")
        var model = ModelStore()
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        try store.checkpoint()
        #expect(store.checkpointedSlot == Slot(0), "a checkpoint of nothing does nothing")
        for _ in 0..<50 { try commit(store, &model, &random) }
        #expect(store.state.withLock { $0.journalBytes } > 0)
        try store.checkpoint()
        expectSame(try StoreContents(store), model.contents)
        #expect(store.state.withLock { $0.head.active.count == 0 && $0.head.frozen == nil && $0.journalBytes == 0 })
        var journal = 0
        try store.database.makeCursor().forEach(prefix: KeySpace.journal.prefix) { _, _ in journal += 1 }
        #expect(journal == 0)
        #expect(store.checkpointedSlot == store.watermark.map { store.resolution.slot(of: $0) })
        store.close()
        expectSame(try StoreContents(try SeriesStore.open(at: directory.store, clock: clock)), model.contents)
    }

    @Test func `broken off behind any of its writes leaves every total and slot exact, and the next one too`() throws {
        var random = SeededRandom(for: "broken checkpoint")
        var model = ModelStore()
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        // One checkpoint behind it, so that chunks are written over.
        for _ in 0..<20 { try commit(store, &model, &random) }
        try store.checkpoint()
        for _ in 0..<20 { try commit(store, &model, &random) }
        let before = try LogFile(of: directory.store).ends.count
        store.state.withLock { $0.limits.batchBytes = 1 }
        try store.checkpoint()
        let ends = try LogFile(of: directory.store).ends
        let steps = ends.count - before
        #expect(steps >= 10, "so many writes are cut between")
        for end in ends[(before - 1)...] {
            try checkCut(at: end, model, random, "cut behind byte \(end) of \(ends)")
        }
        print("broken checkpoint: cut between \(steps) writes")
    }

    /// Opens a copy whose log is cut, breaks a second checkpoint off as well, and looks at everything after each step.
    private func checkCut(at end: Int, _ model: ModelStore, _ random: SeededRandom, _ context: String) throws {
        var model = model
        var random = random
        let copy = try directory.copy(of: directory.store)
        try LogFile.cut(copy, to: end)
        do {
            let store = try SeriesStore.open(at: copy, clock: clock)
            expectSame(try StoreContents(store), model.contents, context)
            try commit(store, &model, &random)
            expectSame(try StoreContents(store), model.contents, "\(context), and a commit")
            let begun = try LogFile(of: copy).ends.count
            store.state.withLock { ($0.limits.batchBytes, $0.limits.leastSharedBytes) = (400, 1) }
            try store.checkpoint()
            expectSame(try StoreContents(store), model.contents, "\(context), and a checkpoint")
            store.close()
            let again = try directory.copy(of: copy)
            let ends = try LogFile(of: again).ends
            try LogFile.cut(again, to: ends[begun + random.below(ends.count - begun)])
            let second = try SeriesStore.open(at: again, clock: clock)
            expectSame(try StoreContents(second), model.contents, "\(context), and another broken off")
            try second.checkpoint()
            expectSame(try StoreContents(second), model.contents, "\(context), and the third")
            second.close()
            try directory.remove(again)
        }
        let reopened = try SeriesStore.open(at: copy, clock: clock)
        expectSame(try StoreContents(reopened), model.contents, "\(context), opened again")
        reopened.close()
        try directory.remove(copy)
    }

    @Test func `broken off while commits go on leaves exactly the commits before the break`() async throws {
        var random = SeededRandom(for: "checkpoint beside commits")
        var model = ModelStore()
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        for _ in 0..<40 { try commit(store, &model, &random) }
        store.state.withLock { ($0.limits.batchBytes, $0.limits.leastSharedBytes) = (100, 1) }
        let isDone = Flag()
        let before = try LogFile(of: directory.store).ends.count
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { isDone.set() }
                for _ in 0..<3 { try store.checkpoint() }
            }
            repeat { try commit(store, &model, &random) } while !isDone.isSet && model.contents.commits < 400
            try await group.waitForAll()
        }
        expectSame(try StoreContents(store), model.contents)
        store.close()
        let ends = try LogFile(of: directory.store).ends
        let cuts = Set((0..<30).map { _ in ends[before + random.below(ends.count - before)] } + [ends[ends.count - 1]])
        var commitsSeen: [UInt64] = []
        for end in cuts.sorted() {
            let copy = try directory.copy(of: directory.store)
            try LogFile.cut(copy, to: end)
            let cut = try SeriesStore.open(at: copy, clock: clock)
            let expected = model.contents(after: cut.commits)
            expectSame(try StoreContents(cut), expected, "cut at \(end), \(cut.commits) commits")
            commitsSeen.append(cut.commits)
            try cut.checkpoint()
            expectSame(try StoreContents(cut), expected, "cut at \(end), and a checkpoint")
            cut.close()
            try directory.remove(copy)
        }
        #expect(commitsSeen == commitsSeen.sorted() && commitsSeen.last == model.contents.commits)
        #expect(Set(commitsSeen).count > 2, "commits went on meanwhile")
    }

    @Test func `is wanted when the journal or the head is large, and not while one is under way`() throws {
        var random = SeededRandom(for: "checkpoint limits")
        var model = ModelStore()
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        for _ in 0..<10 { try commit(store, &model, &random) }
        #expect(!store.wantsCheckpoint)
        let bytes = store.state.withLock { $0.journalBytes }
        store.state.withLock { $0.limits.journalBytes = bytes + 1 }
        #expect(!store.wantsCheckpoint)
        store.state.withLock { $0.limits.journalBytes = bytes }
        #expect(store.wantsCheckpoint)
        store.close()
        let reopened = try SeriesStore.open(at: directory.store, clock: clock)
        #expect(reopened.state.withLock { $0.journalBytes } == bytes, "the journal keeps its size across opening")
        reopened.state.withLock { $0.limits.increments = 1 }
        #expect(reopened.wantsCheckpoint)
        _ = reopened.state.withLock { $0.head.freeze(through: 1) }
        #expect(!reopened.wantsCheckpoint)
    }
}
