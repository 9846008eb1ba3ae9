// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Rules

@Suite struct `Recorded series over a source` {
    private let base = InMemorySeries()
    private let y: Labels = ["__name__": "y", "host": "a"]

    init() {
        base.add(["__name__": "y", "host": "a"], [(10, 1), (20, 2), (30, 3)])
        base.add(["__name__": "x", "zone": "z"], [(10, 7)])
    }

    private func sample(_ time: Int64, _ value: Double, _ labels: Labels? = nil) -> RuleSample {
        RuleSample(labels: labels ?? y, time: Timestamp(milliseconds: time), value: value)
    }

    @Test func `are those of the base while nothing is recorded`() throws {
        #expect(
            try RecordedSeries(over: base).rows() == [
                #"{__name__="x",zone="z"} 10:7.0"#, #"{__name__="y",host="a"} 10:1.0 20:2.0 30:3.0"#,
            ]
        )
    }

    @Test func `go on where the base ends`() throws {
        let series = RecordedSeries(over: base)
        series.append([sample(40, 4)])
        #expect(try series.rows("y") == [#"{__name__="y",host="a"} 10:1.0 20:2.0 30:3.0 40:4.0"#])
    }

    @Test func `take the place of the base's samples from their first on`() throws {
        let series = RecordedSeries(over: base)
        series.append([sample(20, -2), sample(40, 4)])
        #expect(try series.rows("y") == [#"{__name__="y",host="a"} 10:1.0 20:-2.0 40:4.0"#])
    }

    @Test func `of the time of their newest sample take its place, and older ones are left out`() throws {
        let series = RecordedSeries(over: base)
        series.append([sample(40, 4), sample(50, 5), sample(50, 6), sample(45, 0), sample(60, 7)])
        #expect(
            try series.rows("y") == [#"{__name__="y",host="a"} 10:1.0 20:2.0 30:3.0 40:4.0 50:6.0 60:7.0"#]
        )
    }

    @Test func `hide names of the base that are replaced, however they are asked for`() throws {
        let series = RecordedSeries(over: base, replacing: ["y", "w"])
        series.append([sample(30, 9), sample(5, 1, ["__name__": "x", "zone": "z"])])
        let whole = [#"{__name__="y",host="a"} 30:9.0"#]
        #expect(try series.rows("y") == whole)
        #expect(try series.rows(matching: try LabelMatcher("host", .equal, "a")) == whole)
        #expect(try series.rows(matching: try LabelMatcher("__name__", .matches, "y|w")) == whole)
        #expect(try series.rows("x") == [#"{__name__="x",zone="z"} 5:1.0"#])
        #expect(try RecordedSeries(over: base, replacing: ["y"]).rows() == [#"{__name__="x",zone="z"} 10:7.0"#])
    }

    @Test func `are not changed in a set that was selected before`() throws {
        let series = RecordedSeries(over: base)
        series.append([sample(40, 4)])
        let set = try series.select(RecordedSeries.everything())
        series.append([sample(50, 5), sample(60, 1, ["__name__": "new"])])
        #expect(try rows(set).last == #"{__name__="y",host="a"} 10:1.0 20:2.0 30:3.0 40:4.0"#)
        #expect(set.count == 2)
    }

    @Test func `keep histograms beside numbers, in whatever order they come`() throws {
        var histogram = NativeHistogram()
        histogram.count = 5
        let kinds: [InMemorySeries.Sample] = [.init(1), .init(histogram)]
        for pattern in 0..<16 {
            let base = InMemorySeries()
            base.add(y, samples: [(10, kinds[pattern & 1]), (20, kinds[pattern >> 1 & 1])])
            let series = RecordedSeries(over: base)
            for (place, time) in [(2, 30), (3, 40)] as [(Int, Int64)] {
                let isHistogram = pattern >> place & 1 == 1
                series.append([
                    RuleSample(
                        labels: y,
                        time: Timestamp(milliseconds: time),
                        value: 1,
                        histogram: isHistogram ? histogram : nil
                    )
                ])
            }
            let columns = SampleColumns()
            try series.select(RecordedSeries.everything()).read(0, into: columns)
            #expect(columns.count == 4)
            let expected = (0..<4).map { pattern >> $0 & 1 == 1 ? histogram : nil }
            #expect(columns.histograms == (pattern == 0 ? [] : expected), "\(pattern)")
        }
    }

    @Test func `have no start timestamps of their own`() throws {
        let base = InMemorySeries()
        base.add(y, samples: [(10, .init(1, start: 3)), (20, .init(2, start: 3))])
        let series = RecordedSeries(over: base)
        series.append([sample(20, 5), sample(30, 6)])
        let columns = SampleColumns()
        try series.select(RecordedSeries.everything()).read(0, into: columns)
        #expect(columns.starts == [3, 0, 0])
    }

    @Test func `forget what is before a time, and series that have nothing left`() throws {
        let series = RecordedSeries(over: InMemorySeries())
        series.append([sample(10, 1), sample(20, 2), sample(15, 5, ["__name__": "z"])])
        for name in ["y", "z"] { series.removeSamples(of: name, before: 10) }
        #expect(try series.rows().count == 2)
        for name in ["y", "z"] { series.removeSamples(of: name, before: 20) }
        #expect(try series.rows() == [#"{__name__="y",host="a"} 20:2.0"#])
        series.append([sample(5, 1, ["__name__": "z"])])
        #expect(try series.rows("z") == [#"{__name__="z"} 5:1.0"#])
        for name in ["y", "z"] { series.removeSamples(of: name, before: .max) }
        #expect(try series.rows().isEmpty)
    }

    @Test func `have the label names and values of both`() throws {
        let series = RecordedSeries(over: base)
        series.append([sample(40, 4, ["__name__": "new", "job": "j"])])
        let all = RecordedSeries.everything()
        #expect(try series.labelNames(all, limit: 9).values == ["__name__", "host", "job", "zone"])
        #expect(try series.labelValues("__name__", all, limit: 9).values == ["new", "x", "y"])
        #expect(
            try series.labelValues("__name__", all, limit: 2) == LabelList(values: ["new", "x"], isTruncated: true)
        )
        #expect(
            try series.labelValues("__name__", all, limit: 3)
                == LabelList(values: ["new", "x", "y"], isTruncated: false)
        )
        #expect(try series.labelNames(all, limit: 0) == LabelList(values: [], isTruncated: true))
    }

    @Test func `keep values apart that only look alike`() throws {
        let series = RecordedSeries(over: base)
        base.add(["__name__": "x", "zone": "e\u{301}"], [(10, 1)])
        series.append([sample(40, 4, ["__name__": "x", "zone": "\u{E9}"])])
        let values = try series.labelValues("zone", RecordedSeries.everything(), limit: 9).values
        #expect(try series.rows("x").count == 3)
        #expect(values.map { Array($0.utf8) } == ["e\u{301}", "z", "\u{E9}"].map { Array($0.utf8) })
    }

    @Test func `have the base's metadata`() {
        let series = RecordedSeries(over: base)
        series.append([sample(40, 4, ["__name__": "new"])])
        #expect(series.metadata().map(\.name) == ["x", "y"])
    }
}

