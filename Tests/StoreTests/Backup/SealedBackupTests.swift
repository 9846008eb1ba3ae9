// SPDX-License-Identifier: Apache-2.0

import Foundation
import LevelDB
import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store

/// Backups, verification and rotation of stores that have sealed days.
struct `With sealed days` {
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
        store.state.withLock { $0.limits.leastSharedBytes = 1 }
        for number in 0..<40 {
            try commit(&model, to: store, &random)
            if number == 20 {
                try store.checkpoint()
                for day in try store.hotDays().dropLast() { try store.seal(day: day) }
            }
        }
        return (store, model)
    }

    @Test func `a backup beside sealing, again too, and drops is the store after the commit it names`() async throws {
        var random = SeededRandom(for: "sealed backup")
        var (store, model) = try fill(&random)
        let (opened, path) = (store, directory.path)
        let isDone = Flag()
        let reports = try await withThrowingTaskGroup(of: [BackupReport].self) { group in
            group.addTask {
                var reports: [BackupReport] = []
                while !isDone.isSet || reports.count < 6 {
                    reports.append(try opened.backup(to: path + "/backup-\(reports.count)"))
                    await Task.yield()
                }
                return reports
            }
            for round in 0..<12 {
                for _ in 0..<6 { try commit(&model, to: store, &random) }
                try store.checkpoint()
                let floor = store.state.withLock { $0.days.registry.floor }
                for day in try store.hotDays().dropLast() {
                    if day < floor { try store.fold(day: day) } else { try store.seal(day: day) }
                }
                if round == 6 || round == 9 { try store.drop(before: 20_482 + UInt32(round)) }
                if round % 4 == 3 { try store.rotate() }
                await Task.yield()
            }
            isDone.set()
            return try await group.next() ?? []
        }
        store.close()
        for report in reports {
            let found = try SeriesStore.verify(report.path)
            #expect(found.faults == [], "\(report)")
            let restored = directory.path + "/restored"
            _ = try SeriesStore.restore(report.path, to: restored)
            let copy = try SeriesStore.open(at: restored, clock: clock)
            let expected = model.contents(after: report.commits).readable(in: copy)
            expectSame(try StoreContents(copy).readable(in: copy), expected, "\(report)")
            let named = copy.state.withLock { Set($0.days.registry.days.values.map(\.file.path)) }
            #expect(Set(try files(in: restored + "/day", suffix: "")) == named)
            copy.close()
            let names = Set(try Folder(report.path + "/day").names())
            let namedFiles = Set(named.map { String($0.split(separator: "/").last ?? "") })
            #expect(names == namedFiles, "no file but those it names")
            try directory.remove(restored)
        }
        print("\(reports.count) backups")
    }

    @Test func `a backup is given up between two files, and asks for the room of the database alone`() throws {
        var random = SeededRandom(for: "stopped backup")
        let (store, _) = try fill(&random)
        let asked = Mutex(0)
        let error = #expect(throws: StoreError.self) {
            try store.backup(to: directory.path + "/backup") {
                asked.withLock { asked in
                    asked += 1
                    return asked == 2
                }
            }
        }
        #expect(error?.code == .interrupted)
        #expect(try Folder(directory.path).names() == ["store"])
        #expect(store.hotBytes() < store.storeBytes())
    }

    @Test func `a verification finds a flipped byte anywhere in a file of a day, of a store and of a backup`() throws {
        var random = SeededRandom(for: "flipped days")
        let (store, model) = try fill(&random)
        try store.checkpoint()
        for day in try store.hotDays().suffix(3) { try store.seal(day: day) }
        _ = try store.backup(to: directory.path + "/backup")
        let sealed = store.state.withLock { $0.days.registry }
        store.close()
        #expect(model.contents.commits > 0)
        let whole = try SeriesStore.verify(directory.store)
        #expect(whole.faults == [])
        #expect(whole.checked.contains { $0.what == "sealed days" && $0.count == sealed.days.count })
        #expect(Set(whole.checked.map(\.what)).count == whole.checked.count, "each kind once")
        var flips = 0
        for path in [directory.store, directory.path + "/backup"] {
            for entry in sealed.days.values.sorted(by: { $0.file.day < $1.file.day }).prefix(3) {
                let file = path + "/" + entry.file.name
                let bytes = try readBytes(file)
                let ends = [0, 20, bytes.count - 1, bytes.count - 60]
                for place in Set((0..<25).map { _ in random.below(bytes.count) } + ends) {
                    var damaged = bytes
                    damaged[place] ^= 1 << UInt8(random.below(8))
                    try replace(file, damaged)
                    let found = try SeriesStore.verify(path)
                    #expect(found.faults.contains { $0.contains(entry.file.name) }, "byte \(place): \(found.faults)")
                    flips += 1
                }
                try replace(file, Array(bytes.dropLast()))
                #expect(try SeriesStore.verify(path).faults.contains { $0.contains(entry.file.name) })
                try replace(file, bytes)
            }
            #expect(try SeriesStore.verify(path).faults == [])
        }
        print("\(flips) flips, each told")
    }

    /// Another file under the name: a backup may have a link to the one there is.
    private func replace(_ path: String, _ bytes: [UInt8]) throws {
        try FileManager.default.removeItem(atPath: path)
        try writeBytes(bytes, to: path)
    }

    @Test func `a store whose eras are as a development version had them is refused`() throws {
        var random = SeededRandom(for: "eras of old")
        let (store, _) = try fill(&random)
        let batch = WriteBatch()
        try store.database.makeCursor().forEach(prefix: KeySpace.newestEra.prefix) { key, value in
            batch.delete(Array(key))
            batch.put([KeySpace.earlierEra.rawValue] + key.dropFirst(), Array(value))
        }
        try store.database.write(batch, sync: true)
        store.close()
        let error = try #require(throws: StoreError.self) { try SeriesStore.open(at: directory.store, clock: clock) }
        #expect(error.code == .incompatible && error.message.contains("another version of Tidemark"))
    }

    @Test func `a verification finds totals, days and floors that do not fit the files`() throws {
        var random = SeededRandom(for: "unfit days")
        let (store, _) = try fill(&random)
        let entry = try #require(store.state.withLock { $0.days.registry.days.values.first })
        let database = store.database
        var keys: [[UInt8]] = []
        try database.makeCursor().forEach(prefix: KeySpace.newestEra.prefix) { key, _ in keys.append(Array(key)) }
        store.close()
        func changed(_ change: (Database) throws -> Void) throws -> [String] {
            let copy = try directory.copy(of: directory.store)
            defer { Folder(copy).remove() }
            let database = try Database.open(at: copy + "/hot/00000001")
            try change(database)
            database.close()
            return try SeriesStore.verify(copy).faults
        }
        let lost = try changed { try $0.delete(keys[0], sync: true) }
        #expect(!lost.isEmpty)
        let orphan = try changed { database in
            let key = KeySpace.earlierEra(SeriesID(0), era: 1)
            let bytes = SealedEra().encode(era: 1, positions: .slots(store.spans), rule: .latest, key: key)
            try database.put(key, bytes, sync: true)
        }
        #expect(orphan.contains { $0.contains("series that do not know them") }, "\(orphan)")
        // A series whose newest era is lost is told of once, and of no file that is whole.
        let early = try changed { database in
            let value = try #require(try database.get(keys[0]))
            let id = SeriesID(
                try #require(
                    value.isEmpty ? nil : keys[0].withUnsafeBytes { KeySpace.read($0, at: 1, as: UInt32.self) }
                )
            )
            let bytes = SealedEra().encode(
                era: 2,
                positions: .slots(store.spans),
                rule: .latest,
                key: KeySpace.earlierEra(id, era: 2)
            )
            try database.put(KeySpace.earlierEra(id, era: 2), bytes, sync: true)
            try database.delete(keys[0], sync: true)
        }
        #expect(early.filter { $0.contains("no entry E that says which") }.count == 1, "\(early)")
        #expect(!early.contains { $0.contains("of -") }, "\(early)")
        let key = KeySpace.sealedDay(entry.file.day)
        let unnamed = try changed { try $0.delete(key, sync: true) }
        #expect(unnamed.contains { $0.contains("which is not sealed") }, "\(unnamed)")
        var record = entry.record
        record.bytes += 1
        let longer = try changed { try $0.put(key, record.encode(key: key), sync: true) }
        #expect(longer.contains { $0.contains(entry.file.name) }, "\(longer)")
        let floor = KeySpace.meta(FloorRecord.name)
        let malformed = try changed { try $0.put(floor, [9], sync: true) }
        #expect(malformed.contains { $0.contains(Recovery.name(of: floor)) }, "\(malformed)")
    }

    @Test func `a rotation during which days are sealed leaves no entry that names a file that is gone`() throws {
        var random = SeededRandom(for: "sealed rotation")
        var (store, model) = try fill(&random)
        try store.checkpoint()
        var copies: [(name: String, path: String)] = []
        var failure: (any Error)?
        let states: [RotationStep] = [.recording, .copying, .copied, .finished, .published, .exchanged, .discarded]
        try store.rotate(isCancelled: { false }) { step in
            do {
                // Where writers do not wait a day is sealed again.
                if step == .copying || step == .copied || step == .exchanged {
                    for day in try store.hotDays().prefix(2) { try store.seal(day: day) }
                }
                copies.append(("\(step)", try directory.copy(of: store.path)))
            } catch { failure = error }
        }
        if let failure { throw failure }
        #expect(copies.count >= states.count)
        try commit(&model, to: store, &random)
        expectSame(try StoreContents(store), model.contents, "in use")
        for (name, path) in copies {
            let copy = try SeriesStore.open(at: path, clock: clock)
            let registry = copy.state.withLock { $0.days.registry }
            for entry in registry.days.values { _ = try copy.openDays.open(entry.file) }
            expectSame(try StoreContents(copy), model.contents(after: copy.commits), name)
            copy.close()
            #expect(try SeriesStore.verify(path).faults == [], "\(name)")
        }
        store.close()
        #expect(try SeriesStore.verify(directory.store).faults == [])
    }
}
