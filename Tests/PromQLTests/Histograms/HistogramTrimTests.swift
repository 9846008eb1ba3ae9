// SPDX-License-Identifier: Apache-2.0

import PromQL
import Testing
import TimeSeries

@Suite struct HistogramTrimTests {
    /// The operator, the limit, and what is left, as count, sum and buckets say.
    private struct Case {
        let limit: Double
        let keepsLower: Bool
        let expected: String

        init(_ operation: String, _ limit: Double, _ expected: String) {
            keepsLower = operation == "</"
            self.limit = limit
            self.expected = expected
        }
    }

    private func check(_ notation: String, _ cases: [Case]) throws {
        let histogram = try NativeHistogram(notation)
        for testCase in cases {
            let result =
                testCase.keepsLower
                ? histogram.trimmed(above: testCase.limit) : histogram.trimmed(below: testCase.limit)
            var expected = try NativeHistogram(testCase.expected)
            expected.compact()
            #expect(isClose(result.count, expected.count), "\(testCase): \(result)")
            #expect(isClose(result.sum, expected.sum), "\(testCase): \(result)")
            #expect(isClose(result.zeroCount, expected.zeroCount), "\(testCase): \(result)")
            #expect(result.positiveSpans == expected.positiveSpans && result.negativeSpans == expected.negativeSpans)
            #expect(zip(result.positiveBuckets, expected.positiveBuckets).allSatisfy(isClose), "\(testCase): \(result)")
            #expect(zip(result.negativeBuckets, expected.negativeBuckets).allSatisfy(isClose), "\(testCase): \(result)")
        }
    }

    private func isClose(_ left: Double, _ right: Double) -> Bool {
        (left - right).magnitude <= 1e-9 * max(1, right.magnitude)
    }

    @Test func `exponential buckets are cut by their logarithm`() throws {
        let notation = "{{sum:123.75 count:34 z_bucket:1 z_bucket_w:0.001 buckets:[2 4 8 16] n_buckets:[1 2]}}"
        try check(
            notation,
            [
                Case(">/", -.infinity, notation),
                Case("</", .infinity, notation),
                Case(">/", .infinity, "{{z_bucket_w:0.001}}"),
                Case("</", -.infinity, "{{z_bucket_w:0.001}}"),
                Case(">/", 0, "{{sum:120.20840280171308 count:30.5 z_bucket:0.5 buckets:[2 4 8 16]}}"),
                Case("</", 0, "{{sum:-3.5357839059327377 count:3.5 z_bucket:0.5 n_buckets:[1 2]}}"),
                Case("</", 2.0.squareRoot(), "{{count:8 sum:0.2570938866 z_bucket:1 buckets:[2 2] n_buckets:[1 2]}}"),
                Case(">/", 2, "{{count:24 sum:113.13708498984761 offset:2 buckets:[8 16]}}"),
                Case("</", -1, "{{count:2 sum:-2.8284271247461903 n_offset:1 n_buckets:[2]}}"),
            ]
        )
    }

    @Test func `the zero bucket is cut evenly, on the side where buckets are`() throws {
        try check(
            "{{sum:8.02 count:12 z_bucket:2 z_bucket_w:0.5 buckets:[10]}}",
            [
                Case(">/", 0.1, "{{count:11.6 sum:7.551067811865476 z_bucket:1.6 buckets:[10]}}"),
                Case("</", 0.1, "{{count:0.4 sum:0.02 z_bucket:0.4}}"),
                Case(">/", 0, "{{sum:8.02 count:12 z_bucket:2 buckets:[10]}}"),
                Case("</", 0, "{{}}"),
            ]
        )
        try check(
            "{{count:5 z_bucket:5 z_bucket_w:0.1}}",
            [
                Case(">/", 0.05, "{{count:1.25 sum:0.09375 z_bucket:1.25}}"),
                Case("</", -0.05, "{{count:1.25 sum:-0.09375 z_bucket:1.25}}"),
                Case("</", 0.1, "{{count:5 z_bucket:5}}"),
                Case(">/", 0.1, "{{}}"),
            ]
        )
    }

    @Test func `custom buckets are cut evenly, but where a bound is infinite`() throws {
        let notation = "{{schema:-53 sum:172.5 count:15 custom_values:[5 10 15 20] buckets:[1 6 4 3 1]}}"
        try check(
            notation,
            [
                Case("</", 15, "{{schema:-53 count:11 sum:97.5 buckets:[1 6 4]}}"),
                Case(">/", 15, "{{schema:-53 count:4 sum:72.5 offset:3 buckets:[3 1]}}"),
                Case("</", 13, "{{schema:-53 count:9.4 sum:75.1 buckets:[1 6 2.4]}}"),
                Case(">/", 13, "{{schema:-53 count:5.6 sum:94.9 offset:2 buckets:[1.6 3 1]}}"),
                Case("</", 50, "{{schema:-53 count:14 sum:150 buckets:[1 6 4 3]}}"),
                Case(">/", 0, notation),
                Case("</", 0, "{{schema:-53}}"),
            ]
        )
        try check(
            "{{schema:-53 sum:172.5 count:15 custom_values:[-10 5 10 15 20] buckets:[2 1 6 4 3 1]}}",
            [
                Case("</", 2, "{{schema:-53 count:2.8 sum:-23.2 buckets:[2 0.8]}}"),
                Case("</", -15, "{{schema:-53 count:2 sum:-30 buckets:[2]}}"),
            ]
        )
        try check(
            "{{schema:-53 sum:33 count:101 custom_values:[5] buckets:[1 100]}}",
            [
                Case(">/", -10, "{{schema:-53 sum:500 count:100 offset:1 buckets:[100]}}"),
                Case(">/", 2, "{{schema:-53 sum:502.1 count:100.6 buckets:[0.6 100]}}"),
                Case(">/", 10, "{{schema:-53 sum:1000 count:100 offset:1 buckets:[100]}}"),
                Case("</", 2, "{{schema:-53 sum:0.4 count:0.4 buckets:[0.4]}}"),
            ]
        )
        try check(
            "{{schema:-53 sum:100 count:100 buckets:[100]}}",
            [
                Case("</", 10, "{{schema:-53}}"),
                Case(">/", 10, "{{schema:-53}}"),
                Case("</", .infinity, "{{schema:-53 sum:100 count:100 buckets:[100]}}"),
            ]
        )
    }
}
