// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Tidemark

/// A directory whose server remembers identities for a week, opened by something else in between.
struct `Identities of a longer window` {
    private func open(_ path: String, _ clock: ManualClock, window: Int? = nil, expires: Bool = true) throws
        -> MetricsStore
    {
        var options = StoreOptions()
        options.clock = clock
        options.expiresIdentities = expires
        if let window { options.dedupeWindow = window }
        return try MetricsStore.open(at: path, definitions: .campaigns, options: options)
    }

    @Test(arguments: [false, true])
    func `stay when what takes no events commits, and go when it may let them`(expires: Bool) throws {
        let directory = try TemporaryDirectory()
        let clock = ManualClock()
        let event = Event("click", id: "1", ["campaign": .text("spring")])
        let server = try open(directory.store, clock, window: 7 * 86_400)
        #expect(try server.record([event]).accepted == 1)
        try server.close()
        clock.advance(seconds: 3 * 86_400)
        let other = try open(directory.store, clock, expires: expires)
        var batch = SampleBatch()
        batch.table.append(
            SampleBatch.Series(family: MetricFamily(samplesNamed: "room", help: "", type: .gauge), labels: [:])
        )
        batch.append(series: 0, milliseconds: clock.now.milliseconds, bits: 1.0.bitPattern)
        #expect(try other.append(batch).accepted == 1)
        // Behind the commit that trims.
        try other.close()
        let again = try open(directory.store, clock, window: 7 * 86_400)
        let report = try again.record([event])
        #expect(report.duplicates == (expires ? 0 : 1), "\(report)")
        try again.close()
    }
}
