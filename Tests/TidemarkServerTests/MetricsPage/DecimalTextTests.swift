// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TidemarkServer

/// The text of a total, through the same memory as on the page.
private func total(_ units: Int128, _ decimals: Int = 0, inexact: Double = 0) -> String {
    withUnsafeTemporaryAllocation(byteCount: longestNumber, alignment: 1) { memory in
        guard let base = memory.baseAddress else { return "" }
        let count = writeTotal(units: units, decimals: decimals, inexact: inexact, at: base)
        return String(decoding: memory[..<count], as: UTF8.self)
    }
}

@Suite struct DecimalTextTests {
    @Test func `whole numbers print as they are, up to the edges of their types`() {
        for value: Int128 in [0, 1, 9, 10, 99, 100, 999, 1000, 9_999, 10_000, 99_999, 123_456_789, -1, -10] {
            #expect(total(value) == "\(value)")
        }
        for value in [Int128(Int64.max), Int128(Int64.min), Int128(Int64.max) + 1, Int128(Int64.min) - 1, .max, .min] {
            #expect(total(value) == "\(value)")
        }
    }

    @Test func `micro-units print with a point and without trailing zeros`() {
        #expect(total(1_234_500, 6) == "1.2345")
        #expect(total(1, 6) == "0.000001")
        #expect(total(10, 6) == "0.00001")
        #expect(total(999_999, 6) == "0.999999")
        #expect(total(1_000_000, 6) == "1")
        #expect(total(0, 6) == "0")
        #expect(total(-1_500_000, 6) == "-1.5")
        #expect(total(1_700_000_000_123, 3) == "1700000000.123")
        #expect(total(Int128(Int64.max), 6) == "9223372036854.775807")
        #expect(total(Int128(Int64.max) + 1, 6) == "9223372036854.775808")
        #expect(total(10_000_000_000_000_000_000_000_000, 6) == "10000000000000000000")
    }

    @Test func `every number of digits prints exactly`() {
        var value: Int128 = 7
        for _ in 0..<36 {
            #expect(total(value) == "\(value)")
            #expect(total(value - 1) == "\(value - 1)")
            value = value * 10 + 7
        }
    }

    @Test func `random totals equal what String and division say`() {
        var generator = SplitMix(seed: 20_26)
        for _ in 0..<2_000 {
            let magnitude =
                UInt64.random(in: 0...UInt64.max, using: &generator) >> UInt64.random(in: 0...63, using: &generator)
            let (whole, fraction) = magnitude.quotientAndRemainder(dividingBy: 1_000_000)
            var expected = "\(whole)"
            if fraction > 0 {
                var digits = String(String(fraction + 1_000_000).dropFirst())
                while digits.hasSuffix("0") { digits.removeLast() }
                expected += "." + digits
            }
            #expect(total(Int128(magnitude), 6) == expected, "seed 2026")
        }
    }

    @Test func `an inexact part makes the shortest Float64 of the sum`() {
        #expect(total(1_500_000, 6, inexact: 0.25) == "1.75")
        #expect(total(0, 6, inexact: 1e-9) == "1e-09")
        #expect(total(0, 0, inexact: 1e300) == "1e+300")
        #expect(total(1, 0, inexact: 0.5) == "1.5")
    }

    @Test func `Float64 prints as Prometheus spells it`() {
        #expect(doubleText(1) == "1")
        #expect(doubleText(0.1) == "0.1")
        #expect(doubleText(-0.0) == "-0")
        #expect(doubleText(.infinity) == "+Inf")
        #expect(doubleText(-.infinity) == "-Inf")
        #expect(doubleText(.nan) == "NaN")
        #expect(Double(doubleText(.greatestFiniteMagnitude)) == .greatestFiniteMagnitude)
        #expect(Double(doubleText(.leastNonzeroMagnitude)) == .leastNonzeroMagnitude)
    }
}

/// A seeded generator. Source: Sebastiano Vigna, SplitMix64.
struct SplitMix: RandomNumberGenerator {
    var seed: UInt64

    mutating func next() -> UInt64 {
        seed &+= 0x9E37_79B9_7F4A_7C15
        var mixed = seed
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
