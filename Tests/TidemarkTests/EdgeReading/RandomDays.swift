// SPDX-License-Identifier: Apache-2.0

import TestSupport
import TimeSeries

@testable import Store

/// Some days of random event series in every state that a store knows: sealed, with late events beside them, in chunks,
/// and in the head.
struct RandomDays {
    static let first: UInt32 = 20_505
    static let days: UInt32 = 12

    private static let families = [
        MetricFamily(name: "clicks_total", help: "Clicks.", kind: .counter, unit: .one),
        MetricFamily(name: "spend_total", help: "Money.", kind: .counter, unit: .micro),
        MetricFamily(name: "load", help: "Load.", kind: .gauge, unit: .one),
        MetricFamily(name: "delay_seconds", help: "Delay.", kind: .histogram, unit: .micro, bounds: [0.1, 1]),
        MetricFamily(name: "reach", help: "Reach.", kind: .distinct, unit: .one),
    ]

    let store: SeriesStore
    private let clock: ManualClock
    private var series: [(id: SeriesID, family: MetricFamily)] = []
    private var random: SeededRandom

    init(at path: String, _ random: SeededRandom) throws {
        self.random = random
        let seconds = [15, 15, 60, 600, 3_600][self.random.below(5)]
        clock = ManualClock(Int64(RandomDays.first) * 86_400)
        store = try SeriesStore.open(at: path, resolution: SlotResolution(seconds: seconds), clock: clock)
        for number in 0..<8 {
            let family = RandomDays.families[number % RandomDays.families.count]
            series.append((store.create(family: family, labels: ["campaign": "c\(number)"]), family))
        }
    }

    /// Fills the days one by one.
    mutating func fill() throws {
        for day in 0..<RandomDays.days {
            try fill(day)
            clock.advance(seconds: 86_400)
            if day > 1, random.chance(50) { try addLate(before: day) }
            if random.chance(80) { try store.checkpoint() }
            if random.chance(60) { while try store.maintain() {} }
            // Behind the sealing.
            if day > 1, random.chance(40) { try addLate(before: day) }
        }
        clock.advance(seconds: Int64(random.below(100_000)))
        if random.chance(20) { try store.drop(before: RandomDays.first + UInt32(1 + random.below(3))) }
    }

    /// Milliseconds.
    static func start(ofDay day: UInt32) -> Int64 { Int64(first + day) * 86_400_000 }

    private func slot(_ day: UInt32, _ number: Int) -> Slot {
        Slot((RandomDays.first + day) * store.spans.slotsPerDay + UInt32(number))
    }

    private mutating func fill(_ day: UInt32) throws {
        var commit = Commit(arrival: clock.now)
        commit.newSeries = store.takeNewSeries()
        let slots = Int(store.spans.slotsPerDay)
        for index in series.indices {
            // Some pause for days, some have few events, some events all the time, some only in a part of the day.
            let pattern = random.below(5)
            if pattern == 0 { continue }
            let step = pattern == 1 ? max(slots / 3, 1) : max(slots / 150, 1)
            var (number, end) = (random.below(step), slots)
            if pattern == 4 {
                number = random.below(slots)
                end = min(slots, number + slots / 4)
            }
            while number < end {
                add(series[index], slot(day, number), to: &commit)
                number += 1 + random.below(step * 2)
            }
        }
        commit.watermark = store.resolution.start(of: slot(day, slots - 1 - random.below(3)))
        try store.commit(commit)
    }

    /// A few events of days before.
    private mutating func addLate(before day: UInt32) throws {
        var commit = Commit(arrival: clock.now)
        commit.watermark = store.watermark
        for _ in 0...random.below(6) {
            let chosen = series[random.below(series.count)]
            let slot = slot(UInt32(random.below(Int(day))), random.below(Int(store.spans.slotsPerDay)))
            add(chosen, slot, to: &commit)
        }
        try store.commit(commit)
    }

    private mutating func add(_ series: (id: SeriesID, family: MetricFamily), _ slot: Slot, to commit: inout Commit) {
        func point(_ detail: UInt32, _ payload: UInt64) {
            commit.points.append(SeriesPoint(series: series.id, slot: slot, detail: detail, payload: payload))
        }
        switch series.family.kind {
        case .counter:
            if series.family.unit == .micro, random.chance(0.3) {
                point(PointDetail.inexact, Double.random(in: 0...10, using: &random).bitPattern)
                return
            }
            // A pair that is taken back, now and then.
            var units = Int64(random.below(1_000_000))
            if random.chance(0.2) { units = -units / 2 }
            commit.increments.append(Increment(series: series.id, slot: slot, units: units))
        case .gauge:
            point(UInt32(random.below(15_000)), Double.random(in: -5...5, using: &random).bitPattern)
        case .histogram:
            let isTakenBack = random.chance(0.2)
            point(UInt32(random.below(3)), UInt64(bitPattern: isTakenBack ? -1 : Int64(1 + random.below(3))))
            if random.chance(0.3) {
                point(PointDetail.inexactSum, Double.random(in: -1...10, using: &random).bitPattern)
            } else {
                let least: Int64 = random.chance(0.5) ? -1_000_000 : 0
                point(PointDetail.exactSum, UInt64(bitPattern: Int64(random.below(4_000_000)) + least))
            }
        case .distinct: point(PointDetail.register(ofHash: random.next()), 0)
        case .samples: preconditionFailure("there are none")
        }
    }

    func view(idle: Int) throws -> SeriesView { try store.view(now: clock.now, idleTimeout: idle) }
}