extension RecordedSeries {
    /// All series at all times, or those of some matchers.
    static func everything(_ matchers: [LabelMatcher] = []) -> SeriesSelection {
        SeriesSelection(matchers, from: Timestamp(milliseconds: .min), through: Timestamp(milliseconds: .max))
    }

    /// The series of a name, or all, as text, ordered.
    func rows(_ name: String? = nil) throws -> [String] {
        try RulesTests.rows(
            try select(RecordedSeries.everything(try name.map { [try LabelMatcher("__name__", .equal, $0)] } ?? []))
        )
    }

    func rows(matching matcher: LabelMatcher) throws -> [String] {
        try RulesTests.rows(try select(RecordedSeries.everything([matcher])))
    }
}

/// Each series of a set as its labels and `time:value` of its samples, ordered; `!` marks a histogram.
func rows(_ set: any SeriesSet) throws -> [String] {
    let columns = SampleColumns(capacity: 1)
    return try (0..<set.count).map { index in
        try set.read(index, into: columns)
        let samples = (0..<columns.count).map { place in
            let isHistogram = !columns.histograms.isEmpty && columns.histograms[place] != nil
            return "\(columns.timestamps[place]):\(columns.values[place])\(isHistogram ? "!" : "")"
        }
        return "\(set.labels(index)) " + samples.joined(separator: " ")
    }.sorted()
}
