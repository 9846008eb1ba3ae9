// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Ingest

@Suite struct `A baseline of a window` {
    private func make(
        _ window: [ByteText: FeatureWindow],
        existing: Baseline? = nil,
        bins: Int = 10,
        topValues: Int = 20
    ) throws(BaselineError) -> Baseline {
        try Baseline.make(
            model: "m",
            version: "1",
            created: made,
            source: "a window",
            window: window,
            existing: existing,
            bins: bins,
            topValues: topValues
        )
    }

    /// What the event path would have counted without a baseline.
    private func counted(_ values: [Double]) -> FeatureWindow {
        var counts: [ByteText: UInt64] = [:]
        for value in values {
            let bins = GenericBins.shared
            counts[ByteText(String(decoding: bins.label(bins.index(of: value)), as: UTF8.self)), default: 0] += 1
        }
        return FeatureWindow(observations: counts)
    }

    @Test func `has quantile bins out of whole generic ones`() throws {
        let baseline = try make(["x": counted((1...1_000).map(Double.init))])
        #expect(baseline.version == "1")
        #expect(baseline.source == "a window")
        let feature = baseline.features[0]
        #expect(
            feature.upperBounds!.allSatisfy {
                GenericBins.shared.index(of: $0) != GenericBins.shared.index(of: $0.nextUp)
            }
        )
        #expect(feature.observations == 1_000)
        #expect(feature.ratios.allSatisfy { $0 < 0.2 })
        // Of 1...1000 the mean is 500.5, the deviation 288.7.
        let mean = zip(feature.positions!, feature.ratios).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(mean / 500.5 - 1) < 0.03)
        #expect(abs(feature.standardDeviation! / 288.7 - 1) < 0.03)
    }

    @Test func `has numbers in the bins in which they were counted`() throws {
        var random = SeededRandom(for: "windows")
        for _ in 0..<500 {
            let values = (0..<(1 + random.below(200))).map { _ in random.number() }
            let bins = 2 + random.below(19)
            let feature = try make(["x": counted(values)], bins: bins).features[0]
            let upperBounds = feature.upperBounds!
            var expected = Array(repeating: UInt64(0), count: upperBounds.count + 1)
            for value in values { expected[upperBounds.firstIndex { value <= $0 } ?? upperBounds.count] += 1 }
            check(feature.counts == expected, "\(values)")
            check(upperBounds.count < max(bins, 3), "\(feature)")
            check(zip(upperBounds, upperBounds.dropFirst()).allSatisfy { $0 < $1 }, "\(upperBounds)")
            let positions = feature.positions!
            check(zip(positions, positions.dropFirst()).allSatisfy { $0 <= $1 }, "\(positions)")
        }
    }

    @Test func `has a constant feature between two empty bins`() throws {
        #expect(try make(["x": counted([3, 3, 3])]).features[0].counts == [0, 3, 0])
        #expect(try make(["x": counted([0, 0, 0])]).features[0].counts == [0, 3, 0])
    }

    @Test func `has categories of texts, spelt as they will be looked up`() throws {
        let window = FeatureWindow(observations: ["a": 5, "True": 2, "true": 1, "other": 4, "z": 0], missing: 3)
        #expect(try make(["c": window]).summary == ["c categories a=5 true=3 other=4 missing=3"])
        #expect(try make(["c": window], topValues: 1).summary == ["c categories a=5 other=7 missing=3"])
    }

    @Test func `has a feature of numbers where most are, and the texts among them as missing`() throws {
        let feature = try make(["x": FeatureWindow(observations: ["1": 3, "n/a": 2], missing: 1)]).features[0]
        #expect(feature.counts == [0, 3, 0])
        #expect(feature.missing == 3)
        let texts = try make(["x": FeatureWindow(observations: ["1": 2, "L": 2])]).features[0]
        #expect(texts.categories == ["1", "L"])
    }

    @Test func `keeps the bins of the baseline under which it was counted`() throws {
        var existing = try train("x,c\n1,a\n2,a\n3,b\n4,c\n", options: .init(bins: 4, topValues: 2))
        existing.number = 7
        let window: [ByteText: FeatureWindow] = [
            "x": FeatureWindow(observations: ["01": 10, "04": 30], missing: 2, baseline: 7),
            "c": FeatureWindow(observations: ["a": 1, "other": 5], baseline: 7),
            "new": FeatureWindow(observations: ["v": 1]),
        ]
        let baseline = try make(window, existing: existing)
        #expect(baseline.features.map(\.name) == ["c", "new", "x"])
        #expect(baseline.features[0].categories == ["a", "b"])
        #expect(baseline.features[0].counts == [1, 0, 5])
        #expect(baseline.features[2].bins == existing.features[0].bins)
        #expect(baseline.features[2].counts == [10, 0, 0, 30])
        #expect(baseline.features[2].missing == 2)
    }

    @Test func `is refused when the bins are those of another baseline`() throws {
        var existing = try train("x\n1\n2\n")
        existing.number = 7
        let known = FeatureWindow(observations: ["01": 1], baseline: 7)
        let gone = "feature 'x': counted under the baseline 7, which is not there"
        func fault(_ window: [ByteText: FeatureWindow], _ existing: Baseline?) -> String? {
            (#expect(throws: BaselineError.self) { try make(window, existing: existing) }).map { "\($0)" }
        }
        #expect(fault(["x": known], nil) == gone)
        existing.number = 8
        #expect(fault(["x": known], existing) == gone)
        existing.number = 7
        #expect(fault(["y": known], existing) == "feature 'y': counted under the baseline 7, which is not there")
        let stray = FeatureWindow(observations: ["01": 1, "19": 1], baseline: 7)
        #expect(fault(["x": stray], existing) == "feature 'x': the baseline 7 has no bin '19'")
    }
}
