// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing

@testable import Ingest

@Suite struct `Times of RFC 3339` {
    private func parse(_ text: String) -> Int64? { withBytes(text) { EventTime.rfc3339($0) } }

    @Test(
        arguments: [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-01-01T00:00:00.001Z", 1),
            ("2025-06-15T15:06:40Z", 1_750_000_000_000),
            ("2025-06-15 15:06:40Z", 1_750_000_000_000),
            ("2025-06-15t15:06:40z", 1_750_000_000_000),
            ("2025-06-15T15:06:40.5Z", 1_750_000_000_500),
            ("2025-06-15T15:06:40.05Z", 1_750_000_000_050),
            ("2025-06-15T15:06:40.123Z", 1_750_000_000_123),
            ("2025-06-15T15:06:40.123999Z", 1_750_000_000_123),
            ("2025-06-15T15:06:40.999999999999999999999999Z", 1_750_000_000_999),
            ("2025-06-15T15:06:40+00:00", 1_750_000_000_000),
            ("2025-06-15T15:06:40-00:00", 1_750_000_000_000),
            ("2025-06-16T00:06:40+09:00", 1_750_000_000_000),
            ("2025-06-16T00:06:40+0900", 1_750_000_000_000),
            ("2025-06-15T11:36:40.250-03:30", 1_750_000_000_250),
            ("2019-11-24 00:00:06.004394+00:00", 1_574_553_606_004),
            ("2025-06-15T23:59:59+23:59", 1_749_945_659_000),
            ("2024-02-29T00:00:00Z", 1_709_164_800_000),
            ("2000-02-29T00:00:00Z", 951_782_400_000),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000),
            ("2016-12-31T23:59:60.5Z", 1_483_228_800_500),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999),
            ("1969-12-31T23:59:59Z", -1_000),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000),
        ] as [(String, Int64)]
    )
    func `a time with a zone is read`(text: String, milliseconds: Int64) {
        #expect(parse(text) == milliseconds)
    }

    @Test(arguments: [
        "", "2025", "2025-06-15", "2025-06-15T15:06:40", "2025-06-15T15:06:40.5", "2025-06-15T15:06Z",
        "2025-06-15T15:06:40.Z",
        "2025-06-15T15:06:40 Z", " 2025-06-15T15:06:40Z", "2025-06-15T15:06:40Z ", "2025-06-15T15:06:40Zx",
        "2025-06-15_15:06:40Z", "2025/06/15T15:06:40Z", "20250615T150640Z", "2025-06-15T15.06.40Z",
        "2025-6-15T15:06:40Z0",
        "2025-00-15T15:06:40Z", "2025-13-15T15:06:40Z", "2025-06-00T15:06:40Z", "2025-06-31T15:06:40Z",
        "2025-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2024-02-30T00:00:00Z",
        "2025-06-15T24:00:00Z", "2025-06-15T15:60:00Z", "2025-06-15T15:06:61Z", "2025-06-15T-1:06:40Z",
        "2025-06-15T15:06:40+9:00", "2025-06-15T15:06:40+09", "2025-06-15T15:06:40+24:00", "2025-06-15T15:06:40+09:60",
        "2025-06-15T15:06:40+09:00Z", "2025-06-15T15:06:40+09-00", "2025-06-15T15:06:40+", "2025-06-15T15:06:40EST",
        "2025-06-15T15:06:40,5Z", "-2025-06-15T15:06:40Z", "+2025-06-15T15:06:40Z", "12025-06-15T15:06:40Z",
        "２０２５-06-15T15:06:40Z", "2025-06-15T15:06:40+0 :00", "2025-06-15T15:06:40.5",
    ])
    func `anything else is none`(text: String) {
        #expect(parse(text) == nil)
    }

    @Test func `random instants are read as Foundation writes them`() {
        var random = SeededRandom(for: "RFC 3339 against Foundation")
        let plain = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for _ in 0..<5_000 {
            let milliseconds = Int64.random(in: -2_208_988_800_000...7_258_118_400_000, using: &random)
            let zone = TimeZone(secondsFromGMT: (random.below(28 * 4) - 14 * 4) * 900)!
            let date = Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
            let style = Date.ISO8601FormatStyle(
                timeZoneSeparator: random.below(2) == 0 ? .colon : .omitted,
                includingFractionalSeconds: true,
                timeZone: zone
            )
            for text in [date.formatted(plain), date.formatted(style)] {
                // Foundation cuts the fraction of a Double, which may be a hair below the millisecond.
                let read = parse(text)
                #expect(read == milliseconds || read == milliseconds - 1, "\(text)")
            }
        }
    }

    @Test func `a byte changed at random is never read out of bounds`() {
        var random = SeededRandom(for: "RFC 3339 with changed bytes")
        let start = bytes("2025-06-15T15:06:40.123456+09:00")
        var read = 0
        for _ in 0..<50_000 {
            var text = Array(start.prefix(random.below(start.count + 1)))
            for _ in 0..<random.below(3) where !text.isEmpty {
                text[random.below(text.count)] = UInt8(random.below(256))
            }
            if text.withUnsafeBufferPointer({ EventTime.rfc3339($0) }) != nil { read += 1 }
        }
        #expect(read > 0)
    }

    @Test func `with the last minute remembered they are the same`() {
        var random = SeededRandom(for: "the last minute")
        var memo = MinuteMemo()
        let texts = [
            "2025-06-15T15:06:40.123Z", "2025-06-15T15:06:59.999Z", "2016-12-31T23:59:60.500Z",
            "2025-06-15T15:06:40.123+09:00", "2025-06-15T15:06:40+0900", "1969-12-31T23:59:59.000Z",
            "2025-06-15 15:06:40.123Z", "2025-06-15T15:06:40.123z", "2025-06-15T15:06:61.000Z",
        ]
        for _ in 0..<50_000 {
            var text = bytes(texts[random.below(texts.count)])
            if random.below(2) == 0 { text[17 + random.below(2)] = UInt8(0x30 + random.below(10)) }
            if random.below(8) == 0 { text[random.below(text.count)] = UInt8(random.below(128)) }
            let (read, remembered) = text.withUnsafeBufferPointer { (EventTime.rfc3339($0), memo.milliseconds($0)) }
            check(read == remembered, "\(String(decoding: text, as: UTF8.self))")
        }
        var nothing = MinuteMemo()
        let zeros = Array(repeating: UInt8(0), count: 16) + bytes(":00.000Z")
        #expect(zeros.withUnsafeBufferPointer { nothing.milliseconds($0) } == nil)
    }
}
