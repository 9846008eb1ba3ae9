// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import PromQL

@Suite struct HistogramQuantileTests {
    @Test(arguments: 0..<200)
    func `a quantile and the fraction below it undo one another`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var histogram = random.histogram(schema: Int32.random(in: -1...4, using: &random))
        // A zero bucket without a width is no range of values.
        if histogram.zeroThreshold == 0 {
            histogram.count -= histogram.zeroCount
            histogram.zeroCount = 0
        }
        histogram.compact()
        if histogram.count == 0 { return }
        var room: [NativeHistogram.Bucket] = []
        for _ in 0..<10 {
            let share = Double.random(in: 0.01...0.99, using: &random)
            let value = nativeQuantile(share, of: histogram, &room).value
            let back = nativeFraction(from: -.infinity, to: value, of: histogram, &room).value
            // A quantile in the gap between two buckets is at the edge of one.
            #expect((back - share).magnitude < 1e-9, "\(share) of \(histogram)")
        }
    }

    @Test(arguments: 0..<100)
    func `quantiles ascend and stay between the outermost bounds`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let histogram = seed % 2 == 0 ? random.histogram() : random.customHistogram()
        try #require(histogram.count > 0)
        var room: [NativeHistogram.Bucket] = []
        var before = -Double.infinity
        for step in 0...50 {
            let value = nativeQuantile(Double(step) / 50, of: histogram, &room).value
            #expect(value >= before * (before < 0 ? 1 + 1e-12 : 1 - 1e-12))
            before = value
        }
        let buckets = histogram.buckets().filter { $0.count > 0 }
        #expect(before <= (buckets.last?.upper ?? 0))
    }

    @Test(arguments: 0..<100)
    func `fractions of adjoining ranges add up`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let histogram = seed % 2 == 0 ? random.histogram(schema: 0) : random.customHistogram()
        try #require(histogram.count > 0)
        var room: [NativeHistogram.Bucket] = []
        let cut = Double.random(in: -20...20, using: &random)
        let below = nativeFraction(from: -.infinity, to: cut, of: histogram, &room).value
        let above = nativeFraction(from: cut, to: .infinity, of: histogram, &room).value
        #expect((below + above - 1).magnitude < 1e-12)
    }

    @Test(arguments: 0..<100)
    func `what is trimmed off on either side is the whole, and as much as the fraction`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let histogram = random.histogram(schema: Int32.random(in: -1...4, using: &random))
        try #require(histogram.count > 0)
        let cut = Double.random(in: -8...8, using: &random)
        var room: [NativeHistogram.Bucket] = []
        let lower = histogram.trimmed(above: cut)
        let upper = histogram.trimmed(below: cut)
        #expect((lower.count + upper.count - histogram.count).magnitude < 1e-9)
        let share = nativeFraction(from: -.infinity, to: cut, of: histogram, &room).value
        #expect((lower.count - share * histogram.count).magnitude < 1e-9, "\(histogram) at \(cut)")
        #expect((lower.bucketTotal - lower.count).magnitude < 1e-9)
    }

    @Test func `native quantiles by hand`() throws {
        var room: [NativeHistogram.Bucket] = []
        // (0.5, 1]: 1, (1, 2]: 2, (2, 4]: 1; the middle of (1, 2] is √2.
        let histogram = try NativeHistogram("{{count:4 sum:5 buckets:[1 2 1]}}")
        #expect(nativeQuantile(0.5, of: histogram, &room).value.rounded(toPlaces: 15) == 1.414213562373095)
        #expect(nativeQuantile(0, of: histogram, &room).value == 0.5)
        #expect(nativeQuantile(1, of: histogram, &room).value == 4)
        #expect(nativeQuantile(-0.1, of: histogram, &room).value == -.infinity)
        #expect(nativeQuantile(1.1, of: histogram, &room).value == .infinity)
        #expect(nativeQuantile(.nan, of: histogram, &room).value.isNaN)
        #expect(nativeQuantile(0.5, of: NativeHistogram(), &room).value.isNaN)
        let custom = try NativeHistogram("{{schema:-53 sum:5 count:4 custom_values:[5 10] buckets:[1 2 1]}}")
        #expect(nativeQuantile(0.5, of: custom, &room).value == 7.5)
        #expect(nativeQuantile(0.1, of: custom, &room).value == 2)
        #expect(nativeQuantile(1, of: custom, &room).value == 10)
    }

    @Test func `observations that are not a number are told of`() throws {
        var room: [NativeHistogram.Bucket] = []
        let all = try NativeHistogram("{{count:3 sum:NaN}}")
        #expect(nativeQuantile(0.4, of: all, &room).note == .resultIsNaN)
        let some = try NativeHistogram("{{count:15 sum:NaN buckets:[12]}}")
        #expect(nativeQuantile(0.8, of: some, &room) == (1, .resultIsSkewed))
        #expect(nativeQuantile(0.81, of: some, &room).note == .resultIsNaN)
        #expect(nativeFraction(from: -.infinity, to: .infinity, of: some, &room) == (0.8, true))
        // +Inf and −Inf make the sum NaN too.
        let none = try NativeHistogram("{{count:12 sum:NaN buckets:[12]}}")
        #expect(nativeQuantile(0.8, of: none, &room).note == .none)
        #expect(!nativeFraction(from: 0, to: 1, of: none, &room).excludesNaN)
    }

    @Test func `classic quantiles and fractions by hand`() {
        func buckets(_ pairs: [(Double, Double)]) -> ClassicBuckets {
            var buckets = ClassicBuckets()
            for (bound, count) in pairs { buckets.append(bound: bound, count: count) }
            return buckets
        }
        var plain = buckets([(1, 10), (2, 30), (4, 40), (.infinity, 50)])
        #expect(plain.quantile(0.4) == (1.5, nil))
        #expect(plain.quantile(0.1) == (0.5, nil))
        #expect(plain.quantile(0.95) == (4, nil))
        #expect(plain.fraction(from: 0.5, to: 3) == 0.6)
        #expect(plain.fraction(from: 100, to: .infinity) == 0.2)
        #expect(plain.fraction(from: 3, to: 2) == 0)
        var falling = buckets([(0.1, 20), (1, 10), (10, 50), (100, 40), (1000, 90), (.infinity, 80)])
        let result = falling.quantile(0.5)
        #expect(result.value == 8.5)
        #expect(result.fix == ClassicBuckets.Fix(lowest: 1, highest: .infinity, difference: 10))
        var rounded = buckets([(1, 3), (2, 3 - 1e-13), (.infinity, 4)])
        #expect(rounded.quantile(0.5).fix == nil)
        var open = buckets([(1, 3), (2, 4)])
        #expect(open.quantile(0.5).value.isNaN && open.fraction(from: 0, to: 1).isNaN)
        var single = buckets([(.infinity, 4)])
        #expect(single.quantile(0.5).value.isNaN && single.fraction(from: 0, to: 1) == 0)
        var same = buckets([(0.1, 1), (0.2, 1), (0.2, 1), (0.2, 1), (.infinity, 4)])
        #expect(same.quantile(0.5).value.rounded(toPlaces: 12) == 0.15)
        var negative = buckets([(-0.2, 1), (-0.1, 2), (0.3, 2), (.infinity, 3)])
        #expect(negative.quantile(0).value == -0.2)
    }

    @Test func `fixes of all steps are one info`() {
        var fixes = MonotonicityFixes()
        fixes.add(.init(lowest: 1, highest: 100, difference: 0.126), metric: "m", time: 1_700_000_000_000)
        fixes.add(.init(lowest: 0.5, highest: 10, difference: 0.2), metric: "m", time: -1)
        fixes.add(.init(lowest: 1, highest: .infinity, difference: 12), metric: "", time: 951_782_400_000)
        var annotations = Annotations()
        fixes.report(to: &annotations, at: nil)
        let base =
            "PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see "
            + "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)"
        #expect(
            annotations.notes.map(\.text) == [
                base + " for metric name \"m\", from buckets 0.5 to 100, with a max diff of 0.2, over 2 samples from "
                    + "1970-01-01T00:00:00Z to 2023-11-14T22:13:20Z",
                base + ", from buckets 1 to +Inf, with a max diff of 12, over 1 samples from 2000-02-29T00:00:00Z to "
                    + "2000-02-29T00:00:00Z",
            ]
        )
    }

    @Test func `quantiles stand in labels as OpenMetrics writes them`() {
        let cases: [(Double, String)] = [
            (0, "0.0"), (1, "1.0"), (-1, "-1.0"), (0.5, "0.5"), (1.01, "1.01"), (1e-7, "1e-07"), (.nan, "NaN"),
            (.infinity, "+Inf"), (2, "2.0"),
        ]
        for (value, text) in cases { #expect(openMetricsText(value) == text) }
    }
}

extension Double {
    fileprivate func rounded(toPlaces places: Int) -> Double {
        var scale: Double = 1
        for _ in 0..<places { scale *= 10 }
        return (self * scale).rounded() / scale
    }
}
