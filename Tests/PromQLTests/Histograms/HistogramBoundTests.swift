// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import PromQL

@Suite struct `Histograms at their bounds` {
    @Test(arguments: [
        "{{z_bucket_w:NaN}}", "{{z_bucket_w:-nan}}", "{{offset:2147483647 buckets:[1 2]}}",
        "{{n_offset:2147483646 n_buckets:[1 2 3]}}",
    ])
    func `are refused beyond`(_ text: String) {
        #expect(throws: HistogramNotationError.self) { try HistogramNotation.parse(text) }
    }

    @Test func `may have the last index`() throws {
        #expect(try HistogramNotation.parse("{{offset:2147483647 buckets:[1]}}").positiveBuckets == [1])
    }

    @Test(.timeLimit(.minutes(1))) func `compare although a zero threshold is NaN`() throws {
        let before = try NativeHistogram("{{count:3 z_bucket:1 buckets:[1 1]}}")
        var now = before
        now.zeroThreshold = .nan
        _ = now.isReset(since: before)
        _ = before.isReset(since: now)
    }

    @Test(.timeLimit(.minutes(1))) func `fill no gap of billions, and walk no span without counts`() {
        var histogram = NativeHistogram()
        histogram.positiveSpans = [
            .init(offset: -2_000_000_000, length: 1), .init(offset: 2_000_000_000, length: 1),
            .init(offset: 5, length: .max), .init(offset: 0, length: .max),
        ]
        histogram.positiveBuckets = [1, 1]
        histogram.compact(maximumGap: .max)
        #expect(histogram.positiveBuckets == [1, 1])
        #expect(histogram.trimmed(above: 1e300).positiveBuckets == [1, 1])
        var overflowing = NativeHistogram()
        overflowing.positiveSpans = [.init(offset: .max, length: 2)]
        overflowing.positiveBuckets = [1, 1]
        overflowing.compact(maximumGap: .max)
        #expect(overflowing.positiveBuckets == [1, 1])
    }

    @Test(arguments: [
        "nan(0x1)", "NaN", "nan", "-NaN", "1e999", "-1e999", "0x1", "1__0", "_1", "1_", " 1", "1 ", "", ".",
    ])
    func `have no le that is none`(_ le: String) throws {
        let source = InMemorySeries()
        source.add(["__name__": "b", "le": le], [(0, 1)])
        source.add(["__name__": "b", "le": "+Inf"], [(0, 2)])
        let result = try QueryEngine().instant(
            "histogram_quantile(0.5, b)",
            at: Timestamp(milliseconds: 0),
            on: source
        )
        #expect(result.warnings.count == 1)
        #expect(result.warnings.first?.contains("malformed value of \(QuotedText.string(le))") == true)
    }

    @Test(
        arguments: [
            ("1", 1), ("+Inf", .infinity), ("-infinity", -.infinity), ("inf", .infinity), ("0x1p-2", 0.25), (".5", 0.5),
            ("5.", 5), ("1E+2", 100), ("1_000.5", 1000.5), ("0x_1.8P1", 3), ("017", 17), ("-0", 0), ("1e-999", 0),
        ] as [(String, Double)]
    )
    func `have bounds as Go reads them`(_ text: String, _ expected: Double) {
        #expect(GoNumber.parse(text) == expected)
    }

    @Test func `warn of no more than twenty quantiles`() throws {
        let source = InMemorySeries()
        source.add(
            ["__name__": "h"],
            samples: [(0, .init(try HistogramNotation.parse("{{count:1 sum:1 buckets:[1]}}")))]
        )
        let result = try QueryEngine().range(
            "histogram_quantile(time() + 2, h)",
            from: Timestamp(milliseconds: 0),
            through: Timestamp(milliseconds: 200_000),
            step: 1_000,
            on: source
        )
        #expect(result.warnings.count == 20)
        let same = try QueryEngine().range(
            "histogram_quantile(2 + time() % 2, h)",
            from: Timestamp(milliseconds: 0),
            through: Timestamp(milliseconds: 200_000),
            step: 1_000,
            on: source
        )
        #expect(same.warnings.count == 2)
    }
}
