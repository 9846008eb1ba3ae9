// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `Series read from a store that does everything` {
    @Test(.timeLimit(.minutes(15)))
    func `are those of the dictionary twin through 100,000 operations, sealed days, drops, backups and crashes`() throws
    {
        let directory = try TemporaryDirectory()
        var run = try TwinRun(in: directory, random: SeededRandom(for: "reading twin"))
        while run.operations < TwinRun.count { try run.step() }
        try run.compare(reads: 600, "at the end")
        try run.compareAll("at the end")
        print("reading twin: \(run.operations) operations, \(run.samples) samples compared; \(run.summary)")
        // What happens is drawn; of each kind there has to have been some.
        #expect(run.done.count == TwinOperation.allCases.count, "\(run.done)")
        for operation in TwinOperation.allCases {
            let count = run.done[operation] ?? 0
            #expect(count > 5, "\(operation): \(run.done)")
        }
        #expect(run.broken > 5 && run.most.seals > 1 && run.most.reseals > 5, "\(run.summary)")
        #expect(run.most.drops > 0 && run.thinned > 0, "\(run.summary)")
        #expect(run.samples > 10_000)
        try run.close()
    }
}
