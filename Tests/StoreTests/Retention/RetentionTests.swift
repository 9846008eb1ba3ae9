// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Store

struct `Retention` {
    private static let first: UInt32 = 19_990
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// A counter that grows by 1 in each of some hours of each day, a distinct series, and samples beside it.
    private func filled(days: UInt32) throws -> SeriesStore {
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        let clicks = store.create(family: ModelStore.clicks, labels: ["n": "a"])
        let reach = store.create(family: ModelStore.reach, labels: ["n": "a"])
        let others = store.create(family: ModelStore.others, labels: ["n": "a"])
        for day in 0..<days {
            var commit = Commit(arrival: clock.now)
            commit.newSeries = store.takeNewSeries()
            let start = (Self.first + day) * store.spans.slotsPerDay
            for hour in UInt32(0)..<10 {
                let slot = Slot(start + hour * 240)
                commit.increments.append(Increment(series: clicks, slot: slot, units: 1))
                let detail = PointDetail.register(ofHash: UInt64(day * 10 + hour) &* 0x9E37_79B9_7F4A_7C15)
                commit.points.append(SeriesPoint(series: reach, slot: slot, detail: detail, payload: 0))
                let time = store.resolution.start(of: slot).milliseconds
                commit.samples.append(SeriesSample(series: others, milliseconds: time, bits: Double(hour).bitPattern))
            }
            commit.watermark = store.resolution.start(of: Slot(start + store.spans.slotsPerDay - 1))
            try store.commit(commit)
        }
        try store.checkpoint()
        return store
    }

    private func maintain(_ store: SeriesStore) throws {
        while try store.maintain() {}
        #expect(store.dayStatistics.failures == 0)
    }

    private func day(_ number: UInt32) -> Timestamp { Timestamp(milliseconds: Int64(Self.first + number) * 86_400_000) }

    private func read(
        _ store: SeriesStore,
        _ name: String,
        from start: Timestamp,
        through end: Timestamp,
        window: Int64? = nil
    ) throws -> [ReadingTwin.Sample] {
        let view = try store.view(now: clock.now, idleTimeout: 3_600)
        let set = try view.select(
            SeriesSelection([try LabelMatcher("__name__", .equal, name)], from: start, through: end, window: window)
        )
        try #require(set.count == 1)
        let columns = SampleColumns()
        try set.read(0, into: columns)
        return columns.list
    }

    private func lastValue(_ samples: [ReadingTwin.Sample]) -> Double? {
        samples.last { Double(bitPattern: $0.bits).isNaN == false }.map { Double(bitPattern: $0.bits) }
    }

    @Test func `by age drops whole days, and what they came to stays in every total`() throws {
        let store = try filled(days: 10)
        try maintain(store)
        #expect(store.dayStatistics.days == 9, "the last day is not over")
        let all = try read(store, "clicks_total", from: day(0), through: day(11))
        store.retention.age = 3 * 86_400
        try maintain(store)
        var statistics = store.dayStatistics
        #expect(statistics.drops == 6 && statistics.days == 3 && statistics.floor == day(6))
        #expect(try files(in: directory.store + "/day", suffix: "").count == 3)
        let left = try read(store, "clicks_total", from: day(0), through: day(11))
        #expect(left.first?.time == day(6).milliseconds)
        #expect(left == all.filter { $0.time >= day(6).milliseconds })
        #expect(store.total(of: "clicks_total", ["n": "a"]) == 100)
        #expect(try read(store, "others", from: day(0), through: day(11)).count == 40)
        // A distinct series goes on from all that it has seen; a window sees what is there.
        let seen = try read(store, "reach", from: day(0), through: day(11))
        #expect(lastValue(seen) == 100)
        let window = try read(store, "reach", from: day(0), through: day(11), window: 20 * 86_400_000)
        #expect(lastValue(window) == 40)
        store.close()
        let reopened = try SeriesStore.open(at: directory.store, clock: clock)
        statistics = reopened.dayStatistics
        #expect(statistics.days == 3 && statistics.floor == day(6))
        #expect(try read(reopened, "clicks_total", from: day(0), through: day(11)) == left)
    }

    @Test func `by size drops the oldest days, and no more than it has to`() throws {
        let store = try filled(days: 10)
        try maintain(store)
        let files = store.state.withLock { state in
            state.days.registry.days.sorted { $0.key < $1.key }.map(\.value.record.bytes)
        }
        #expect(files.count == 9 && files.allSatisfy { $0 > 0 })
        store.retention.bytes = store.storeBytes()
        try maintain(store)
        #expect(store.dayStatistics.drops == 0)
        store.retention.bytes = try store.keptBytes(limit: 0, clock.now) - files[0] - 1
        try maintain(store)
        #expect(store.dayStatistics.drops == 2, "one byte more than a day takes")
    }

