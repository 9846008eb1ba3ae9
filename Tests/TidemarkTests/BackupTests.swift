// SPDX-License-Identifier: Apache-2.0

import Foundation
import Store
import TestSupport
import Testing

@testable import Tidemark

struct `A backup of a store in use` {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test func `has every event that was acknowledged before it, once, and knows it when it comes again`() throws {
        let store = try MetricsStore.open(directory)
        let isDone = Flag()
        let sender = Background {
            var sent = 0
            while !isDone.isSet {
                _ = try store.submit(clicks(sent..<sent + 200)).wait()
                sent += 200
            }
            return sent
        }
        var reports: [BackupReport] = []
        for number in 0..<5 {
            reports.append(try store.backup(to: directory.path + "/backup-\(number)"))
            try store.seriesStore.rotate()
        }
        isDone.set()
        let sent = try sender.value()
        #expect(store.statistics().backups.lastSuccess != nil && store.statistics().backups.failures == 0)
        #expect(store.statistics().epoch == 6 && store.statistics().rotations == 5)
        try store.close()
        for (number, report) in reports.enumerated() {
            #expect(try MetricsStore.verify(report.path).faults == [])
            let path = directory.path + "/restored-\(number)"
            try MetricsStore.restore(report.path, to: path)
            let restored = try MetricsStore.open(at: path, definitions: .campaigns)
            let accepted = Int(restored.statistics().counts.accepted)
            #expect(restored.statistics().commits == report.commits)
            #expect(accepted <= sent && accepted % 200 == 0)
            #expect(restored.totals == clickTotals(0..<accepted))
            let again = try restored.submit(clicks(0..<sent)).wait()
            #expect(again.duplicates == accepted && again.accepted == sent - accepted)
            try restored.close()
        }
    }

    @Test func `is one at a time, and is broken off when the store is closed`() throws {
        let store = try MetricsStore.open(directory)
        _ = try store.submit(clicks(0..<10)).wait()
        store.monitor.withLock { $0.isBackingUp = true }
        let busy = #expect(throws: MetricsStoreError.self) { try store.backup(to: directory.path + "/backup") }
        #expect(busy?.code == .busy)
        store.monitor.withLock { $0.isBackingUp = false }
        try store.backup(to: directory.path + "/backup")
        let exists = #expect(throws: MetricsStoreError.self) { try store.backup(to: directory.path + "/backup") }
        #expect(exists?.code == .exists)
        #expect(store.statistics().backups.failures == 1)
        try store.close()
        let closed = #expect(throws: MetricsStoreError.self) { try store.backup(to: directory.path + "/other") }
        #expect(closed?.code == .closed)
    }
}
