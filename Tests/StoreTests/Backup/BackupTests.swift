// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `A backup` {
    private static let slots = (0..<40).map { Slot(118_000_000 + 900 * $0) }
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func commit(_ model: inout ModelStore, to store: SeriesStore, _ random: inout SeededRandom) throws {
        try model.commit(to: store, &random, mostSeries: 20, increments: 6, slots: Self.slots, at: clock.now)
    }

    private func fill(_ random: inout SeededRandom, commits: Int = 30) throws -> (SeriesStore, ModelStore) {
        var model = ModelStore()
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        for number in 0..<commits {
            try commit(&model, to: store, &random)
            if number == commits / 2 { try store.checkpoint() }
        }
        return (store, model)
    }

    private func expectRestored(_ report: BackupReport, _ model: ModelStore, _ context: String) throws {
        #expect(try SeriesStore.verify(report.path).faults == [], "\(context)")
        let path = directory.path + "/restored"
        #expect(try SeriesStore.restore(report.path, to: path).commits == report.commits)
        let store = try SeriesStore.open(at: path, clock: clock)
        #expect(store.commits == report.commits, "\(context)")
        expectSame(try StoreContents(store), model.contents(after: report.commits), context)
        store.close()
        let found = try SeriesStore.verify(path)
        #expect(found.faults == [] && found.commits == report.commits, "\(context)")
        try directory.remove(path)
    }

    @Test func `may be named with a slash at its end, and restored into an empty folder`() throws {
        var random = SeededRandom(for: "slashes")
        let (store, model) = try fill(&random)
        let report = try store.backup(to: directory.path + "/copy/")
        #expect(report.path == directory.path + "/copy")
        store.close()
        let path = directory.path + "/empty"
        try Folder(path).make()
        #expect(try SeriesStore.restore(report.path + "/", to: path + "/").commits == report.commits)
        let restored = try SeriesStore.open(at: path, clock: clock)
        expectSame(try StoreContents(restored), model.contents(after: report.commits), "slashes")
        restored.close()
    }

    @Test func `taken beside commits, checkpoints and rotations is the store after the commit it names`() async throws {
        var random = SeededRandom(for: "backup")
        var (store, model) = try fill(&random)
        let opened = store
        let path = directory.path
        let isDone = Flag()
        let reports = try await withThrowingTaskGroup(of: [BackupReport].self) { group in
            group.addTask {
                defer { isDone.set() }
                var reports: [BackupReport] = []
                for number in 0..<12 {
                    reports.append(try opened.backup(to: path + "/backup-\(number)"))
                    if number % 4 == 1 { try opened.checkpoint() }
                    if number % 4 == 3 { try opened.rotate() }
                    await Task.yield()
                }
                return reports
            }
            while !isDone.isSet {
                try commit(&model, to: store, &random)
                await Task.yield()
            }
            return try await group.next() ?? []
        }
        #expect(reports.count == 12)
        #expect((reports.last?.commits ?? 0) > 30, "commits went on")
        for report in reports { try expectRestored(report, model, "\(report)") }
        store.close()
    }

    @Test func `is given up without a trace when it is cancelled, and refuses a name that is taken`() throws {
        var random = SeededRandom(for: "no backup")
        let (store, model) = try fill(&random)
        let target = directory.path + "/backup"
        let cancelled = #expect(throws: StoreError.self) { try store.backup(to: target) { true } }
        #expect(cancelled?.code == .interrupted)
        #expect(try Folder(directory.path).names() == ["store"])
        let report = try store.backup(to: target)
        #expect(report.commits == 30)
        let taken = #expect(throws: StoreError.self) { try store.backup(to: target) }
        #expect(taken?.code == .exists)
        let full = #expect(throws: StoreError.self) { try store.backup(to: target + "2", leaving: 1 << 60) }
        #expect(full?.code == .diskFull)
        store.close()
        try expectRestored(report, model, "at the end")
    }

    @Test func `copies what stands beside the database`() throws {
        var random = SeededRandom(for: "files beside")
        let (store, _) = try fill(&random)
        try store.checkpoint()
        let days = try store.hotDays().prefix(2)
        for day in days { try store.seal(day: day) }
        let names = days.map { DayFile.name(ofDay: $0) + ".1" }
        for name in ["day/20260103.1.tmp", "day/20250101.1", "notification-log.json", "other.tmp"] {
            try writeBytes(Array(name.utf8), to: store.path + "/" + name)
        }
        let report = try store.backup(to: directory.path + "/backup")
        let restored = directory.path + "/restored"
        _ = try SeriesStore.restore(report.path, to: restored)
        #expect(try Folder(report.path).names() == ["BACKUP", "FORMAT", "day", "hot", "notification-log.json"])
        #expect(try Folder(restored).names() == ["FORMAT", "day", "hot", "notification-log.json"])
        #expect(try Folder(restored + "/day").names() == names)
        func file(_ path: String) throws -> Int {
            try #require(try FileManager.default.attributesOfItem(atPath: path)[.systemFileNumber] as? Int)
        }
        let day = "/day/" + names[0]
        #expect(try file(store.path + day) == file(report.path + day))
        #expect(try file(restored + day) != file(report.path + day))
        #expect(try readBytes(restored + "/notification-log.json") == Array("notification-log.json".utf8))
        store.close()
    }

    @Test func `is restored into a new or empty folder only, is no store itself, and has to be whole`() throws {
        var random = SeededRandom(for: "restore")
        let (store, model) = try fill(&random)
        let report = try store.backup(to: directory.path + "/backup")
        store.close()
        let opened = #expect(throws: StoreError.self) { try SeriesStore.open(at: report.path) }
        #expect(opened?.code == .incompatible)
        #expect(try SeriesStore.verify(report.path).faults == [], "the attempt has left nothing")
        let taken = #expect(throws: StoreError.self) { try SeriesStore.restore(report.path, to: directory.store) }
        #expect(taken?.code == .exists)
        let none = #expect(throws: StoreError.self) {
            try SeriesStore.restore(directory.store, to: directory.path + "/restored")
        }
        #expect(none?.code == .incompatible)
        let empty = directory.path + "/empty"
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
        #expect(try SeriesStore.restore(report.path, to: empty).commits == 30)
        try expectRestored(report, model, "again")
        let table = try #require(try files(in: report.path + "/hot/00000001", suffix: ".ldb").first)
        try flip(1, at: 20, in: table)
        let broken = #expect(throws: StoreError.self) {
            try SeriesStore.restore(report.path, to: directory.path + "/restored")
        }
        #expect(broken?.code == .corrupt && broken?.message.contains(table) == true, "\(broken as Any)")
        #expect(!FileManager.default.fileExists(atPath: directory.path + "/restored"))
    }
}