    @Test func `lets late events of dropped days count, and takes them out of the hot database`() throws {
        let store = try filled(days: 6)
        try maintain(store)
        try store.drop(before: Self.first + 4)
        var commit = Commit(arrival: clock.now)
        commit.watermark = store.watermark
        let late = Slot((Self.first + 1) * store.spans.slotsPerDay + 77)
        commit.increments = [Increment(series: SeriesID(0), slot: late, units: 1_000)]
        commit.points = [SeriesPoint(series: SeriesID(1), slot: late, detail: 5 << 6 | 40, payload: 0)]
        try store.commit(commit)
        try store.checkpoint()
        let before = try read(store, "clicks_total", from: day(0), through: day(7))
        #expect(before.first.map { Double(bitPattern: $0.bits) } == 1_040)
        #expect(try store.hotDays().first == Self.first + 1)
        try maintain(store)
        #expect(try store.hotDays() == [Self.first + 5])
        #expect(try read(store, "clicks_total", from: day(0), through: day(7)) == before)
        #expect(lastValue(try read(store, "reach", from: day(0), through: day(7))) == 61)
        #expect(store.total(of: "clicks_total", ["n": "a"]) == 1_060)
    }

    @Test func `of one metric hides its old samples, and takes them out of the files, not out of the totals`() throws {
        let store = try filled(days: 10)
        try maintain(store)
        let all = try read(store, "clicks_total", from: day(0), through: day(11))
        let seen = try read(store, "reach", from: day(0), through: day(11))
        let bytes = store.dayStatistics.sealedBytes
        store.retention.metrics = ["clicks_total": 4 * 86_400]
        // As seen from the clock, all of it is old; event time decides.
        try maintain(store)
        #expect(store.dayStatistics.reseals > 0 && store.dayStatistics.sealedBytes < bytes)
        let again = store.dayStatistics.reseals
        try maintain(store)
        #expect(store.dayStatistics.reseals == again, "it is done once")
        #expect(try read(store, "reach", from: day(0), through: day(11)) == seen)
        #expect(store.total(of: "clicks_total", ["n": "a"]) == 100)
        let kept = try read(store, "clicks_total", from: day(0), through: day(11))
        let horizon = day(10).milliseconds - 15_000 - 4 * 86_400_000
        #expect(kept == all.filter { $0.time >= horizon })
        // What has left the files is gone, and still counts.
        store.retention.metrics = [:]
        try maintain(store)
        let left = try read(store, "clicks_total", from: day(7), through: day(11))
        #expect(left == all.filter { $0.time >= day(7).milliseconds })
        try store.seal(day: Self.first + 9)
        #expect(try read(store, "clicks_total", from: day(7), through: day(11)) == left)
    }

    @Test func `leaves a day alone that cannot be sealed, tells why, and tries it again`() throws {
        let store = try filled(days: 4)
        store.daySettings.before = { step throws(StoreError) in
            if step == .sync { throw StoreError(code: .diskFull, message: "full") }
        }
        while try store.maintain() {}
        let statistics = store.dayStatistics
        #expect(statistics.failures == 3 && statistics.seals == 0 && statistics.lastFailure?.code == .diskFull)
        #expect(try files(in: directory.store + "/day", suffix: "") == [])
        #expect(lastValue(try read(store, "clicks_total", from: day(0), through: day(5))) == 40)
        store.daySettings.before = { _ in }
        #expect(try store.maintain() == false, "not at once")
        clock.advance(seconds: 59)
        #expect(try store.maintain() == false, "not yet")
        // A clock that was ahead and is set right does not have it wait until that moment comes again.
        clock.advance(seconds: -70)
        while try store.maintain() {}
        #expect(store.dayStatistics.seals == 3)
        #expect(lastValue(try read(store, "clicks_total", from: day(0), through: day(5))) == 40)
    }
}

struct `A store of 400 days` {
    private let clock = ManualClock()

