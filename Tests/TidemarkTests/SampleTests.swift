// SPDX-License-Identifier: Apache-2.0

import Foundation
import Ingest
import Store
import TestSupport
import Testing
import TimeSeries

@testable import Tidemark

struct `Samples` {
    private let directory: TemporaryDirectory
    private let clock = ManualClock()
    private let store: MetricsStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try MetricsStore.open(directory, clock: clock)
    }

    private func batch(_ name: String, _ samples: [(Int64, Double)], labels: Labels = ["job": "a"]) -> SampleBatch {
        var batch = SampleBatch()
        let family = MetricFamily(samplesNamed: name, help: "Help.", type: .gauge)
        batch.table.append(SampleBatch.Series(family: family, labels: labels))
        for (time, value) in samples { batch.append(series: 0, milliseconds: time, bits: value.bitPattern) }
        return batch
    }

    private func read(_ store: MetricsStore, _ name: String) throws -> [Int64: UInt64] {
        let set = try store.view().select(
            SeriesSelection(
                [try LabelMatcher("__name__", .equal, name)],
                from: Timestamp(milliseconds: 0),
                through: clock.now
            )
        )
        let columns = SampleColumns()
        var samples: [Int64: UInt64] = [:]
        for index in 0..<set.count {
            try set.read(index, into: columns)
            for at in 0..<columns.count { samples[columns.timestamps[at]] = columns.values[at].bitPattern }
        }
        return samples
    }

    @Test func `follow Prometheus's rules, sample by sample, and are there after reopening`() throws {
        let now = clock.now.milliseconds
        let first = try store.append(batch("up", [(now - 30, 1), (now - 20, 2), (now - 20, 2), (now - 20, 3)]))
        #expect((first.accepted, first.duplicates, first.conflicts) == (2, 1, 1))
        let second = try store.append(
            batch("up", [(now - 25, 9), (now - 10, .nan), (now + 700_000, 1), (-5, 1), (.min, 1), (.max, 1)])
        )
        #expect((second.accepted, second.outOfOrder, second.outOfBounds) == (1, 1, 4))
        let stale = SampleColumns.staleMarker
        #expect(try store.append(batch("up", [(now - 5, stale)])).accepted == 1)
        let expected: [Int64: UInt64] = [
            now - 30: 1.0.bitPattern, now - 20: 2.0.bitPattern, now - 10: Double.nan.bitPattern,
            now - 5: stale.bitPattern,
        ]
        #expect(try read(store, "up") == expected)
        #expect(store.statistics().samples.accepted == 4)
        try store.close()
        let reopened = try MetricsStore.open(directory, clock: clock)
        #expect(try reopened.append(batch("up", [(now - 6, 1), (now - 5, stale)])).duplicates == 1)
        try reopened.compact()
        #expect(try read(reopened, "up") == expected)
        #expect(
            try reopened.append(batch("up", [(now - 5, 1)])).conflicts == 1,
            "the newest is known after a checkpoint"
        )
        try reopened.close()
    }

    @Test func `for the name of an event metric are refused, and leave no series behind`() throws {
        let writer = store.sampleWriter()
        let report = try writer.add(batch("clicks_total", [(clock.now.milliseconds, 1)]))
        try writer.finish()
        #expect(report.wrongKind == 1 && report.accepted == 0)
        #expect(writer.refusals["clicks_total"]?.contains("counter of events") == true, "\(writer.refusals)")
        #expect(store.statistics().series == 0)
        #expect(try store.append(batch("future", [(clock.now.milliseconds + 10_000_000, 1)])).outOfBounds == 1)
        #expect(store.statistics().series == 0, "a series whose samples are all refused is not made")
        try store.close()
    }

    @Test func `of a file are imported, bad lines told, and nothing doubled the second time`() throws {
        var text = "# TYPE up gauge\n"
        var expected: [Int64: UInt64] = [:]
        for index in 0..<30_000 {
            let time = clock.now.milliseconds - Int64(30_000 - index) * 15
            text += "up{job=\"a\"} \(index).25 \(time)\n"
            expected[time] = (Double(index) + 0.25).bitPattern
            if index == 7 { text += "up{job= 3\n" }
        }
        text += "clicks_total 5 1000\n"
        let path = directory.path + "/samples.prom"
        try writeBytes(text.utf8, to: path)
        var faults: [Int] = []
        let report = try store.importSamples(file: path, onFault: { faults.append($0.line) })
        #expect((report.samples.accepted, report.samples.wrongKind, report.faults) == (30_000, 1, 1))
        #expect(faults == [10] && report.refusals.keys.sorted() == ["clicks_total"])
        #expect(try read(store, "up") == expected)
        let again = try store.importSamples(file: path)
        #expect((again.samples.accepted, again.samples.duplicates, again.samples.outOfOrder) == (0, 1, 29_999))
        #expect(try read(store, "up") == expected)
        try store.close()
    }

    @Test func `of OpenMetrics are told by the end of the file`() throws {
        let path = directory.path + "/samples.om"
        try writeBytes("# TYPE a counter\na_total 5 1700000000.5\n# EOF\n".utf8, to: path)
        #expect(try store.importSamples(file: path).samples.accepted == 1)
        #expect(try read(store, "a_total") == [1_700_000_000_500: 5.0.bitPattern])
        try store.close()
    }

    @Test func `and events in one view are of one state, whatever is written and compacted later`() throws {
        _ = try store.submit(clicks(0..<50)).wait()
        let view = try store.view()
        _ = try store.submit(clicks(50..<90)).wait()
        try store.compact()
        let columns = SampleColumns()
        func total(_ view: SeriesView) throws -> Double {
            let set = try view.select(
                SeriesSelection(
                    [try LabelMatcher("__name__", .equal, "clicks_total")],
                    from: Timestamp(milliseconds: 0),
                    through: Timestamp(milliseconds: clock.now.milliseconds + 60_000)
                )
            )
            var sum = 0.0
            for index in 0..<set.count {
                try set.read(index, into: columns)
                sum += columns.values[columns.count - 1]
            }
            return sum
        }
        #expect(try total(view) == 50)
        #expect(try total(try store.view()) == 90)
        try store.close()
        #expect(throws: (any Error).self) { try total(view) }
    }

    @Test func `a store keeps its resolution for whoever does not ask for one`() throws {
        try store.close()
        let other = try TemporaryDirectory()
        var options = StoreOptions()
        options.resolution = 60
        try MetricsStore.open(other, options).close()
        let opened = try MetricsStore.open(other)
        #expect(opened.seriesStore.resolution.seconds == 60)
        try opened.close()
        options.resolution = 15
        #expect(throws: MetricsStoreError.self) { try MetricsStore.open(other, options) }
    }
}
