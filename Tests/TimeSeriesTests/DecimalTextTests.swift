// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import TimeSeries

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
        var generator = SeededRandom(seed: 20_26)
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

    @Test func `Float64 written into memory has the text of doubleText`() {
        let seed = UInt64.random(in: .min ... .max)
        print("TimeSeriesTests: Float64 written into memory, seed \(seed)")
        var random = SeededRandom(seed: seed)
        var values: [Double] = [0, -0.0, 1, -1, 0.1, 1e15, 1e15 + 1, 1e16, 1e-4, 9.9e-5, 123_456.789, .nan, .infinity]
        values += [-.infinity, 0.000001, 999_999_999.999999, 1e9 + 0.5, .leastNonzeroMagnitude, 2.5, 1 / 3]
        for _ in 0..<30_000 {
            let units = Double(Int64.random(in: -2_000_000_000_000...2_000_000_000_000, using: &random))
            values.append(units / [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8].randomElement(using: &random)!)
            values.append(Double(bitPattern: random.next()))
        }
        withUnsafeTemporaryAllocation(byteCount: longestNumber, alignment: 1) { memory in
            for value in values {
                let count = writeDouble(value, at: memory.baseAddress!)
                let text = String(decoding: memory[..<count], as: UTF8.self)
                if text != doubleText(value) { Issue.record("\(value) is written \(text)") }
            }
        }
    }
}
