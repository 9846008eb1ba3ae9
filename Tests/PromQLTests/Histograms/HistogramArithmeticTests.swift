// SPDX-License-Identifier: Apache-2.0

import PromQL
import TestSupport
import Testing
import TimeSeries

@Suite struct HistogramArithmeticTests {
    @Test(arguments: 0..<200)
    func `adding is the same in either order`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let isCustom = seed % 4 == 0
        let a = isCustom ? random.customHistogram() : random.histogram()
        let b = isCustom ? random.customHistogram() : random.histogram()
        var left = a
        var right = b
        #expect(try left.add(b) == right.add(a))
        #expect(left.hasSameContents(as: right), "\(a) + \(b): \(left) and \(right)")
        #expect(left.bucketTotal == a.bucketTotal + b.bucketTotal)
        #expect(left.count == a.count + b.count && left.sum == a.sum + b.sum)
    }

    @Test(arguments: 0..<200)
    func `subtracting what was added gives the original at the coarser layout`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let schema = Int32.random(in: -4...8, using: &random)
        let a = random.histogram(schema: schema)
        var b = random.histogram(schema: Int32.random(in: schema...8, using: &random))
        b.zeroThreshold = a.zeroThreshold
        // Nothing of b in what is a's zero bucket, so that a's layout does not change.
        var result = a
        _ = try result.add(b)
        _ = try result.subtract(b)
        result.compact()
        #expect(result.hasSameContents(as: a), "\(a) ± \(b)")
    }

    @Test(arguments: 0..<200)
    func `a coarser schema keeps all counts`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let histogram = random.histogram()
        let reduced = histogram.reduced(toSchema: Int32.random(in: -4...histogram.schema, using: &random))
        #expect(reduced.bucketTotal == histogram.bucketTotal)
        // Each bound of the coarse one is a bound of the fine one, with as much below it.
        let fine = histogram.buckets()
        var below: Double = 0
        for bucket in reduced.buckets() {
            below += bucket.count
            guard bucket.upper > histogram.zeroThreshold else { continue }
            let belowFine = fine.reduce(0) { $1.upper <= bucket.upper * (1 + 1e-12) ? $0 + $1.count : $0 }
            #expect(below == belowFine, "below \(bucket.upper) of \(histogram)")
        }
    }

    @Test(arguments: 0..<100)
    func `a compensated sum is the exact sum of whole numbers`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var plain = random.histogram()
        var sum = HistogramSum(plain)
        var mean = HistogramMean(plain)
        for _ in 0..<5 {
            let next = random.histogram()
            _ = try plain.add(next)
            _ = try sum.add(next)
            _ = try mean.add(next)
        }
        #expect(sum.total.hasSameContents(as: plain), "\(sum.total) and \(plain)")
        plain.divide(by: 6)
        #expect(mean.value.count == plain.count && mean.value.sum == plain.sum)
    }

    @Test func `a compensated sum does not lose what is small`() throws {
        var sum = HistogramSum(try NativeHistogram("{{count:1 sum:5.3}}"))
        for notation in ["{{count:2 sum:1e100}}", "{{count:3 sum:1}}", "{{count:4 sum:-1e100}}", "{{count:5 sum:2}}"] {
            _ = try sum.add(NativeHistogram(notation))
        }
        #expect(sum.total.sum == 8.3)
    }

    @Test func `compensation survives a bucket that the sum did not have at first`() throws {
        var sum = HistogramSum(try NativeHistogram("{{}}"))
        for notation in ["1", "1e100", "1", "-1e100"] { _ = try sum.add(NativeHistogram("{{buckets:[\(notation)]}}")) }
        #expect(sum.total.positiveBuckets == [2])
    }

    @Test func `an average goes on where the sum would overflow`() throws {
        var mean = HistogramMean(try NativeHistogram("{{count:1.5e308 sum:1 buckets:[4]}}"))
        _ = try mean.add(NativeHistogram("{{count:1.5e308 sum:3 buckets:[8]}}"))
        #expect(mean.value == (try NativeHistogram("{{count:1.5e308 sum:2 buckets:[6]}}")))
    }

    @Test func `the zero bucket widens until it cuts no bucket`() throws {
        // 0.75 is within (0.5, 1], which is not empty, so the threshold becomes 1; then the bucket [−2, −1) is outside.
        var a = try NativeHistogram("{{z_bucket:1 z_bucket_w:0.5 count:10 buckets:[2 3] n_buckets:[0 4]}}")
        let b = try NativeHistogram("{{z_bucket:5 z_bucket_w:0.75 count:12 offset:1 buckets:[7]}}")
        _ = try a.add(b)
        a.compact()
        #expect(
            a
                == (try NativeHistogram(
                    "{{z_bucket:8 z_bucket_w:1 count:22 offset:1 buckets:[10] n_offset:1 n_buckets:[4]}}"
                ))
        )
    }

    @Test func `an empty bucket that the zero bucket would cut does not move it`() throws {
        var a = try NativeHistogram("{{z_bucket:1 z_bucket_w:0.5 buckets:[0 3]}}")
        _ = try a.add(NativeHistogram("{{z_bucket:5 z_bucket_w:0.75}}"))
        #expect(a.zeroThreshold == 0.75 && a.zeroCount == 6)
    }

    @Test func `custom bounds become those that both have`() throws {
        var a = try NativeHistogram("{{schema:-53 count:15 sum:3 custom_values:[2 4 6] buckets:[1 2 5 7]}}")
        let b = try NativeHistogram("{{schema:-53 count:36 sum:4 custom_values:[1 2 3 6 8] buckets:[1 2 3 4 5 21]}}")
        #expect(try a.add(b) == .boundsReconciled)
        #expect(a == (try NativeHistogram("{{schema:-53 count:51 sum:7 custom_values:[2 6] buckets:[4 14 33]}}")))
    }

    @Test func `custom and exponential buckets do not add up`() throws {
        var a = try NativeHistogram("{{schema:-53 custom_values:[2] buckets:[1]}}")
        #expect(throws: HistogramError.mixedSchemas) { _ = try a.add(NativeHistogram()) }
    }

    @Test func `hints are reconciled`() throws {
        let hints: [NativeHistogram.ResetHint] = [.unknown, .reset, .notReset, .gauge]
        for mine in hints {
            for others in hints {
                var a = NativeHistogram()
                a.resetHint = mine
                var b = NativeHistogram()
                b.resetHint = others
                let notes = try a.add(b)
                let collide = (mine == .reset && others == .notReset) || (mine == .notReset && others == .reset)
                #expect(notes.contains(.resetHintsCollide) == collide)
                let expected: NativeHistogram.ResetHint =
                    mine == others ? mine : mine == .gauge || others == .gauge ? .gauge : .unknown
                #expect(a.resetHint == expected)
            }
        }
    }

    @Test func `division by zero takes the buckets out, negative factors make a gauge`() throws {
        var histogram = try NativeHistogram("{{count:4 sum:2 z_bucket:1 z_bucket_w:0.1 buckets:[3]}}")
        histogram.multiply(by: -2)
        #expect(
            histogram
                == (try NativeHistogram(
                    "{{count:-8 sum:-4 z_bucket:-2 z_bucket_w:0.1 buckets:[-6] counter_reset_hint:gauge}}"
                ))
        )
        histogram.divide(by: 0)
        #expect(histogram.count == -.infinity && histogram.positiveSpans.isEmpty && histogram.positiveBuckets.isEmpty)
    }

    @Test func `compacting splits at gaps and joins what is near`() throws {
        var histogram = NativeHistogram()
        histogram.positiveSpans = [
            .init(offset: -2, length: 3), .init(offset: 0, length: 2), .init(offset: 3, length: 2),
        ]
        histogram.positiveBuckets = [0, 1, 0, 0, 2, 3, 0]
        var apart = histogram
        apart.compact()
        #expect(
            apart.positiveSpans == [
                .init(offset: -1, length: 1), .init(offset: 2, length: 1), .init(offset: 3, length: 1),
            ]
        )
        #expect(apart.positiveBuckets == [1, 2, 3])
        histogram.compact(maximumGap: 2)
        #expect(histogram.positiveSpans == [.init(offset: -1, length: 4), .init(offset: 3, length: 1)])
        #expect(histogram.positiveBuckets == [1, 0, 0, 2, 3])
        #expect(histogram.hasSameContents(as: apart))
    }

    @Test func `a reset is what makes a count less, or a bucket or a bound vanish`() throws {
        let before = try NativeHistogram("{{count:6 z_bucket:1 z_bucket_w:0.1 buckets:[2 3]}}")
        let cases: [(String, Bool)] = [
            ("{{count:6 z_bucket:1 z_bucket_w:0.1 buckets:[2 3]}}", false),
            ("{{count:9 z_bucket:1 z_bucket_w:0.1 buckets:[2 3 3]}}", false),
            ("{{count:5 z_bucket:1 z_bucket_w:0.1 buckets:[2 3]}}", true),
            ("{{count:9 z_bucket:0 z_bucket_w:0.1 buckets:[2 3 4]}}", true),
            ("{{count:9 z_bucket:1 z_bucket_w:0.1 buckets:[2 2 4]}}", true),
            ("{{count:9 z_bucket:1 z_bucket_w:0.1 offset:1 buckets:[3 9]}}", true),
            ("{{count:9 z_bucket:1 z_bucket_w:0.05 buckets:[2 3]}}", true),
            ("{{count:9 z_bucket:3 z_bucket_w:1 offset:1 buckets:[3]}}", false),
            ("{{count:9 z_bucket:2 z_bucket_w:1 offset:1 buckets:[3]}}", true),
            ("{{count:9 z_bucket:3 z_bucket_w:0.75 offset:1 buckets:[3]}}", true),
            ("{{schema:-1 count:9 z_bucket:1 z_bucket_w:0.1 buckets:[2 3]}}", false),
            ("{{schema:-1 count:9 z_bucket:1 z_bucket_w:0.1 buckets:[2 2]}}", true),
            ("{{schema:1 count:9 z_bucket:1 z_bucket_w:0.1 buckets:[2 0 3]}}", true),
            ("{{count:1 counter_reset_hint:not_reset}}", false),
            ("{{count:99 z_bucket:1 z_bucket_w:0.1 buckets:[2 3] counter_reset_hint:reset}}", true),
            ("{{schema:-53 count:9 custom_values:[1] buckets:[9]}}", true),
        ]
        for (notation, isReset) in cases {
            #expect(try NativeHistogram(notation).isReset(since: before) == isReset, "\(notation)")
        }
    }

    @Test func `custom bounds that come or go are no reset`() throws {
        let before = try NativeHistogram("{{schema:-53 count:15 custom_values:[2 4 6] buckets:[1 2 5 7]}}")
        let finer = try NativeHistogram("{{schema:-53 count:15 custom_values:[2 3 4 6] buckets:[1 1 1 5 7]}}")
        #expect(!finer.isReset(since: before))
        let less = try NativeHistogram("{{schema:-53 count:15 custom_values:[2 3 4 6] buckets:[1 0 1 5 8]}}")
        #expect(less.isReset(since: before))
        #expect(
            try NativeHistogram("{{schema:-53 count:15 custom_values:[7] buckets:[0 15]}}").isReset(since: before)
                == false
        )
    }

    @Test func `buckets are in order with the bounds that belong to them`() throws {
        let histogram = try NativeHistogram("{{z_bucket:1 z_bucket_w:0.75 buckets:[2 3] n_buckets:[4 5]}}")
        #expect(
            histogram.buckets().map(\.description) == [
                "[-2,-1):5", "[-1,-0.75):4", "[-0.75,0.75]:1", "(0.75,1]:2", "(1,2]:3",
            ]
        )
        let custom = try NativeHistogram("{{schema:-53 custom_values:[-1 5] buckets:[1 2 3]}}")
        #expect(custom.buckets().map(\.description) == ["[-Inf,-1]:1", "(-1,5]:2", "(5,+Inf]:3"])
    }

    @Test func `the last bounds of finite numbers are the greatest number`() throws {
        for (schema, index) in [(Int32(0), 1024), (3, 8192), (8, 262_144), (-2, 256), (-4, 64)] {
            let histogram = try NativeHistogram("{{schema:\(schema) offset:\(index) buckets:[1 1]}}")
            #expect(histogram.buckets().map(\.upper) == [.greatestFiniteMagnitude, .infinity])
        }
    }
}
