// SPDX-License-Identifier: Apache-2.0

import Testing
import Tidemark
import TimeSeries

@testable import Store
@testable import TidemarkServer

struct `What a store could not do beside taking events` {
    @Test func `is told in the log once, with the file or the entry`() throws {
        let log = RecordedLog()
        let store = FakeStore()
        let watch = StoreWatch(store: store, logger: log.logger)
        var told = StoreWatch.Told()
        watch.look(&told)
        #expect(log.lines == [])
        var statistics = StoreStatistics()
        // One that a stop broke off is no failure.
        statistics.rotationFailure = "it was stopped"
        store.tell(statistics)
        watch.look(&told)
        #expect(log.lines == [])
        statistics.days.failures = 1
        statistics.days.lastFailure = StoreError(code: .corrupt, message: "hot/00000001: entry C is malformed")
        store.tell(statistics)
        watch.look(&told)
        watch.look(&told)
        let lines = log.lines.filter { $0.contains("entry C is malformed") }
        #expect(lines.count == 1)
        statistics.rotationFailures = 1
        statistics.rotationFailure = "no room"
        store.tell(statistics)
        watch.look(&told)
        #expect(log.lines.filter { $0.contains("no room") }.count == 1)
        #expect(log.lines.filter { $0.contains("entry C is malformed") }.count == 1)
    }
}
