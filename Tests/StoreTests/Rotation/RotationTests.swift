// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `A rotation of the hot database` {
    private static let slots = (0..<40).map { Slot(118_000_000 + 900 * $0) }
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func commit(_ model: inout ModelStore, to store: SeriesStore, _ random: inout SeededRandom) throws {
        try model.commit(to: store, &random, mostSeries: 20, increments: 6, slots: Self.slots, at: clock.now)
    }

    private func fill(_ random: inout SeededRandom) throws -> (SeriesStore, ModelStore) {
        var model = ModelStore()
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        for number in 0..<30 {
            try commit(&model, to: store, &random)
            if number == 15 { try store.checkpoint() }
        }
        return (store, model)
    }

    private func expectSame(_ path: String, _ model: ModelStore, _ context: String) throws {
        let store = try SeriesStore.open(at: path, clock: clock)
        defer { store.close() }
        StoreTests.expectSame(try StoreContents(store), model.contents, context)
        #expect(try model.identities(of: store) == model.identities, "\(context)")
        #expect(try Folder(path + "/hot").names().count == 1, "\(context): what the crash left is gone")
    }

    /// The steps at which commits do not wait.
    private static let open: Set<RotationStep> = [.recording, .copying, .copied, .exchanged, .discarded]

    @Test func `given up leaves its folder whole or under another name, wherever the removal is broken off`() throws {
        var random = SeededRandom(for: "removed rotation")
        let (store, model) = try fill(&random)
        var halves: [String] = []
        var failure: (any Error)?
        let error = #expect(throws: StoreError.self) {
            try store.rotate(isCancelled: { true }) { step in
                guard step == .recording || step == .copying else { return }
                do { halves.append(try directory.copy(of: store.path)) } catch { failure = error }
            }
        }
        #expect(error?.code == .interrupted)
        if let failure { throw failure }
        store.close()
        // A whole copy of what was begun, as it stands when it has its other name, with more and more of it gone.
        let begun = try #require(halves.last)
        let fresh = Folder(begun + "/hot/00000002")
        if try Folder(begun + "/hot").names().contains("00000002") {
            let names = try fresh.names()
            #expect(names.contains(StoreDirectory.unfinished))
            try fresh.move(to: fresh.path + ".tmp")
            for name in names {
                try expectSame(try directory.copy(of: begun), model, "before \(name)")
                try FileManager.default.removeItem(atPath: fresh.path + ".tmp/" + name)
            }
        }
        try expectSame(begun, model, "all gone")
    }

    @Test func `with no database that is whole is refused, and nothing is removed`() throws {
        var random = SeededRandom(for: "no whole database")
        let (store, model) = try fill(&random)
        store.close()
        let mark = store.path + "/hot/00000001/" + StoreDirectory.unfinished
        try StoreFile(mark).write([])
        let error = #expect(throws: StoreError.self) { try SeriesStore.open(at: store.path, clock: clock) }
        #expect(error?.code == .corrupt)
        #expect(error?.message.contains("has no database that is whole") == true)
        try FileManager.default.removeItem(atPath: mark)
        try expectSame(store.path, model, "without the mark")
    }

    @Test func `interrupted by a crash behind any step leaves everything that was committed, once`() throws {
        var random = SeededRandom(for: "crashed rotation")
        var (store, model) = try fill(&random)
        for round in 0..<4 {
            var copies: [(path: String, model: ModelStore, step: RotationStep)] = []
            var failure: (any Error)?
            try store.rotate(isCancelled: { false }) { step in
                do {
                    copies.append((try directory.copy(of: store.path), model, step))
                    if Self.open.contains(step) {
                        try commit(&model, to: store, &random)
                        copies.append((try directory.copy(of: store.path), model, step))
                    }
                } catch {
                    failure = error
                }
            }
            if let failure { throw failure }
            #expect(Set(copies.map(\.step)) == Set(RotationStep.allCases))
            for copy in copies { try expectSame(copy.path, copy.model, "round \(round), \(copy.step)") }
            for copy in copies { try directory.remove(copy.path) }
            #expect(store.epoch == round + 2)
            if round == 1 { try store.checkpoint() }
        }
        store.close()
        try expectSame(directory.store, model, "at the end")
    }

    @Test(arguments: RotationStep.allCases)
    func `that fails at a step leaves a store that goes on, or says at the next commit that it has to be opened anew`(
        step: RotationStep
    ) throws {
        var random = SeededRandom(for: "failed rotation")
        var (store, model) = try fill(&random)
        let error = #expect(throws: StoreError.self) {
            try store.rotate(isCancelled: { false }) { now throws(StoreError) in
                if now == step { throw StoreError(code: .io, message: "cable") }
            }
        }
        #expect(error?.message == "cable")
        #expect(store.rotations.failed == 1)
        if step == .published {
            let before = model
            #expect(throws: StoreError.self) { try commit(&model, to: store, &random) }
            model = before
            StoreTests.expectSame(try StoreContents(store), model.contents, "it can be read")
        } else {
            try commit(&model, to: store, &random)
            #expect(try Folder(store.path + "/hot").names().count == 1)
        }
        store.close()
        store = try SeriesStore.open(at: directory.store, clock: clock)
        StoreTests.expectSame(try StoreContents(store), model.contents, "\(step)")
        // The next one succeeds. A commit that failed has left its new series behind in its twin.
        try store.rotate()
        store.close()
        try expectSame(directory.store, model, "\(step), rotated")
    }

    @Test func `is given up when it is cancelled, or when too much is written meanwhile`() throws {
        var random = SeededRandom(for: "given up")
        var (store, model) = try fill(&random)
        let cancelled = #expect(throws: StoreError.self) { try store.rotate { true } }
        #expect(cancelled?.code == .interrupted)
        store.rotationSettings.mostRecordedBytes = 10
        let full = #expect(throws: StoreError.self) {
            try store.rotate(isCancelled: { false }) { step in
                guard step == .recording else { return }
                do { try commit(&model, to: store, &random) } catch { Issue.record(error) }
            }
        }
        #expect(full?.code == .interrupted)
        #expect(store.rotations == (0, 1))
        try commit(&model, to: store, &random)
        store.close()
        try expectSame(directory.store, model, "not rotated")
    }

    @Test func `leaves views as they were; the old files go with the last view, and opening removes them otherwise`()
        throws
    {
        var random = SeededRandom(for: "views")
        var (store, model) = try fill(&random)
        var view: SeriesView? = try store.view(now: clock.now, idleTimeout: 86_400)
        try store.rotate()
        try commit(&model, to: store, &random)
        try store.rotate()
        #expect(try Folder(store.path + "/hot").names() == ["00000001", "00000003"])
        #expect(try view?.select(SeriesSelection([], from: clock.now, through: clock.now)).count ?? 0 > 0)
        view = nil
        #expect(try Folder(store.path + "/hot").names() == ["00000003"])
        view = try store.view(now: clock.now, idleTimeout: 86_400)
        try store.rotate()
        store.close()
        #expect(try Folder(store.path + "/hot").names() == ["00000004"])
        #expect(view != nil)
        try expectSame(directory.store, model, "closed under a view")
    }

    @Test func `keeps descriptors and files bounded`() throws {
        var random = SeededRandom(for: "descriptors")
        var (store, model) = try fill(&random)
        for _ in 0..<3 { try store.rotate() }
        let descriptors = try Folder("/proc/self/fd").names().count
        let files = try Folder(store.path).files().count
        for _ in 0..<40 {
            try commit(&model, to: store, &random)
            try store.rotate()
        }
        // Other tests open some at the same time.
        #expect(try Folder("/proc/self/fd").names().count < descriptors + 400)
        #expect(try Folder(store.path).files().count <= files + 2)
        #expect(try Folder(store.path + "/hot").names() == ["00000044"])
        store.close()
        try expectSame(directory.store, model, "at the end")
    }

    @Test func `is due when the database has doubled, after days by its size, or when the manifest is large`() throws {
        var random = SeededRandom(for: "due")
        var (store, model) = try fill(&random)
        #expect(!store.wantsRotation(at: clock.now))
        store.rotationSettings.leastBytes = 1_000
        #expect(store.wantsRotation(at: clock.now))
        try store.rotate()
        #expect(!store.wantsRotation(at: clock.now), "nothing was committed")
        try commit(&model, to: store, &random)
        #expect(!store.wantsRotation(at: clock.now), "it has not doubled")
        clock.advance(seconds: 86_399, milliseconds: 0)
        #expect(!store.wantsRotation(at: clock.now))
        clock.advance(seconds: 1, milliseconds: 0)
        #expect(store.wantsRotation(at: clock.now), "a day has passed")
        store.close()
        store = try SeriesStore.open(at: directory.store, clock: clock)
        try commit(&model, to: store, &random)
        #expect(store.wantsRotation(at: clock.now), "the time of the last one is on the disk")
        _ = #expect(throws: StoreError.self) { try store.rotate { true } }
        #expect(!store.wantsRotation(at: clock.now), "after a failure it waits an hour")
        clock.advance(seconds: 3_600, milliseconds: 0)
        #expect(store.wantsRotation(at: clock.now))
        try store.rotate()
        try commit(&model, to: store, &random)
        let bytes = store.state.withLock { $0.rotation.last.bytes }
        store.rotationSettings.bytesPerInterval = bytes / 3
        clock.advance(seconds: 3 * 86_400 - 1, milliseconds: 0)
        #expect(!store.wantsRotation(at: clock.now), "it is three times as large")
        clock.advance(seconds: 1, milliseconds: 0)
        #expect(store.wantsRotation(at: clock.now))
        store.rotationSettings.bytesPerInterval = 1
        #expect(!store.wantsRotation(at: clock.now))
        store.rotationSettings.manifestBytes = 10
        #expect(store.wantsRotation(at: clock.now))
        store.close()
    }

    /// Two series grow by the same in every commit; one task reads, another rotates and checkpoints.
    @Test func `beside commits and reads loses and doubles nothing`() async throws {
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        let ids = ["a", "b"].map { store.create(family: ModelStore.clicks, labels: ["n": $0]) }
        let isDone = Flag()
        let now = store.resolution.start(of: Slot(Self.slots[Self.slots.count - 1].number + 1))
        let selection = SeriesSelection(
            [try LabelMatcher("__name__", .equal, "clicks_total")],
            from: now,
            through: now
        )
        var random = SeededRandom(for: "rotation stress")
        var sum: Int64 = 0
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                while !isDone.isSet {
                    try store.rotate()
                    if store.rotations.done % 3 == 0 { try store.checkpoint() }
                    await Task.yield()
                }
            }
            group.addTask {
                let columns = SampleColumns()
                var before = 0.0
                while !isDone.isSet {
                    let set = try store.view(now: now, idleTimeout: 864_000).select(selection)
                    let totals = try (0..<set.count).map { index in
                        try set.read(index, into: columns)
                        return columns.count > 0 ? columns.values[columns.count - 1] : 0
                    }
                    #expect(totals.isEmpty || totals.count == 2 && totals[0] == totals[1], "\(totals)")
                    #expect(totals.first ?? 0 >= before, "what was seen is not unseen")
                    before = totals.first ?? 0
                    await Task.yield()
                }
            }
            defer { isDone.set() }
            var number = 0
            while number < 400 || store.rotations.done < 10 {
                var commit = Commit(arrival: Timestamp(seconds: 1_772_366_400))
                let slot = Self.slots[random.below(Self.slots.count)]
                let units = Int64(random.below(100))
                commit.increments = ids.map { Increment(series: $0, slot: slot, units: units) }
                commit.fingerprints = [UInt64(number + 1)]
                commit.digests = [UInt32(number)]
                commit.counts.accepted = UInt64(number + 1)
                commit.newSeries = store.takeNewSeries()
                try store.commit(commit)
                sum += units
                number += 1
                await Task.yield()
            }
            isDone.set()
            try await group.waitForAll()
        }
        let commits = Int(store.commits)
        print("rotation stress: \(store.rotations.done) rotations, \(commits) commits")
        store.close()
        let opened = try SeriesStore.open(at: directory.store, clock: clock)
        #expect(opened.commits == UInt64(commits))
        for name in ["a", "b"] {
            #expect(opened.total(of: "clicks_total", ["n": "\(name)"]) == Double(sum))
        }
        var identities = 0
        try opened.forEachIdentity { _, _, _ in identities += 1 }
        #expect(identities == commits)
        opened.close()
    }
}
