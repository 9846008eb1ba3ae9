// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import TimeSeries

/// What one of the writers writes.
private func text(
    _ value: Double,
    _ write: (Double, UnsafeMutableRawPointer) -> Int = { writeSampleValue($0, at: $1) }
) -> String {
    withUnsafeTemporaryAllocation(byteCount: longestPlainNumber, alignment: 1) { memory in
        guard let base = memory.baseAddress else { return "" }
        let count = write(value, base)
        return String(decoding: memory[..<count], as: UTF8.self)
    }
}

@Suite struct SampleTextTests {
    @Test func `sample values are plain from a millionth up to 1e21, and have exponents beyond`() {
        let expected: KeyValuePairs<Double, String> = [
            0: "0", -0.0: "-0", 1: "1", -1.5: "-1.5", 1e15: "1000000000000000", 0.1: "0.1",
            1e-6: "0.000001", -1.25e-6: "-0.00000125", 9.99e-7: "9.99e-07", 1e-7: "1e-07", 5e-5: "0.00005",
            1e20: "100000000000000000000", 1.2345678901234568e20: "123456789012345680000", 1e21: "1e+21",
            1.5e300: "1.5e+300", 18_014_398_509_481_988: "18014398509481988", 1234567890123456.8: "1234567890123456.8",
            .infinity: "+Inf", -.infinity: "-Inf", .nan: "NaN",
        ]
        for (value, spelled) in expected { #expect(text(value) == spelled) }
    }

    @Test func `scalars never have an exponent`() {
        let plain = { (value: Double) in text(value) { writePlainDouble($0, at: $1) } }
        #expect(plain(1.5e-9) == "0.0000000015")
        #expect(plain(1e21) == "1000000000000000000000")
        #expect(plain(.greatestFiniteMagnitude).count == 309)
        #expect(plain(-.leastNonzeroMagnitude).count == 327)
        #expect(Double(plain(.leastNonzeroMagnitude)) == .leastNonzeroMagnitude)
    }

    @Test func `whatever is written reads back as the same number and is the shortest that does`() {
        var random = SystemRandomNumberGenerator()
        for round in 0..<20_000 {
            var value = Double(bitPattern: random.next())
            if round % 2 == 0 { value = Double.random(in: -1e9...1e9).rounded() / [1, 100, 1e4, 1e6, 1e7][round % 5] }
            guard value.isFinite else { continue }
            #expect(Double(text(value)) == value)
            let digits = { (text: String) in text.prefix { $0 != "e" }.filter(\.isNumber).drop { $0 == "0" } }
            let trimmed = { (text: String) in
                var kept = String(digits(text))
                while kept.hasSuffix("0") { kept.removeLast() }
                return kept
            }
            #expect(trimmed(text(value)) == trimmed(doubleText(value)), "\(value)")
        }
    }
}
