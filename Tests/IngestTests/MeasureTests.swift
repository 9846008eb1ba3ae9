// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Ingest

@Suite struct `Measures` {
    private func parse(_ text: String) -> Measure { withBytes(text) { Measure.parse($0) } }

    @Test(
        arguments: [
            ("0", 0), ("1", 1_000_000), ("0.1", 100_000), ("1e-6", 1), ("0.000001", 1), ("1.2300000", 1_230_000),
            ("12e-1", 1_200_000), ("12E-1", 1_200_000), ("+5", 5_000_000), (".5", 500_000), ("5.", 5_000_000),
            ("-5", -5_000_000), ("-0", 0), ("-0.25", -250_000), ("007", 7_000_000), ("1e0", 1_000_000),
            ("1e+3", 1_000_000_000), ("0e999999", 0), ("0.0000000000000000000000", 0), ("1.00e-0006", 1),
            ("9223372036854.775807", Int64.max), ("-9223372036854.775807", -Int64.max),
            ("123456789.123456", 123_456_789_123_456),
            ("1000000e-12", 1), ("10000000000000000000e-25", 1), ("9.223372036854775807e12", Int64.max),
            // Longer than 64 bits only by zeros behind the point.
            ("1.00000000000000000000", 1_000_000), ("0.250000000000000000000000000", 250_000),
            ("1.000000000000000000000000e-3", 1_000), ("-3.50000000000000000000000", -3_500_000),
        ] as [(String, Int64)]
    )
    func `a whole number of millionths is exact, whatever way it is written`(text: String, micros: Int64) {
        #expect(parse(text) == .micros(micros))
    }

    @Test(
        arguments: [
            ("1e-7", 1e-7), ("0.1234567", 0.1234567), ("9223372036854.775808", 9223372036854.775808), ("1e300", 1e300),
            ("-1e300", -1e300), ("123456789012345678901234567890", 1.2345678901234568e29),
            ("1e-400", 0), ("12345678901234567890.5", 12345678901234567890.5), ("0.00000000000000000000001", 1e-23),
        ] as [(String, Double)]
    )
    func `a finer or larger number falls back to Float64`(text: String, value: Double) {
        #expect(parse(text) == .inexact(value))
    }

    @Test(arguments: [
        "", "-", "+", ".", "-.", "+-1", "--1", "1e", "1e+", "1e-", "e5", "1e5.5", "1e5e5", "0x10", "0x", "1_000", "1,5",
        "1.2.3",
        " 1", "1 ", "1\n", "nan", "NaN", "inf", "-inf", "Infinity", "1e400", "-1e400", "1e99999999999999999999", "1f",
        "½", "١", "1\0", "$1",
        "true", "null",
    ])
    func `anything else is no measure`(text: String) {
        #expect(parse(text) == .invalid)
    }

    @Test func `a random number of millionths is read back from every way to write it`() {
        var random = SeededRandom(for: "measures in many writings")
        for _ in 0..<20_000 {
            let micros =
                Int64.random(in: -Int64.max...Int64.max, using: &random) >> Int64.random(in: 0...62, using: &random)
            let magnitude = String(micros.magnitude)
            let padded = String(repeating: "0", count: max(0, 7 - magnitude.count)) + magnitude
            let whole = padded.dropLast(6)
            let fraction = padded.suffix(6)
            let sign = micros < 0 ? "-" : random.below(2) == 0 ? "+" : ""
            let zeros = String(repeating: "0", count: random.below(25))
            let writings = [
                "\(sign)\(whole).\(fraction)", "\(sign)\(whole).\(fraction)\(zeros)",
                "\(sign)\(zeros)\(whole).\(fraction)",
                "\(sign)\(magnitude)e-6", "\(sign)\(magnitude)0E-7", "\(sign)0.\(magnitude)e\(magnitude.count - 6)",
            ]
            for text in writings { check(parse(text) == .micros(micros), "\(text)") }
        }
    }

    @Test func `a random decimal is what Foundation's Decimal says it is`() throws {
        var random = SeededRandom(for: "measures against Decimal")
        var exact = 0
        for _ in 0..<20_000 {
            let digits = (0...random.below(15)).map { _ in String(random.below(10)) }.joined()
            let point = random.below(digits.count + 1)
            let exponent = random.below(20) - 10
            let text = "\(digits.prefix(point)).\(digits.dropFirst(point))e\(exponent)"
            let decimal = try #require(Decimal(string: (point == 0 ? "0" : "") + text, locale: nil))
            let scaled = decimal * 1_000_000
            var rounded = Decimal()
            var source = scaled
            NSDecimalRound(&rounded, &source, 0, .plain)
            if rounded == scaled, scaled <= Decimal(Int64.max) {
                exact += 1
                #expect(parse(text) == .micros((scaled as NSDecimalNumber).int64Value), "\(text)")
            } else {
                #expect(parse(text) == .inexact(try #require(Double(text))), "\(text)")
            }
        }
        print("IngestTests: \(exact) of 20000 random decimals were whole millionths")
        #expect(exact > 1_000)
    }

    @Test func `every text of up to four likely characters is a number just when the grammar says so`() {
        let letters = Array("0 1.e-+x".replacing(" ", with: ""))
        var texts = [""]
        var longest = [""]
        for _ in 0..<5 {
            longest = longest.flatMap { start in letters.map { start + String($0) } }
            texts += longest
        }
        var numbers = 0
        for text in texts {
            let isNumber = text.wholeMatch(of: /[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?/) != nil
            check((parse(text) != .invalid) == isNumber, "\(text)")
            numbers += isNumber ? 1 : 0
        }
        print("IngestTests: \(texts.count) short texts, \(numbers) of them numbers")
    }

    @Test func `the nearest Float64 is the one that Swift reads`() throws {
        var random = SeededRandom(for: "nearest")
        for _ in 0..<100_000 {
            let digits = String((0..<(1 + random.below(20))).map { _ in Character("\(random.below(10))") })
            let point = random.below(digits.count + 1)
            let sign = random.below(2) == 0 ? "-" : ""
            let text = "\(sign)\(digits.prefix(point))0.\(digits.dropFirst(point))1"
            let nearest = withBytes(text) { Measure.parse($0).nearest($0) }
            check(nearest == Double(text), "\(text): \(String(describing: nearest))")
        }
        for text in ["9007199254.740992", "9007199254.740993", "9223372036854.775807", "-9223372036854.775807", "-0"] {
            #expect(withBytes(text) { Measure.parse($0).nearest($0) } == Double(text))
        }
        #expect(withBytes("NaN") { Measure.parse($0).nearest($0) } == nil)
    }
}
