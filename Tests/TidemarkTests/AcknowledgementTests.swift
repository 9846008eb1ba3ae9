// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing

@testable import LevelDB
@testable import Store
@testable import Tidemark

/// LevelDB's writer is held by the test, so that a commit stands in the middle of its write as long as it takes.
struct `An acknowledgement` {
    private let directory: TemporaryDirectory
    private let fault: LevelDBError

    init() throws {
        directory = try TemporaryDirectory()
        fault = LevelDBError(
            code: .diskFull,
            message: "IO error: made up: No space left on device",
            path: directory.store
        )
    }

    /// Tells in which order the groups of pending ingests are done.
    private final class Order: Sendable {
        private let names = Monitor<[String]>([])

        var value: [String] { names.withLock { $0 } }

        /// Waits until so many are done: a caller may wake before those who called back are told.
        func value(of count: Int) -> [String] { names.wait { $0.count >= count ? $0 : nil } }

        func watch(_ pending: PendingIngest, _ name: String) {
            pending.group.whenDone { error in
                self.names.withLock { $0.append(error.map { "\(name) \($0.code)" } ?? name) }
                self.names.wake()
            }
        }
    }

    @Test func `of a duplicate of what is still being written comes after that write`() throws {
        let store = try MetricsStore.open(directory)
        let order = Order()
        // The series are known, so nothing but the write touches the database.
        _ = try store.submit(clicks(0..<7)).wait()
        let (first, second) = try store.seriesStore.database.writer.withLock { _ in
            let first = try store.submit(clicks(100..<110))
            order.watch(first, "first")
            store.waitUntilWriting()
            let second = try store.submit(clicks(100..<110))
            order.watch(second, "second")
            #expect(order.value.isEmpty)
            #expect(store.total(of: "clicks_total", ["campaign": "c0"]) == 1, "nothing is shown before it is durable")
            return (first, second)
        }
        #expect(try second.wait().duplicates == 10)
        #expect(order.value(of: 2) == ["first", "second"])
        #expect(try first.wait().accepted == 10)
        #expect(store.totals == clickTotals(Array(0..<7) + Array(100..<110)))
        try store.close()
    }

    @Test func `is refused to an event and to its duplicate when the write fails, and both may be sent again`() throws {
        let store = try MetricsStore.open(directory)
        let order = Order()
        _ = try store.submit(clicks(0..<7)).wait()
        let (first, second) = try store.seriesStore.database.writer.withLock { failure in
            let first = try store.submit(clicks(100..<110))
            order.watch(first, "first")
            store.waitUntilWriting()
            let second = try store.submit(clicks(105..<115))
            order.watch(second, "second")
            failure = fault
            return (first, second)
        }
        for pending in [first, second] {
            let error = #expect(throws: MetricsStoreError.self) { try pending.wait() }
            #expect(error?.code == .poisoned)
            #expect(error?.message.contains("No space left on device") == true)
        }
        #expect(order.value(of: 2).sorted() == ["first poisoned", "second poisoned"])
        #expect(store.totals == clickTotals(0..<7), "readers keep the old totals")
        #expect(store.waitUntilHealthy())
        #expect(try store.submit(clicks(100..<115)).wait().accepted == 15)
        #expect(store.totals == clickTotals(Array(0..<7) + Array(100..<115)))
        try store.close()
    }

    @Test func `is refused to all while the store is poisoned, which says why`() throws {
        let clock = ManualClock()
        let store = try MetricsStore.open(directory, clock: clock)
        _ = try store.submit(clicks(0..<7)).wait()
        store.seriesStore.database.writer.withLock { $0 = fault }
        #expect(throws: MetricsStoreError.self) { try store.submit(clicks(7..<9)).wait() }
        // It does not come back before the clock lets it.
        clock.holdCommits()
        guard case .poisoned(let reason) = store.health else {
            Issue.record("\(store.health)")
            return
        }
        #expect(reason.contains("No space left on device") && !reason.contains("\n"))
        let error = #expect(throws: MetricsStoreError.self) { try store.submit(clicks(7..<9)) }
        #expect(error?.code == .poisoned && error?.message == reason)
        #expect(throws: MetricsStoreError.self) { try store.record([Event("click")]) }
        #expect(throws: MetricsStoreError.self) { try store.reload(definitions: []) }
        #expect(store.totals == clickTotals(0..<7))
        clock.releaseCommits()
        #expect(store.waitUntilHealthy())
        #expect(try store.submit(clicks(0..<9)).wait().accepted == 2)
        try store.close()
    }

    @Test func `of many callers is one write`() throws {
        let store = try MetricsStore.open(directory)
        _ = try store.submit(clicks(0..<7)).wait()
        let pending = try store.seriesStore.database.writer.withLock { _ in
            let first = try store.submit(clicks(1_000..<1_001))
            store.waitUntilWriting()
            return try [first] + (0..<50).map { try store.submit(clicks(2_000 + $0..<2_001 + $0)) }
        }
        for one in pending { #expect(try one.wait().accepted == 1) }
        #expect(store.statistics().commits == 3)
        try store.close()
    }

    @Test func `is refused when the store is closed while it is poisoned`() throws {
        let store = try MetricsStore.open(directory)
        _ = try store.submit(clicks(0..<7)).wait()
        let pending = try store.seriesStore.database.writer.withLock { failure in
            defer { failure = fault }
            return try store.submit(clicks(7..<9))
        }
        #expect(throws: MetricsStoreError.self) { try pending.wait() }
        let error = #expect(throws: MetricsStoreError.self) { try store.close() }
        #expect(error?.code == .poisoned)
        #expect(store.health == .closed)
        try store.close()
        let reopened = try MetricsStore.open(directory)
        #expect(reopened.totals == clickTotals(0..<7))
        try reopened.close()
    }
}
