// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Ingest

@Suite struct `Generic bins` {
    private let bins = GenericBins.shared

    private func label(_ value: Double) -> String {
        String(decoding: bins.label(bins.index(of: value)), as: UTF8.self)
    }

    @Test(
        arguments: [
            (0, "0"), (-0.0, "0"), (0x1p-31, "0"), (0x1p-30, "0"), (-0x1p-30, "0"), (.leastNonzeroMagnitude, "0"),
            (0x1.0000001p-30, "1.016e-09"), (1, "1"), (1.0.nextUp, "1.091"), (1.05, "1.091"), (2, "2"), (3, "3.084"),
            (0.25, "0.25"), (-0.25, "-0.25"), (-0.2, "-0.2102"), (-1, "-1"), (1_000, "1024"), (100_000, "101100"),
            (1e6, "1.049e+06"), (0x1p40, "1.1e+12"), (1e300, "1.1e+12"), (.infinity, "1.1e+12"),
            (-.infinity, "-1.1e+12"), (-0x1p40, "-1.1e+12"),
        ] as [(Double, String)]
    )
    func `a label is the upper bound of the magnitude`(value: Double, expected: String) {
        #expect(label(value) == expected)
    }

    @Test func `every bin has a label of its own, by which its bounds are found`() throws {
        var seen: Set<String> = []
        for index in 0..<GenericBins.count {
            let text = String(decoding: bins.label(index), as: UTF8.self)
            #expect(seen.insert(text).inserted)
            let (lower, upper) = GenericBins.bounds(try #require(bins.index(ofLabel: text)))
            #expect(bins.index(of: upper) == index)
            #expect(bins.index(of: lower.nextUp) == index)
            #expect(bins.index(of: GenericBins.middle(index)) == index)
            if lower.isFinite { #expect(bins.index(of: lower) != index) }
            if upper.isFinite { #expect(bins.index(of: upper.nextUp) != index) }
        }
        for text in ["", "3", "1.0", "+1", "-0", "01", "1.092", "NaN", "other"] {
            #expect(bins.index(ofLabel: text) == nil)
        }
    }

    @Test func `bins follow each other without a gap`() {
        let all = (0..<GenericBins.count).map(GenericBins.bounds).sorted { $0.lower < $1.lower }
        #expect(all.first?.lower == -.infinity)
        #expect(all.last?.upper == .infinity)
        for (below, above) in zip(all, all.dropFirst()) { #expect(below.upper == above.lower) }
    }

    @Test func `a number is in the bin that logarithms say`() {
        var random = SeededRandom(for: "generic bins")
        for _ in 0..<200_000 {
            let value = random.chance(50) ? random.number() : Double(bitPattern: random.next())
            if value.isNaN { continue }
            let index = bins.index(of: value)
            let (lower, upper) = GenericBins.bounds(index)
            check(value > lower && value <= upper || value == -.infinity, "\(value): \(lower), \(upper)")
            let power = log2(value.magnitude) * 8
            if power > -239.9, power < 319, abs(power - power.rounded()) > 1e-6 {
                check(index == Int(power.rounded(.up)) + 240 + (value < 0 ? 560 : 0), "\(value): \(index)")
            }
        }
    }
}
