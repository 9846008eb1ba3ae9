// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import Ingest

@Suite struct `Unix times` {
    private func unix(_ text: String) -> Int64? { withBytes(text) { EventTime.unix($0) } }

    @Test(
        arguments: [
            ("0", 0), ("1", 1_000), ("1750000000", 1_750_000_000_000), ("1750000000.5", 1_750_000_000_500),
            ("1750000000.1239", 1_750_000_000_123), ("1750000000.123456789", 1_750_000_000_123),
            ("1.75e9", 1_750_000_000_000),
            ("1750000000000", 1_750_000_000_000), ("1.75e12", 1_750_000_000_000),
            ("1750000000000.9", 1_750_000_000_000),
            ("99999999999", 99_999_999_999_000), ("99999999999.999", 99_999_999_999_999),
            ("100000000000", 100_000_000_000), ("1e11", 100_000_000_000), ("100000000000.5", 100_000_000_000),
            ("100000000001", 100_000_000_001),
            ("-1", -1_000), ("-0.5", -500), ("-0.0001", -1), ("-100000000000", -100_000_000_000_000),
            ("1e14", 100_000_000_000_000), ("1e-9", 0),
        ] as [(String, Int64)]
    )
    func `seconds below 1e11 and milliseconds from there on, cut to milliseconds`(text: String, milliseconds: Int64) {
        #expect(unix(text) == milliseconds)
    }

    @Test(arguments: ["", "-", "abc", "1e400", "1e15", "-1e15", "1e300", "nan", "0x1", "1 ", "2025-06-15T15:06:40Z"])
    func `no number, or one beyond any calendar, is none`(text: String) {
        #expect(unix(text) == nil)
    }

    @Test(
        arguments: [
            ("0", 0), ("1750000000", 1_750_000_000), ("1750000000000", 1_750_000_000_000),
            ("1750000000000.9", 1_750_000_000_000),
            ("-0.5", -1), ("99999999999", 99_999_999_999), ("1e14", 100_000_000_000_000), ("0.1234567", 0),
        ] as [(String, Int64)]
    )
    func `milliseconds stay milliseconds when the mapping says so`(text: String, milliseconds: Int64) {
        #expect(withBytes(text) { EventTime.unixMilliseconds($0) } == milliseconds)
    }

    @Test(arguments: ["", "x", "1e15", "-1e300"])
    func `no milliseconds are none`(text: String) {
        #expect(withBytes(text) { EventTime.unixMilliseconds($0) } == nil)
    }

    @Test func `random seconds and milliseconds come back`() {
        var random = SeededRandom(for: "Unix times")
        for _ in 0..<20_000 {
            let milliseconds = Int64.random(in: 100_000_000_000...4_000_000_000_000, using: &random)
            #expect(unix("\(milliseconds)") == milliseconds)
            let fraction = String(milliseconds % 1_000 + 1_000).dropFirst()
            #expect(unix("\(milliseconds / 1_000).\(fraction)") == milliseconds)
            #expect(unix("\(milliseconds / 1_000).\(fraction)999") == milliseconds)
        }
    }
}
