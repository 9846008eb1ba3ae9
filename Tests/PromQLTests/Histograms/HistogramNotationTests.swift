// SPDX-License-Identifier: Apache-2.0

import PromQL
import TestSupport
import Testing
import TimeSeries

@Suite struct HistogramNotationTests {
    @Test(arguments: 0..<200)
    func `what is written reads back`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var histogram = seed % 3 == 0 ? random.customHistogram() : random.histogram()
        histogram.resetHint = [.unknown, .reset, .notReset, .gauge].randomElement(using: &random) ?? .unknown
        histogram.sum += 1 / 3
        let read = try NativeHistogram(histogram.testExpression)
        #expect(read.hasSameContents(as: histogram), "\(histogram.testExpression)")
        #expect(read.resetHint == histogram.resetHint)
        #expect(read.testExpression == histogram.testExpression)
    }

    @Test func `all properties are read`() throws {
        let text = """
            {{schema:1 sum:-0.3e2 count:22 z_bucket:2 z_bucket_w:0.1 offset:-1 buckets:[5 10 7 ] n_offset:3 \
            n_buckets:[4 0] counter_reset_hint:gauge }}
            """
        let histogram = try NativeHistogram(text)
        #expect(histogram.schema == 1 && histogram.sum == -30 && histogram.count == 22)
        #expect(histogram.zeroCount == 2 && histogram.zeroThreshold == 0.1 && histogram.resetHint == .gauge)
        #expect(histogram.positiveSpans == [.init(offset: -1, length: 3)] && histogram.positiveBuckets == [5, 10, 7])
        #expect(histogram.negativeSpans == [.init(offset: 3, length: 2)] && histogram.negativeBuckets == [4, 0])
        #expect(try NativeHistogram("{{}}") == NativeHistogram())
        #expect(try NativeHistogram(" {{sum:NaN count:+Inf}} ").count == .infinity)
    }

    @Test(arguments: [
        "", "{}", "{{", "{{}", "{{}} x", "{{sum}}", "{{sum:}}", "{{sum:x}}", "{{sum:1 sum:2}}", "{{what:1}}",
        "{{buckets:1}}", "{{buckets:[1}}", "{{buckets:[1,2]}}", "{{offset:1.5}}", "{{schema:99999999999}}",
        "{{schema:-99}}", "{{counter_reset_hint:maybe}}", "{{Sum:1}}",
    ])
    func `what is not in the notation is refused with a reason`(text: String) {
        #expect(throws: HistogramNotationError.self) { try HistogramNotation.parse(text) }
    }

    @Test func `a histogram prints as Prometheus prints it`() throws {
        let text = "{{schema:0 count:10 sum:-2.5 z_bucket:1 z_bucket_w:0.001 buckets:[2 0 3] n_buckets:[4]}}"
        let histogram = try NativeHistogram(text)
        #expect(histogram.description == "{count:10, sum:-2.5, [-1,-0.5):4, [-0.001,0.001]:1, (0.5,1]:2, (2,4]:3}")
        #expect(
            histogram.testExpression
                == "{{count:10 sum:-2.5 z_bucket:1 z_bucket_w:0.001 buckets:[2 0 3] n_buckets:[4]}}"
        )
    }

    @Test func `numbers are as short as Go writes them`() {
        let cases: [(Double, String)] = [
            (0, "0"), (-0.0, "-0"), (1, "1"), (100_000, "100000"), (1_000_000, "1e+06"),
            (123_456_789, "1.23456789e+08"),
            (0.1, "0.1"), (0.0001, "0.0001"), (0.00001, "1e-05"), (-1.25e-7, "-1.25e-07"), (1e100, "1e+100"),
            (123.456, "123.456"), (1.7976931348623157e308, "1.7976931348623157e+308"),
            (.leastNonzeroMagnitude, "5e-324"),
            (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
        ]
        for (value, text) in cases { #expect(GoNumber.general(value) == text) }
    }
}
