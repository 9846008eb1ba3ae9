// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `Every short sequence of what may be done with two days` {
    private static let day = BrokenWork.days.lowerBound

    private enum Step: CaseIterable {
        case commitToFirst, commitToSecond, sealFirst, sealSecond, thinFirst, dropFirst, crash
    }

    private static func slots(ofDay day: UInt32) -> [Slot] {
        let spans = ChunkSpans(.standard)
        return [0, 1, spans.slotsPerSpan, spans.slotsPerDay - 1].map { Slot(day * spans.slotsPerDay + $0) }
    }

    /// Each begins with events of both days in the journal.
    @Test func `leaves what the dictionary twin has, whatever was sealed, left out and dropped before`() throws {
        var counts: [Int] = []
        for length in 1...4 {
            var sequences: [[Step]] = [[]]
            for _ in 0..<length { sequences = sequences.flatMap { one in Step.allCases.map { one + [$0] } } }
            for sequence in sequences { try run(sequence) }
            counts.append(sequences.count)
        }
        print("sequences of days: \(counts)")
        #expect(counts == [7, 49, 343, 2_401])
    }

    private func run(_ sequence: [Step]) throws {
        let directory = try TemporaryDirectory()
        let clock = ManualClock()
        var random = SeededRandom(seed: 5)
        var model = ModelStore()
        var path = directory.store
        var store = try SeriesStore.open(at: path, clock: clock)
        store.state.withLock { $0.limits.leastSharedBytes = 1 }
        func commit(_ day: UInt32) throws {
            let slots = Self.slots(ofDay: day)
            try model.commit(to: store, &random, mostSeries: 6, increments: 6, slots: slots, at: clock.now)
        }
        func seal(_ day: UInt32, thinned: Set<String> = []) throws {
            try store.checkpoint()
            if day < store.state.withLock({ $0.days.registry.floor }) {
                try store.fold(day: day)
            } else {
                try store.seal(day: day, thinned: ThinnedMetrics(thinned))
            }
        }
        try commit(Self.day)
        try commit(Self.day + 1)
        for step in sequence {
            switch step {
            case .commitToFirst: try commit(Self.day)
            case .commitToSecond: try commit(Self.day + 1)
            case .sealFirst: try seal(Self.day)
            case .sealSecond: try seal(Self.day + 1)
            case .thinFirst: try seal(Self.day, thinned: ["clicks_total", "load", "reach", "others"])
            case .dropFirst:
                // Retention drops sealed days.
                if store.state.withLock({ $0.days.registry.days[Self.day] != nil }) {
                    try store.drop(before: Self.day + 1)
                }
            case .crash:
                let copy = try directory.copy(of: path)
                store.close()
                path = copy
                store = try SeriesStore.open(at: path, clock: clock)
            }
        }
        let found = try StoreContents(store).readable(in: store)
        expectSame(found, model.contents.readable(in: store), "\(sequence)")
        let work = BrokenWork(directory: directory, clock: clock)
        try work.expectReads(store, model, "\(sequence)")
        store.close()
    }
}
