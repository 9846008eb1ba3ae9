// SPDX-License-Identifier: Apache-2.0

import Foundation
import Store
import TestSupport
import Testing

@testable import Tidemark

/// On a small file system of its own, which takes root to mount.
@Suite(.enabled("needs the right to mount a tmpfs") { SmallDisk.isPermitted })
struct `A full disk` {
    private let disk: SmallDisk

    init() throws {
        disk = try SmallDisk(megabytes: 6)
    }

    @Test func `is told by health, loses nothing, and is left behind by the same store when there is room`() throws {
        let store = try MetricsStore.open(at: disk.path + "/store", definitions: .campaigns)
        // So full that what is acknowledged first is some hundred kilobytes.
        try disk.fill(leaving: 400_000)
        var acknowledged = 0
        var failure: MetricsStoreError?
        while failure == nil, acknowledged < 200_000 {
            do throws(MetricsStoreError) {
                let report = try store.submit(clicks(acknowledged..<acknowledged + 500)).wait()
                #expect(report.accepted == 500)
                acknowledged += 500
            } catch {
                failure = error
            }
        }
        #expect(failure?.code == .poisoned)
        #expect(acknowledged >= 500)
        guard case .poisoned(let reason) = store.health else {
            Issue.record("health is \(store.health)")
            return
        }
        #expect(reason.contains("No space left on device") && !reason.contains("\n"), "\(reason)")
        #expect(store.totals == clickTotals(0..<acknowledged), "reading goes on")
        let refused = #expect(throws: MetricsStoreError.self) { try store.submit(clicks([1])) }
        #expect(refused?.code == .poisoned)

        try disk.makeRoom()
        #expect(store.waitUntilHealthy(), "\(store.health)")
        // What was being written when the disk was full may have become durable: nobody was told, and sending it again
        // counts it once.
        let durable = store.totals.filter { $0.key.hasPrefix("clicks") }.values.reduce(0, +)
        #expect(durable >= acknowledged && durable <= acknowledged + 500)
        let all = acknowledged + 5_000
        let report = try store.submit(clicks(0..<all)).wait()
        #expect(report.duplicates == Int(durable) && report.accepted == all - Int(durable))
        #expect(store.totals == clickTotals(0..<all))
        try store.close()
        let reopened = try MetricsStore.open(at: disk.path + "/store", definitions: .campaigns)
        #expect(reopened.totals == clickTotals(0..<all))
        try reopened.close()
    }

    @Test func `met again and again while events are resent gives the totals of a dictionary`() throws {
        let store = try MetricsStore.open(at: disk.path + "/store", definitions: .campaigns)
        var next = 0
        for round in 0..<3 {
            try disk.fill(leaving: 150_000 + 30_000 * round)
            while true {
                do throws(MetricsStoreError) {
                    _ = try store.submit(clicks(next..<next + 300)).wait()
                    next += 300
                } catch {
                    #expect(error.code == .poisoned)
                    break
                }
            }
            try disk.makeRoom()
            try #require(store.waitUntilHealthy(), "round \(round): \(store.health)")
        }
        _ = try store.submit(clicks(0..<next + 300)).wait()
        #expect(store.totals == clickTotals(0..<next + 300))
        try store.close()
    }

    @Test func `is left behind, too, when the first try to open the store again fails`() throws {
        let store = try MetricsStore.open(at: disk.path + "/store", definitions: .campaigns)
        _ = try store.submit(clicks(0..<100)).wait()
        // What LevelDB needs to open a database, and does not look at while it is open.
        let current = disk.path + "/store/hot/00000001/CURRENT"
        let content = try Data(contentsOf: URL(filePath: current))
        try Data("elsewhere\n".utf8).write(to: URL(filePath: current))
        try disk.fill(leaving: 0)
        _ = try? store.submit(clicks(100..<20_000)).wait()
        try disk.makeRoom()
        let isTold = store.monitor.wait(atMostMilliseconds: 300_000) { state -> Void? in
            if case .poisoned(let reason) = state.health, reason.contains("CURRENT") { () } else { nil }
        }
        #expect(isTold != nil, "\(store.health)")
        try content.write(to: URL(filePath: current))
        #expect(store.waitUntilHealthy(), "\(store.health)")
        _ = try store.submit(clicks(0..<20_000)).wait()
        #expect(store.totals == clickTotals(0..<20_000))
        try store.close()
    }

    @Test(arguments: [20_000, 100_000, 160_000, 250_000])
    func `in the middle of a rotation leaves the store as it was, and it takes events`(left: Int) throws {
        var options = StoreOptions()
        // It is begun whatever is free.
        options.rotation.leastFreeBytes = -1 << 40
        let store = try MetricsStore.open(at: disk.path + "/store", definitions: .campaigns, options: options)
        _ = try store.submit(clicks(0..<20_000)).wait()
        try disk.fill(leaving: left)
        let series = store.seriesStore
        let error = #expect(throws: StoreError.self) { try series.rotate() }
        #expect(error?.code == .diskFull, "\(error as Any)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path + "/store/hot") == ["00000001"])
        try disk.makeRoom()
        #expect(store.waitUntilHealthy(), "\(store.health)")
        #expect(try store.submit(clicks(19_000..<21_000)).wait().accepted == 1_000)
        try store.seriesStore.rotate()
        try store.close()
        let reopened = try MetricsStore.open(at: disk.path + "/store", definitions: .campaigns)
        #expect(reopened.totals == clickTotals(0..<21_000))
        try reopened.close()
    }

    @Test func `is no place for a backup, which leaves nothing there and the store as it was`() throws {
        let directory = try TemporaryDirectory()
        let store = try MetricsStore.open(directory)
        _ = try store.submit(clicks(0..<20_000)).wait()
        let before = try FileManager.default.contentsOfDirectory(atPath: disk.path)
        let refused = #expect(throws: MetricsStoreError.self) { try store.backup(to: disk.path + "/backup") }
        #expect(refused?.code == .diskFull && refused?.message.contains("are needed") == true)
        for left in [10_000, 100_000, 200_000] {
            try disk.fill(leaving: left)
            let series = store.seriesStore
            let error = #expect(throws: StoreError.self) {
                try series.backup(to: disk.path + "/backup", leaving: -1 << 40)
            }
            #expect(error?.code == .diskFull, "\(error as Any)")
            try disk.makeRoom()
            #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == before)
        }
        #expect(store.health == .healthy)
        let report = try store.seriesStore.backup(to: disk.path + "/backup", leaving: 0)
        try store.close()
        #expect(try MetricsStore.verify(report.path).faults == [])
    }

    @Test func `on which a store is to be opened is an error that says so`() throws {
        try disk.fill(leaving: 0)
        let error = #expect(throws: MetricsStoreError.self) {
            try MetricsStore.open(at: disk.path + "/other", definitions: .campaigns)
        }
        #expect(error?.code == .diskFull, "\(error as Any)")
        #expect(error?.description.contains("\n") == false)
    }
}
