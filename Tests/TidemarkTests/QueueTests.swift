// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing

@testable import LevelDB
@testable import Store
@testable import Tidemark

struct `A full queue` {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    @Test func `refuses what does not fit, takes it later, and has counted nothing of it`() throws {
        var options = StoreOptions()
        options.queue = 2_000
        let store = try MetricsStore.open(directory, options)
        _ = try store.submit(clicks(0..<7)).wait()
        let text = clicks(100..<110)
        var taken: [PendingIngest] = []
        try store.seriesStore.database.writer.withLock { _ in
            taken.append(try store.submit(clicks(10..<20)))
            store.waitUntilWriting()
            // What is being written counts too: about 900 bytes, twice, and then no more.
            taken.append(try store.submit(clicks(20..<30)))
            let error = #expect(throws: MetricsStoreError.self) { try store.submit(text) }
            #expect(error?.code == .queueFull)
            #expect(throws: MetricsStoreError.self) { try store.record((0..<40).map { Event("click", id: "e\($0)") }) }
        }
        for one in taken { _ = try one.wait() }
        #expect(store.health == .healthy)
        #expect(try store.submit(text).wait().accepted == 10)
        #expect(store.totals == clickTotals(Array(0..<7) + Array(10..<30) + Array(100..<110)))
        try store.close()
    }

    @Test func `takes one body that is larger than the queue, when nothing else is in it`() throws {
        var options = StoreOptions()
        options.queue = 100
        let store = try MetricsStore.open(directory, options)
        #expect(try store.submit(clicks(0..<500)).wait().accepted == 500)
        try store.close()
    }

    @Test(arguments: [0, 1, 2, 5_000]) func `slows a file down, whatever its size, and does not stop it`(
        queue: Int
    ) throws {
        var options = StoreOptions()
        options.queue = queue
        let store = try MetricsStore.open(directory, options)
        let file = directory.path + "/events.ndjson"
        try writeBytes(clicks(0..<20_000).utf8, to: file)
        #expect(try store.ingest(file: file).accepted == 20_000)
        #expect(store.totals == clickTotals(0..<20_000))
        try store.close()
    }
}
