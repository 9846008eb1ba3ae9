// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `A series store and its dictionary twin` {
    private static let firstDay: UInt32 = 20_513

    /// Slots at both edges of spans and days, and some between, over three days.
    private static let slots: [Slot] = {
        let spans = ChunkSpans(.standard)
        var slots: [Slot] = []
        for offset in 0..<3 {
            let start = (firstDay + UInt32(offset)) * spans.slotsPerDay
            for edge in stride(from: UInt32(0), to: spans.slotsPerDay, by: Int(spans.slotsPerSpan)) {
                slots += [0, 1, 2, spans.slotsPerSpan / 2, spans.slotsPerSpan - 1].map { Slot(start + edge + $0) }
            }
        }
        return slots
    }()

    /// Each operation is what a store's owner may do at any time; after each reopening everything is compared.
    @Test(.timeLimit(.minutes(15))) func `agree after 20,000 random operations and after every reopening`() throws {
        var random = SeededRandom(for: "store twin")
        let directory = try TemporaryDirectory()
        let clock = ManualClock()
        var path = directory.store
        var store = try SeriesStore.open(at: path, clock: clock)
        var model = ModelStore()
        var done: [String: Int] = [:]
        for operation in 0..<20_000 {
            switch random.below(1_000) {
            case 0..<7:
                done["checkpoint", default: 0] += 1
                store.state.withLock { $0.limits.batchBytes = 1 << random.below(21) }
                store.state.withLock { $0.limits.leastSharedBytes = 1 << random.below(6) }
                try store.checkpoint()
            case 7..<9:
                done["close", default: 0] += 1
                store.close()
                store = try SeriesStore.open(at: path, clock: clock)
                try expectSame(store, model, "operation \(operation), closed and opened")
            case 9..<11:
                done["crash", default: 0] += 1
                let copy = try directory.copy(of: path)
                store.close()
                try directory.remove(path)
                path = copy
                store = try SeriesStore.open(at: path, clock: clock)
                try expectSame(store, model, "operation \(operation), opened as a crash leaves it")
            case 11..<30:
                clock.advance(seconds: Int64(random.below(3_000)), milliseconds: Int64(random.below(1_000)))
            case 30..<33:
                done["archive", default: 0] += 1
                let present = UInt32(clock.now.milliseconds / 3_600_000)
                if let oldest = model.hours.memory.first, oldest < present {
                    try model.archive(hour: oldest, in: store)
                }
            case 33..<34:
                done["expire", default: 0] += 1
                let hours = model.hours.archive + model.hours.memory
                if hours.count > 3 { try model.expire(before: hours[random.below(3)], in: store) }
            case 34..<37:
                done["declare", default: 0] += 1
                let help = "Help \(operation)."
                try store.declare(MetricFamily(name: "clicks_total", help: help, kind: .counter, unit: .one))
            case 37..<40:
                done["rotate", default: 0] += 1
                try store.rotate()
            case 40..<46:
                try store.checkpoint()
                let days = try store.hotDays()
                guard !days.isEmpty else { break }
                let day = days[random.below(days.count)]
                let registry = store.state.withLock { $0.days.registry }
                done[day < registry.floor ? "fold" : registry.days[day] == nil ? "seal" : "reseal", default: 0] += 1
                try seal(store, day)
            case 46..<47:
                // What has left is gone for good, so that it begins late, with the oldest day.
                guard operation > 8_000 else { break }
                done["thin", default: 0] += 1
                try store.checkpoint()
                let name = ["spend_total", "others", "reach"][random.below(3)]
                try seal(store, Self.firstDay + (operation > 16_000 ? 1 : 0), thinned: [name])
            case 47..<48:
                guard operation > 14_000, store.state.withLock({ $0.days.registry.days[Self.firstDay] != nil }) else {
                    break
                }
                done["drop", default: 0] += 1
                try store.drop(before: Self.firstDay + 1)
            default:
                done["commit", default: 0] += 1
                try model.commit(
                    to: store,
                    &random,
                    mostSeries: 40,
                    increments: 6,
                    slots: Self.slots,
                    at: clock.now
                )
            }
        }
        try expectSame(store, model, "at the end")
        #expect(done.values.allSatisfy { $0 > 0 } && done.count == 13, "\(done)")
        print("store twin: \(done)")
        store.close()
        let faults = try SeriesStore.verify(path).faults
        #expect(faults == [])
    }

    /// Seals a day, or takes what is late of it out of the hot database when it is below the floor.
    private func seal(_ store: SeriesStore, _ day: UInt32, thinned: Set<String> = []) throws {
        if day < store.state.withLock({ $0.days.registry.floor }) {
            try store.fold(day: day)
        } else {
            try store.seal(day: day, thinned: ThinnedMetrics(thinned))
        }
    }

    private func expectSame(_ store: SeriesStore, _ model: ModelStore, _ context: String) throws {
        let found = try StoreContents(store).readable(in: store)
        StoreTests.expectSame(found, model.contents.readable(in: store), context)
        #expect(try model.identities(of: store) == model.identities, "\(context)")
        for (hour, identities) in model.archived {
            // An eighth of them, always the same ones: all of them take longer than everything else here.
            for (fingerprint, digest) in identities where fingerprint >> 32 % 8 == 0 {
                #expect(try store.archivedDigest(of: fingerprint, since: hour) == digest, "\(context)")
                #expect(try store.archivedDigest(of: fingerprint, since: hour + 1) == nil, "\(context)")
            }
        }
        #expect(store.identitiesArchivedBefore == model.hours.archive.last.map { $0 + 1 } ?? 0, "\(context)")
    }
}
