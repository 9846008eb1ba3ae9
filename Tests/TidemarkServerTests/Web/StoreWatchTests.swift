// SPDX-License-Identifier: Apache-2.0

import Testing
import Tidemark

@testable import TidemarkServer

struct `What a store could not do beside taking events` {
    @Test func `is told in the log once, with the reason`() {
        let log = RecordedLog()
        let store = FakeStore()
        let watch = StoreWatch(store: store, logger: log.logger)
        var told: UInt64 = 0
        watch.look(&told)
        var statistics = StoreStatistics()
        // One that a stop broke off is no failure.
        statistics.rotationFailure = "it was stopped"
        store.tell(statistics)
        watch.look(&told)
        #expect(log.lines == [])
        for (failures, reason) in [(UInt64(1), "no room"), (2, "no room again")] {
            (statistics.rotationFailures, statistics.rotationFailure) = (failures, reason)
            store.tell(statistics)
            watch.look(&told)
            watch.look(&told)
            #expect(log.lines.count == Int(failures) && log.lines.last?.contains(reason) == true, "\(log.lines)")
        }
    }
}