    @Test func `costs a query, an event and an opening what one of two weeks did, and keeps few files open`() throws {
        let directory = try TemporaryDirectory()
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        store.daySettings.openFiles = 16
        var random = SeededRandom(for: "year")
        let first: UInt32 = 20_000
        var costs: [(entries: Int, files: Int, hot: Int)] = []
        var sums = [Int64](repeating: 0, count: 50)
        let ids = sums.indices.map { store.create(family: ModelStore.clicks, labels: ["n": "\($0)"]) }
        for day in UInt32(0)..<400 {
            var commit = Commit(arrival: clock.now)
            commit.newSeries = store.takeNewSeries()
            let start = (first + day) * store.spans.slotsPerDay
            for (index, id) in ids.enumerated() {
                for _ in 0..<3 {
                    // One in fifty is late by up to three days.
                    let late = day > 3 && random.chance(2) ? UInt32(random.below(3)) * store.spans.slotsPerDay : 0
                    let slot = Slot(start - late + UInt32(random.below(Int(store.spans.slotsPerDay))))
                    commit.increments.append(Increment(series: id, slot: slot, units: 1))
                    sums[index] += 1
                }
            }
            commit.watermark = store.resolution.start(of: Slot(start + store.spans.slotsPerDay - 1))
            clock.advance(seconds: max(0, Int64(first + day + 1) * 86_400 - clock.now.milliseconds / 1_000))
            try store.commit(commit)
            try store.checkpoint()
            while try store.maintain() {}
            if day == 13 || day == 399 {
                costs.append(try cost(store, day: first + day - 5, expected: nil))
                try expectTotals(store, sums, through: first + day + 1)
            }
        }
        print("year: \(costs)")
        #expect(Double(costs[1].entries) <= 1.3 * Double(costs[0].entries) + 1)
        #expect(costs[1].files <= costs[0].files)
        #expect(Double(costs[1].hot) <= 1.3 * Double(costs[0].hot) + 20)
        // A seal writes the entries of the last days alone: they lie side by side, one a series.
        var (newest, earlier) = (0, 0)
        try store.database.makeCursor().forEach(prefix: KeySpace.newestEra.prefix) { _, _ in newest += 1 }
        try store.database.makeCursor().forEach(prefix: KeySpace.earlierEra.prefix) { _, _ in earlier += 1 }
        #expect(newest == ids.count && earlier >= 24 * ids.count)
        let statistics = store.dayStatistics
        #expect(statistics.days >= 398 && statistics.openFiles <= 16 && statistics.failures == 0)
        #expect(try files(in: directory.store + "/day", suffix: "").count == statistics.days)
        store.close()
        let reopened = try SeriesStore.open(at: directory.store, clock: clock)
        try expectTotals(reopened, sums, through: first + 400)
        #expect(reopened.openDays.counts.openings <= 1, "opening a store opens no file of a day")
    }

    /// Entries and files read for one day of every series, and chunks and lists in the hot database.
    private func cost(_ store: SeriesStore, day: UInt32, expected: Int?) throws -> (entries: Int, files: Int, hot: Int)
    {
        let view = try store.view(now: clock.now, idleTimeout: 86_400)
        let set = try view.select(
            SeriesSelection(
                [try LabelMatcher("__name__", .equal, "clicks_total")],
                from: Timestamp(milliseconds: Int64(day) * 86_400_000),
                through: Timestamp(milliseconds: Int64(day + 1) * 86_400_000 - 1)
            )
        )
        let columns = SampleColumns()
        try set.read(0, into: columns)
        let reader = try #require((columns.workspace as? BorrowedReader)?.reader)
        let (entries, files) = (reader.entriesRead, reader.filesRead)
        for index in 0..<set.count { try set.read(index, into: columns) }
        var hot = 0
        for space in [KeySpace.chunk, .chunkList] {
            try store.database.makeCursor().forEach(prefix: space.prefix) { _, _ in hot += 1 }
        }
        return (reader.entriesRead - entries, reader.filesRead - files, hot)
    }

    private func expectTotals(_ store: SeriesStore, _ sums: [Int64], through day: UInt32) throws {
        let view = try store.view(now: clock.now, idleTimeout: 86_400)
        let columns = SampleColumns()
        for (index, sum) in sums.enumerated() where index % 7 == 0 {
            let set = try view.select(
                SeriesSelection(
                    [
                        try LabelMatcher("__name__", .equal, "clicks_total"),
                        try LabelMatcher("n", .equal, "\(index)"),
                    ],
                    from: Timestamp(milliseconds: Int64(day) * 86_400_000 - 3_600_000),
                    through: Timestamp(milliseconds: Int64(day) * 86_400_000)
                )
            )
            try set.read(0, into: columns)
            #expect(columns.count > 0 && columns.values[columns.count - 1] == Double(sum))
        }
    }
}
