// SPDX-License-Identifier: Apache-2.0

import Glibc
import LevelDB
import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `Room on the disk` {
    private let directory: TemporaryDirectory
    private let clock = ManualClock()
    private let filled: FilledDays

    init() throws {
        directory = try TemporaryDirectory()
        filled = FilledDays(path: directory.store, clock: clock)
    }

    @Test func `that views still hold is not made a second time: one day goes where one is enough`() throws {
        let store = try filled.open(days: 12)
        while try store.maintain() {}
        let folder = Folder(directory.store + "/day")
        let disk = folder.bytes { _ in true } + 1_000
        store.retention.leastFreeBytes = 1_001
        store.daySettings.freeBytes = { _ in disk - folder.bytes { _ in true } }
        var view: SeriesView? = try store.view(now: clock.now, idleTimeout: 60)
        while try store.maintain() {}
        #expect(store.dayStatistics.drops == 1)
        for _ in 0..<3 {
            clock.advance(seconds: 61)
            while try store.maintain() {}
        }
        #expect(store.dayStatistics.drops == 1 && store.dayStatistics.droppedBytes > 0)
        withExtendedLifetime(view) {}
        view = nil
        clock.advance(seconds: 61)
        while try store.maintain() {}
        #expect(store.dayStatistics.drops == 1 && store.dayStatistics.droppedBytes == 0)
        store.daySettings.freeBytes = { _ in nil }
        clock.advance(seconds: 61)
        #expect(try store.maintain() == false, "nobody says how much is free")
    }

    @Test func `is asked for once in a while, whatever a drop gave`() throws {
        let store = try filled.open(days: 12)
        while try store.maintain() {}
        store.retention.leastFreeBytes = 1_001
        store.daySettings.freeBytes = { _ in 1_000 }
        for drops in 1...3 {
            while try store.maintain() {}
            #expect(store.dayStatistics.drops == drops)
            clock.advance(seconds: 61)
        }
    }

    @Test func `is not made for what only waits to be compacted away behind a seal`() throws {
        let store = try filled.open(days: 20, series: 2_000)
        store.daySettings.lateness = 30 * 86_400
        while try store.maintain() {}
        store.daySettings.lateness = 6 * 3_600
        let before = store.storeBytes()
        let limit = before + before / 20
        store.retention.bytes = limit
        while try store.maintain() {}
        let statistics = store.dayStatistics
        let kept = try store.keptBytes(limit: 0, clock.now)
        print("room: \(before) bytes before, \(store.storeBytes()) now, \(kept) kept, \(statistics.drops) drops")
        #expect(kept <= limit)
        // Not a day more than the size of what is kept asks for.
        let day = statistics.sealedBytes / max(statistics.days, 1)
        #expect(statistics.drops == 0 || kept + day > limit)
        #expect(statistics.drops < 3)
    }

    @Test func `that sealing a day takes is there before it begins`() throws {
        let store = try filled.open(days: 3)
        let free = Mutex(64 << 20)
        store.daySettings.freeBytes = { _ in free.withLock { $0 - 1 } }
        let steps = Mutex(0)
        store.daySettings.before = { _ in steps.withLock { $0 += 1 } }
        while try store.maintain() {}
        var statistics = store.dayStatistics
        #expect(statistics.failures == 2 && statistics.seals == 0 && steps.withLock { $0 } == 0, "nothing is written")
        #expect(statistics.lastFailure?.code == .diskFull)
        let name = DayFile.name(ofDay: FilledDays.first + 1)
        #expect(statistics.lastFailure?.message.contains("/day/\(name):") == true, "\(statistics)")
        free.withLock { $0 = 65 << 20 }
        clock.advance(seconds: 61)
        while try store.maintain() {}
        statistics = store.dayStatistics
        #expect(statistics.seals == 2 && statistics.failures == 2)
    }

    @Test func `for commits is kept while a day is sealed: they wait when too much has gathered`() throws {
        let store = try filled.open(days: 3)
        store.state.withLock {
            $0.limits.mostIncrements = 1
            $0.limits.mostJournalBytes = 1
        }
        let isBehind = Flag()
        store.daySettings.before = { [filled] _ in
            do { try filled.click(store, day: 2, slot: 99) } catch { Issue.record(error) }
            if store.isBehind { isBehind.set() }
        }
        #expect(try store.maintain())
        #expect(isBehind.isSet)
        store.daySettings.before = { _ in }
        #expect(!store.isBehind, "nothing is under way that they could wait for")
    }

    @Test func `is not written over and over for a day of which an entry is corrupt, and it is named`() throws {
        let store = try filled.open(days: 3)
        let place = ChunkPlace(day: FilledDays.first, series: SeriesID(0), span: 0)
        let key = KeySpace.chunk(place)
        var bytes = try #require(try store.database.get(key))
        bytes[bytes.count - 1] ^= 1
        try store.database.put(key, bytes, sync: true)
        while try store.maintain() {}
        #expect(store.dayStatistics.failures == 1 && store.dayStatistics.seals == 1)
        #expect(store.dayStatistics.lastFailure?.code == .corrupt)
        #expect(store.dayStatistics.lastFailure?.message.contains("entry C") == true)
        clock.advance(seconds: 3_600)
        while try store.maintain() {}
        #expect(store.dayStatistics.failures == 1)
        clock.advance(seconds: 86_400)
        while try store.maintain() {}
        #expect(store.dayStatistics.failures == 2)
    }
}
