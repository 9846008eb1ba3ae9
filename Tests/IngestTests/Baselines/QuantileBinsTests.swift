// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Ingest

@Suite struct `Quantile bins` {
    private func numeric(_ values: [Double], bins: Int = 10) -> FeatureBaseline {
        FeatureBaseline(name: "x", sorted: values.sorted(), missing: 0, bins: bins)
    }

    @Test func `a hundred different values make ten bins of ten`() {
        let feature = numeric((1...100).map(Double.init))
        #expect(feature.upperBounds == [10, 20, 30, 40, 50, 60, 70, 80, 90])
        #expect(feature.counts == Array(repeating: 10, count: 10))
        #expect(feature.ratios.allSatisfy { $0 == 0.1 })
        let positions = feature.positions ?? []
        #expect(positions.count == 10)
        for (bin, position) in positions.enumerated() { #expect(abs(position - (10 * Double(bin) + 5.5)) < 1e-12) }
        // √((100² − 1) / 12)
        #expect(abs(feature.standardDeviation! - 28.86607004772212) < 1e-12)
        #expect(feature.binLabels == ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10"])
    }

    @Test func `the quantile p of n values is the one at the rank n·p, rounded up`() {
        #expect(numeric([10, 20, 30, 40, 50, 60, 70], bins: 4).upperBounds == [20, 40, 60])
        #expect(numeric([10, 20, 30, 40], bins: 2).upperBounds == [20])
        #expect(numeric([10, 20, 30], bins: 2).upperBounds == [20])
    }

    @Test(arguments: [2, 3, 10, 20]) func `a constant feature has empty bins on both sides`(bins: Int) {
        let feature = numeric([7, 7, 7, 7], bins: bins)
        #expect(feature.upperBounds == [Double(7).nextDown, 7])
        #expect(feature.counts == [0, 4, 0])
        #expect(feature.positions == [Double(7).nextDown, 7, 7])
        #expect(feature.standardDeviation == 0)
        #expect(feature.normalisedPositions == feature.positions)
    }

    @Test func `a binary feature has empty bins around and between its values`() {
        let feature = numeric([0, 0, 0, 0, 0, 0, 0, 1, 1, 1])
        #expect(feature.upperBounds == [Double(0).nextDown, 0, Double(1).nextDown, 1])
        #expect(feature.counts == [0, 7, 0, 3, 0])
    }

    @Test func `a value with more than a bin's share has a bin of its own`() {
        let feature = numeric(Array(repeating: 0, count: 60) + (1...40).map(Double.init))
        #expect(feature.upperBounds == [Double(0).nextDown, 0, 10, 20, 30])
        #expect(feature.counts == [0, 60, 10, 10, 10, 10])
    }

    @Test func `infinities are in the outer bins and beside the means`() {
        let feature = numeric([-.infinity, 1, 2, 3, 4, .infinity], bins: 3)
        #expect(feature.upperBounds == [1, 3])
        #expect(feature.counts == [2, 2, 2])
        #expect(feature.positions == [1, 2.5, 4])
        let endless = numeric([.infinity, .infinity, -.infinity])
        #expect(endless.upperBounds == [.greatestFiniteMagnitude])
        #expect(endless.counts == [1, 2])
        #expect(endless.standardDeviation == 0)
    }

    @Test func `nothing makes one empty bin`() {
        let feature = numeric([])
        #expect(feature.upperBounds == [])
        #expect(feature.counts == [0])
        #expect(feature.positions == [0])
        #expect(feature.ratios == [0])
        #expect(feature.missingRatio == 0)
    }

    @Test func `numbers at the edges of Float64 have finite means and a finite deviation`() {
        let largest = Double.greatestFiniteMagnitude
        let feature = numeric([-largest, -largest, largest, largest])
        #expect(feature.positions!.allSatisfy { $0.isFinite })
        #expect(feature.standardDeviation == largest)
    }

    @Test func `of any values, bounds ascend, counts are exact and shares are equal but for ties`() {
        var random = SeededRandom(for: "quantile bins")
        for _ in 0..<3_000 {
            let bins = 2 + random.below(19)
            let distinct = 1 + random.below(60)
            let pool = (0..<distinct).map { _ in random.number() }
            let values = (0..<(1 + random.below(400))).map { _ in pool[random.below(distinct)] }.sorted()
            let feature = numeric(values, bins: bins)
            let upperBounds = feature.upperBounds!
            check(upperBounds.count < max(bins, 3), "\(bins) bins: \(upperBounds)")
            check(zip(upperBounds, upperBounds.dropFirst()).allSatisfy { $0 < $1 }, "\(upperBounds)")
            check(upperBounds.allSatisfy(\.isFinite), "\(upperBounds)")
            check(feature.observations == UInt64(values.count), "\(feature)")
            for (bin, count) in feature.counts.enumerated() {
                let lower = bin == 0 ? nil : upperBounds[bin - 1]
                let upper = bin < upperBounds.count ? upperBounds[bin] : nil
                let inside = values.filter { value in
                    (lower.map { value > $0 } ?? true) && (upper.map { value <= $0 } ?? true)
                }
                check(inside.count == Int(count), "bin \(bin) of \(feature)")
                // More than a share, rounded up, is only there where one value has it. (No bound parts infinities.)
                let finite = inside.filter(\.isFinite)
                let share = (values.count + bins - 1) / bins
                let most = Dictionary(grouping: finite) { $0 }.values.map(\.count).max() ?? 0
                check(finite.count <= share + most, "bin \(bin): \(finite.count) of \(values.count) in \(bins)")
                if let first = finite.first, let last = finite.last {
                    let position = feature.positions![bin]
                    let slack = max(first.magnitude, last.magnitude) * 1e-12 + .leastNonzeroMagnitude
                    check(position >= first - slack && position <= last + slack, "\(position): \(first)...\(last)")
                }
            }
        }
    }
}
