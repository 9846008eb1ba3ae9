// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store

/// Damage of the files of a store that has sealed days.
struct `A store with sealed days` {
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// What opening a store and reading all of it says; nil when that is right.
    private func damage(_ path: String, _ history: SealedHistory, _ expected: [[ReadingTwin.Sample]]) throws
        -> StoreError?
    {
        let store: SeriesStore
        do throws(StoreError) {
            store = try SeriesStore.open(at: path, clock: clock)
        } catch {
            return error
        }
        defer { store.close() }
        do {
            let found = try history.reads(store)
            #expect(found == expected)
            #expect(store.commits == history.model.contents.commits)
            #expect(try history.model.identities(of: store) == history.model.identities)
        } catch let error as StoreError {
            return error
        }
        return nil
    }

    @Test func `reads as its twin, or tells the file, whatever byte of whatever file is flipped`() throws {
        var random = SeededRandom(for: "flipped store")
        let history = try SealedHistory(at: directory.store, clock: clock, &random)
        let whole = try directory.copy(of: directory.store)
        let store = try SeriesStore.open(at: whole, clock: clock)
        let expected = try history.expected(store)
        #expect(try history.reads(store) == expected)
        store.close()
        #expect(expected.count { !$0.isEmpty } > 10)

        var (flips, reported) = (0, 0)
        let names = try Folder(directory.store).files()
        #expect(names.count { $0.hasPrefix("day/") } >= 3 && names.contains { $0.hasPrefix("hot/00000002/") })
        for name in names {
            let size = try readBytes(directory.store + "/" + name).count
            let places = size <= 64 ? Array(0..<size) : (0..<25).map { _ in random.below(size) } + (size - 8..<size)
            for place in Set(places) {
                let copy = try directory.copy(of: directory.store)
                try flip(1 << UInt8(random.below(8)), at: place, in: copy + "/" + name)
                flips += 1
                if let error = try damage(copy, history, expected) {
                    reported += 1
                    let here = "byte \(place) of \(name): \(error)"
                    #expect(error.code == .corrupt || error.code == .incompatible, "\(here)")
                    #expect(error.message.hasPrefix(copy) && !error.message.contains("\n"), "\(here)")
                    // Of CURRENT LevelDB says the name alone.
                    let told = name.hasSuffix("/CURRENT") ? "CURRENT" : copy + "/" + name
                    #expect(error.message.contains(told), "\(here)")
                }
                try directory.remove(copy)
            }
        }
        print("flipped store: \(reported) of \(flips) in \(names.count) files were told, the others changed nothing")
        #expect(reported > flips / 3)
    }

    /// The end of a log that a crash has torn: every byte of the last two commits, those of late events of sealed days too.
    @Test func `has every commit that is whole in its log, wherever that is torn`() throws {
        var random = SeededRandom(for: "torn log beside days")
        var history = try SealedHistory(at: directory.store, clock: clock, &random)
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        // What was in the log before is in tables now.
        let before = store.commits
        var expected: [StoreContents] = [history.model.contents]
        for _ in 0..<2 {
            try history.commit(store, &random, count: 1)
            expected.append(history.model.contents)
        }
        store.close()
        let log = try LogFile(of: directory.store)
        let ends = Array(log.ends.suffix(3))
        try #require(ends.count >= 2)
        let start = ends.count == 3 ? ends[0] : 0
        var commits: Set<UInt64> = []
        for cut in start...ends[ends.count - 1] {
            let copy = try directory.copy(of: directory.store)
            try LogFile.cut(copy, to: cut)
            let whole = ends.suffix(2).count { $0 <= cut }
            let opened = try SeriesStore.open(at: copy, clock: clock)
            #expect(opened.commits == before + UInt64(whole), "\(cut) bytes")
            commits.insert(opened.commits)
            let found = try StoreContents(opened).readable(in: opened)
            expectSame(found, expected[whole].readable(in: opened), "\(cut) bytes")
            opened.close()
            try directory.remove(copy)
        }
        #expect(commits.count == 3)
    }

    @Test
    func `of which the file of a day is lost or cut answers what does not need it, and fails by name where it does`()
        throws
    {
        let filled = FilledDays(path: directory.store, clock: clock)
        let store = try filled.open(days: 6)
        while try store.maintain() {}
        let lost = FilledDays.first + 2
        let file = try #require(store.state.withLock { $0.days.registry.days[lost]?.file })
        store.close()
        let bytes = try readBytes(file.path)
        let cuts = [nil, 0, 1, DayFile.headerBytes, bytes.count / 2, bytes.count - 1]
        for cut in cuts {
            try directory.remove(file.path)
            if let cut { try writeBytes(bytes.prefix(cut), to: file.path) }
            let opened = try SeriesStore.open(at: directory.store, clock: clock)
            func expectLost(_ start: Int64, _ end: Int64) {
                let error = #expect(throws: StoreError.self) { try filled.values(opened, start, end) }
                #expect(error?.code == .corrupt && error?.message.hasPrefix(file.path + ":") == true, "\(error as Any)")
            }
            for day in UInt32(0)..<6 {
                let (start, end) = (FilledDays.start(ofDay: day), FilledDays.start(ofDay: day + 1) - 1)
                if FilledDays.first + day == lost {
                    expectLost(start, end)
                    expectLost(start + 3_600_000, start + 3_600_000)
                    // Behind its last event the sum of the day is enough, and that is not in the file.
                    #expect(try filled.value(opened, at: start + 39_990_000) == 30)
                } else {
                    // What the lost day came to is known without its file.
                    let samples = try filled.values(opened, start, end)
                    let value = Double(10 * (day + 1))
                    #expect(samples.last?.bits == value.bitPattern, "day \(day)")
                }
            }
            expectLost(0, FilledDays.start(ofDay: 9))
            expectLost(FilledDays.start(ofDay: 2) - 1, FilledDays.start(ofDay: 2))
            // Events go on, late ones of that day too; it can be read when the file is back.
            try filled.click(opened, day: 2)
            try opened.checkpoint()
            #expect(try filled.value(opened, at: FilledDays.start(ofDay: 5)) == 51)
            opened.close()
            let faults = try SeriesStore.verify(directory.store).faults
            #expect(faults.contains { $0.hasPrefix(file.path) }, "\(faults)")
            // The next round begins as this one did.
            try directory.remove(directory.store)
            let again = try filled.open(days: 6)
            while try again.maintain() {}
            again.close()
        }
    }

    @Test func `of which the lost file of a day is put back reads as before, late events included`() throws {
        let filled = FilledDays(path: directory.store, clock: clock)
        let store = try filled.open(days: 4)
        while try store.maintain() {}
        let file = try #require(store.state.withLock { $0.days.registry.days[FilledDays.first + 1]?.file })
        let bytes = try readBytes(file.path)
        try directory.remove(file.path)
        store.openDays.removeAll()
        try filled.click(store, day: 1)
        try store.checkpoint()
        // Sealing it again is given up, and leaves the other days alone.
        store.daySettings.overlayBytes = 1
        while try store.maintain() {}
        #expect(store.dayStatistics.failures == 1 && store.dayStatistics.lastFailure?.code == .corrupt)
        #expect(store.dayStatistics.lastFailure?.message.hasPrefix(file.path) == true)
        try writeBytes(bytes, to: file.path)
        clock.advance(seconds: 86_401)
        while try store.maintain() {}
        #expect(store.dayStatistics.failures == 1 && store.dayStatistics.reseals == 1)
        #expect(try filled.value(store, at: FilledDays.start(ofDay: 3)) == 31)
        store.close()
        #expect(try SeriesStore.verify(directory.store).faults == [])
    }
}
