// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport
import Testing
import TimeSeries

@testable import Ingest

@Suite struct `Numbers of expositions` {
    @Test func `random decimals are read as strtod reads them`() {
        var random = SeededRandom(for: "random decimals")
        for _ in 0..<40_000 {
            var text = ["", "-", "+"].randomElement(using: &random) ?? ""
            let digits = 1 + random.below(random.below(4) == 0 ? 40 : 18)
            let point = random.below(2) == 0 ? -1 : random.below(digits + 1)
            for index in 0..<digits {
                if index == point { text += "." }
                text += String(random.below(10))
            }
            if random.below(3) == 0 {
                text += random.below(2) == 0 ? "e" : "E"
                text += ["", "-", "+"].randomElement(using: &random) ?? ""
                text += String(random.below(random.below(3) == 0 ? 340 : 30))
            }
            let expected = strtod(text, nil)
            let read = number(text, .text)
            check(expected.isFinite ? read?.bitPattern == expected.bitPattern : read == nil, "\(text)")
        }
    }

    @Test func `any Float64 is read back from its shortest text`() {
        var random = SeededRandom(for: "shortest texts")
        for _ in 0..<40_000 {
            let value = Double(bitPattern: random.next())
            if value.isNaN { continue }
            check(number(doubleText(value), .openMetrics)?.bitPattern == value.bitPattern, "\(value)")
        }
    }

    @Test func `halfway cases round to even`() {
        for text in [
            "9007199254740993", "9007199254740993.0", "9007199254740992.5", "1e23", "8.5e22", "0.3e-5",
            "1.0000000000000002220446049250313080847263336181640625",
        ] {
            #expect(number(text, .text) == strtod(text, nil), "\(text)")
        }
    }

    @Test func `words are numbers in any case, and each grammar has its own`() {
        for text in ["inf", "Inf", "+INF", "infinity", "InFiNiTy"] {
            #expect(number(text, .text) == .infinity)
            #expect(number(text, .openMetrics) == .infinity)
            #expect(number(text, .decimal) == nil)
        }
        #expect(number("-inf", .openMetrics) == -.infinity)
        #expect(number("NAN", .openMetrics)?.bitPattern == 0x7FF8_0000_0000_0001)
        #expect(number("NaN", .decimal) == nil)
        #expect(number("1e999", .openMetrics) == nil)
        #expect(number("1e999", .verdict) == .infinity)
        #expect(number("0x1p3", .openMetrics) == nil)
        #expect(number("0x1p3", .text) == 8)
    }
}
