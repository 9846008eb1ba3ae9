// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@Suite struct `Series in memory` {
    private let source = InMemorySeries()

    private func selection(
        _ matchers: [(String, LabelMatcher.Operation, String)] = [],
        from start: Int64 = 0,
        through end: Int64 = 1_000
    ) throws -> SeriesSelection {
        SeriesSelection(
            try matchers.map { try LabelMatcher($0.0, $0.1, $0.2) },
            from: Timestamp(milliseconds: start),
            through: Timestamp(milliseconds: end)
        )
    }

    /// Each series as text, with its samples.
    private func contents(_ set: any SeriesSet) throws -> [String] {
        let columns = SampleColumns(capacity: 1)
        return try (0..<set.count).map { index in
            try set.read(index, into: columns)
            let samples = (0..<columns.count).map { "\(columns.timestamps[$0]):\(columns.values[$0])" }
            return "\(set.labels(index)) " + samples.joined(separator: " ")
        }
    }

    init() {
        source.add(["__name__": "up", "job": "web"], [(100, 1), (300, 0), (200, 1)])
        source.add(["__name__": "up", "job": "api", "zone": "a"], [(100, 1)])
        source.add(["__name__": "down"], [(500, 7), (500, 8)])
    }

    @Test func `come ordered by labels, their samples by time`() throws {
        #expect(
            try contents(source.select(selection())) == [
                #"{__name__="down"} 500:8.0"#,
                #"{__name__="up",job="api",zone="a"} 100:1.0"#,
                #"{__name__="up",job="web"} 100:1.0 200:1.0 300:0.0"#,
            ]
        )
        #expect(
            try contents(source.select(selection([("__name__", .equal, "up"), ("zone", .equal, "")]))) == [
                #"{__name__="up",job="web"} 100:1.0 200:1.0 300:0.0"#
            ]
        )
    }

    @Test func `are cut to the time asked, both ends included`() throws {
        #expect(
            try contents(source.select(selection(from: 200, through: 300))) == [
                #"{__name__="up",job="web"} 200:1.0 300:0.0"#
            ]
        )
        #expect(try contents(source.select(selection(from: 101, through: 199))) == [])
        #expect(try contents(source.select(selection(from: 300, through: 200))) == [])
    }

    @Test func `name their labels and values in order of bytes, up to a limit`() throws {
        #expect(
            try source.labelNames(selection(), limit: 9)
                == LabelList(values: ["__name__", "job", "zone"], isTruncated: false)
        )
        #expect(
            try source.labelNames(selection([("__name__", .equal, "down")]), limit: 9)
                == LabelList(values: ["__name__"], isTruncated: false)
        )
        #expect(
            try source.labelValues("job", selection(), limit: 2)
                == LabelList(values: ["api", "web"], isTruncated: false)
        )
        #expect(try source.labelValues("job", selection(), limit: 1) == LabelList(values: ["api"], isTruncated: true))
        #expect(try source.labelValues("nope", selection(), limit: 1) == LabelList(values: [], isTruncated: false))
        #expect(source.metadata().map(\.name) == ["down", "up"])
        #expect(source.metadata().allSatisfy { $0.kind == .samples && $0.type == .unknown })
    }

    @Test func `grow, and a set selected before does not`() throws {
        let before = source.select(try selection([("__name__", .equal, "down")]))
        source.add(["__name__": "down"], [(600, 9)])
        source.add(["__name__": "down", "a": "b"], [])
        #expect(try contents(before) == [#"{__name__="down"} 500:8.0"#])
        #expect(
            try contents(source.select(selection([("__name__", .equal, "down")]))) == [
                #"{__name__="down"} 500:8.0 600:9.0"#
            ]
        )
    }
}

@Suite struct `Histograms in memory` {
    @Test func `are beside numbers, and start times where one is known`() throws {
        let source = InMemorySeries()
        var histogram = NativeHistogram()
        histogram.sum = 7
        source.add(["__name__": "m"], samples: [(20, .init(histogram, start: 5)), (10, .init(1))])
        source.add(["__name__": "n"], [(10, 1)])
        let set = source.select(
            SeriesSelection([], from: Timestamp(milliseconds: 0), through: Timestamp(milliseconds: 100))
        )
        let columns = SampleColumns(capacity: 1)
        try set.read(0, into: columns)
        #expect((0..<2).map { columns.values[$0] } == [1, 7])
        #expect(columns.histograms == [nil, histogram])
        #expect(columns.starts == [0, 5])
        try set.read(1, into: columns)
        #expect(columns.count == 1)
        #expect(columns.histograms.isEmpty && columns.starts.isEmpty)
    }
}
