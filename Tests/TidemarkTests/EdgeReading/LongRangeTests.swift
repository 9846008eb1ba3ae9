// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import PromQL
@testable import Store

/// What a graph of a year takes, in chunks that are decoded: a figure that does not depend on the machine.
struct `A year of sealed days` {
    private static let first: UInt32 = 20_100
    private static let days = 365
    private static let names = ["a", "b", "c"]
    private let directory: TemporaryDirectory
    private let view: SeriesView

    /// Each series has 90 events a day, of all spans of the day, and in total a different number on each day.
    init() throws {
        directory = try TemporaryDirectory()
        let clock = ManualClock(Int64(Self.first) * 86_400)
        let store = try SeriesStore.open(at: directory.store, clock: clock)
        let family = MetricFamily(name: "clicks_total", help: "Clicks.", kind: .counter, unit: .one)
        let ids = Self.names.map { store.create(family: family, labels: ["campaign": $0]) }
        let slotsPerDay = store.spans.slotsPerDay
        for day in 0..<Self.days {
            var commit = Commit(arrival: clock.now)
            commit.newSeries = store.takeNewSeries()
            let start = (Self.first + UInt32(day)) * slotsPerDay
            for (index, id) in ids.enumerated() {
                for number in 0..<90 {
                    let slot = Slot(start + UInt32(number) * 64 + UInt32(index))
                    let units = Int64(number == 0 ? 1 + day * (index + 1) : 1)
                    commit.increments.append(Increment(series: id, slot: slot, units: units))
                }
            }
            commit.watermark = store.resolution.start(of: Slot(start + slotsPerDay - 1))
            clock.advance(seconds: 86_400)
            try store.commit(commit)
            if day % 30 == 29 || day == Self.days - 1 {
                try store.checkpoint()
                while try store.maintain() {}
            }
        }
        view = try store.view(now: clock.now, idleTimeout: 86_400)
    }

    private static func time(_ day: Int, plus milliseconds: Int64 = 0) -> Timestamp {
        Timestamp(milliseconds: (Int64(first) + Int64(day)) * 86_400_000 + milliseconds)
    }

    private func daily(_ query: String, plus milliseconds: Int64 = 0, _ source: CountingSource) throws -> ResultColumns
    {
        let result = try QueryEngine().range(
            query,
            from: Self.time(1, plus: milliseconds),
            through: Self.time(Self.days - 1, plus: milliseconds),
            step: 86_400_000,
            on: source
        )
        guard case .matrix(let columns) = result.value else { preconditionFailure("a range query has a matrix") }
        return columns
    }

    /// What a query may decode of each series: chunks of each day, when its steps are some time after midnight.
    private static let costs: [(query: String, chunksADay: Int, after: Int64)] = [
        ("clicks_total", 0, 0), ("clicks_total", 1, 34_567_000), ("count_over_time(clicks_total[1d])", 0, 0),
        ("increase(clicks_total[1d] anchored)", 0, 0), ("increase(clicks_total[1d] anchored)", 1, 50_000_000),
        ("sum by (campaign) (increase(clicks_total[1d] anchored))", 0, 0), ("increase(clicks_total[1d])", 1, 0),
        ("sum(rate(clicks_total[1h]))", 1, 0), ("rate(clicks_total[1h])", 1, 40_000_000),
        ("max_over_time(clicks_total[1d])", 1, 7_000), ("irate(clicks_total[5m])", 1, 50_000_000),
    ]

    @Test func `is looked at day by day in a chunk of each day, or in none`() throws {
        let (days, series) = (Self.days - 1, Self.names.count)
        for (query, chunksADay, milliseconds) in Self.costs {
            let source = CountingSource(view, isFull: false)
            let columns = try daily(query, plus: milliseconds, source)
            #expect(columns.values.count == columns.count * days && columns.count > 0)
            // And at both ends of the year.
            #expect(source.chunksDecoded <= series * (days * chunksADay + 3), "\(query)")
            // At each edge two samples.
            #expect(source.samplesRead <= series * (days * 4 + 10), "\(query)")
        }
    }

    @Test func `gives what was counted on each day`() throws {
        let columns = try daily("increase(clicks_total[1d] anchored)", CountingSource(view, isFull: false))
        try #require(columns.count == Self.names.count)
        for series in 0..<columns.count {
            let expected = (0..<(Self.days - 1)).map { Double(90 + $0 * (series + 1)) }
            #expect(Array(columns.values[columns.samples(of: series)]) == expected)
        }
    }

    @Test func `takes every chunk when every sample is looked at, and gives the same as when it is not`() throws {
        let (full, edges) = (CountingSource(view, isFull: true), CountingSource(view, isFull: false))
        let expected = try daily("rate(clicks_total[6h])", plus: 1_234_000, full)
        let found = try daily("rate(clicks_total[6h])", plus: 1_234_000, edges)
        #expect(expected.values.map(\.bitPattern) == found.values.map(\.bitPattern))
        #expect(expected.values.count == Self.names.count * (Self.days - 1))
        // All three spans of each day, and less than two.
        #expect(full.chunksDecoded >= Self.names.count * (Self.days - 2) * 3)
        #expect(edges.chunksDecoded <= Self.names.count * (Self.days * 2 + 2))
        let every = CountingSource(view, isFull: false)
        _ = try daily("avg_over_time(clicks_total[1d])", every)
        #expect(every.chunksDecoded >= Self.names.count * (Self.days - 2) * 3)
    }
}
