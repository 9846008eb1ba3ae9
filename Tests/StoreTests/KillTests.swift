// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `A killed process` {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// Commit n adds n to its own series and 1 to the one they share; every seventh is followed by a checkpoint.
    private static func write(_ number: Int, to store: SeriesStore, checkpoints: Bool = true) throws {
        var commit = Commit(arrival: Timestamp(seconds: 1_772_366_400))
        let shared =
            store.find(family: ModelStore.clicks, labels: [:]) ?? store.create(family: ModelStore.clicks, labels: [:])
        let own = store.create(family: ModelStore.clicks, labels: ["n": "\(number)"])
        let slot = Slot(118_000_000 + UInt32(number % 50))
        commit.increments = [
            Increment(series: shared, slot: slot, units: 1), Increment(series: own, slot: slot, units: Int64(number)),
        ]
        commit.fingerprints = [UInt64(number)]
        commit.digests = [UInt32(number)]
        commit.counts.accepted = UInt64(number)
        commit.newSeries = store.takeNewSeries()
        try store.commit(commit)
        if checkpoints, number % 7 == 0 { try store.checkpoint() }
    }

    private func expectCommits(_ count: Int, in store: SeriesStore) throws {
        #expect(store.commits == UInt64(count))
        #expect(store.counts.accepted == UInt64(count))
        #expect(store.total(of: "clicks_total", [:]) == (count == 0 ? nil : Double(count)))
        for number in 1..<(count + 1) { #expect(store.total(of: "clicks_total", ["n": "\(number)"]) == Double(number)) }
        #expect(store.find(family: ModelStore.clicks, labels: ["n": "\(count + 1)"]) == nil)
        let contents = try StoreContents(store)
        let counted: [UInt64] = (contents.slots[0] ?? [:]).values.flatMap(\.values)
        #expect(counted.reduce(0, +) == UInt64(count))
        var identities = Set<UInt64>()
        try store.forEachIdentity { _, fingerprint, digest in
            #expect(UInt64(digest) == fingerprint)
            #expect(identities.insert(fingerprint).inserted)
        }
        #expect(identities == Set((1..<(count + 1)).map { UInt64($0) }))
    }

    @Test func `leaves every commit that was acknowledged, once`() async throws {
        let path = directory.store
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
            let store = try SeriesStore.open(at: path)
            for number in 1...20 { try Self.write(number, to: store) }
            kill(getpid(), SIGKILL)
        }
        try expectCommits(20, in: try SeriesStore.open(at: path))
    }

    @Test(arguments: [0, 3, 7, 14, 40]) func `in the middle of a commit or checkpoint leaves it whole or not at all`(
        acknowledged: Int
    ) async throws {
        let path = directory.store
        let counter = directory.path + "/acknowledged"
        try writeBytes([UInt8](repeating: 0, count: 8), to: counter)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, counter = counter as String, acknowledged = acknowledged as Int] in
            let store = try SeriesStore.open(at: path)
            let descriptor = open(counter, O_RDWR)
            let shared = mmap(nil, 8, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)!
            let acknowledgedNow = SharedCounter(shared)
            // The killer strikes as soon as it sees the count, while the next commits go on.
            Thread.detachNewThread {
                while acknowledgedNow.value < acknowledged {}
                kill(getpid(), SIGKILL)
            }
            for number in 1... {
                try Self.write(number, to: store)
                acknowledgedNow.value = number
            }
        }
        let seen = try readBytes(counter).withUnsafeBytes { Int($0.loadUnaligned(as: Int64.self)) }
        #expect(seen >= acknowledged)
        let store = try SeriesStore.open(at: path)
        #expect(store.commits == UInt64(seen) || store.commits == UInt64(seen) + 1)
        try expectCommits(Int(store.commits), in: store)
        // And life goes on.
        try Self.write(Int(store.commits) + 1, to: store)
        try expectCommits(Int(store.commits), in: store)
    }

    @Test(arguments: [1, 2, 5, 9, 14, 23])
    func `in the middle of a rotation leaves one whole database with every commit that was acknowledged`(
        acknowledged: Int
    ) async throws {
        let path = directory.store
        let counter = directory.path + "/acknowledged"
        try writeBytes([UInt8](repeating: 0, count: 8), to: counter)
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [path = path as String, counter = counter as String, acknowledged = acknowledged as Int] in
            let store = try SeriesStore.open(at: path)
            let descriptor = open(counter, O_RDWR)
            let shared = mmap(nil, 8, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)!
            let acknowledgedNow = SharedCounter(shared)
            // One rotation after the other, beside the commits.
            Thread.detachNewThread {
                do {
                    while true { try store.rotate() }
                } catch {
                    print("the rotation failed: \(error)")
                    exit(3)
                }
            }
            Thread.detachNewThread {
                while acknowledgedNow.value < acknowledged || store.rotations.done < UInt64(acknowledged % 3) {}
                kill(getpid(), SIGKILL)
            }
            for number in 1... {
                try Self.write(number, to: store, checkpoints: false)
                acknowledgedNow.value = number
            }
        }
        let seen = try readBytes(counter).withUnsafeBytes { Int($0.loadUnaligned(as: Int64.self)) }
        let store = try SeriesStore.open(at: path)
        #expect(store.commits == UInt64(seen) || store.commits == UInt64(seen) + 1)
        try expectCommits(Int(store.commits), in: store)
        #expect(try Folder(path + "/hot").names().count == 1, "what the crash left is gone")
        try Self.write(Int(store.commits) + 1, to: store)
        try expectCommits(Int(store.commits), in: store)
    }

    @Test(arguments: DayStep.allCases) func `ahead of any step of sealing leaves every commit, once`(
        step: DayStep
    ) async throws {
        let path = directory.store
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, step = step as DayStep] in
            let store = try SeriesStore.open(at: path)
            for number in 1...35 { try Self.write(number, to: store) }
            store.daySettings.batchBytes = 500
            store.daySettings.before = { now throws(StoreError) in if now == step { kill(getpid(), SIGKILL) } }
            let day = 118_000_000 / store.spans.slotsPerDay
            try store.seal(day: day)
            try store.drop(before: day + 1)
        }
        let store = try SeriesStore.open(at: path)
        try expectCommits(35, in: store)
        try Self.write(36, to: store)
        try store.checkpoint()
        for day in try store.hotDays() { try store.seal(day: day) }
        try expectCommits(36, in: store)
    }

    @Test(arguments: [false, true])
    func `leaves the commits before the cut, at whatever byte the journal was cut`(isRotated: Bool) throws {
        let path = directory.store
        let store = try SeriesStore.open(at: path)
        for number in 1...4 { try Self.write(number, to: store) }
        // The rotation leaves four commits in tables.
        if isRotated { try store.rotate() }
        for number in 5...6 { try Self.write(number, to: store) }
        store.close()
        let log = try LogFile(of: path)
        // The settings, then six commits; all bytes of the last two.
        let ends = (isRotated ? [0, 0, 0, 0, 0] : []) + log.ends
        try #require(ends.count == 7)
        for cut in ends[4]...ends[6] {
            let copy = try directory.copy(of: path)
            try LogFile.cut(copy, to: cut)
            let whole = isRotated ? 4 + log.ends.count { $0 <= cut } : ends[1...].count { $0 <= cut }
            let reopened = try SeriesStore.open(at: copy)
            try expectCommits(whole, in: reopened)
            try Self.write(whole + 1, to: reopened)
            reopened.close()
            let again = try SeriesStore.open(at: copy)
            #expect(again.commits == UInt64(whole) + 1, "a commit behind the cut stays")
            again.close()
            try directory.remove(copy)
        }
    }
}

/// A number that outlives the process, in a file that is mapped.
private struct SharedCounter: @unchecked Sendable {  // An aligned word that one thread writes and another reads.
    private let pointer: UnsafeMutableRawPointer

    init(_ pointer: UnsafeMutableRawPointer) { self.pointer = pointer }

    var value: Int {
        get { pointer.load(as: Int.self) }
        nonmutating set { pointer.storeBytes(of: newValue, as: Int.self) }
    }
}
