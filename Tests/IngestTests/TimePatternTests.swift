// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Ingest

@Suite struct `Time patterns` {
    @Test(
        arguments: [
            ("yyyy-MM-dd HH:mm:ss", "2025-06-15 15:06:40", 1_750_000_000_000),
            ("yyyy-MM-dd HH:mm:ss.S", "2025-06-15 15:06:40.5", 1_750_000_000_500),
            ("yyyy-MM-dd HH:mm:ss.SS", "2025-06-15 15:06:40.05", 1_750_000_000_050),
            ("yyyy-MM-dd HH:mm:ss.SSS", "2025-06-15 15:06:40.123", 1_750_000_000_123),
            ("yyyy-MM-dd HH:mm:ss.SSSSSS", "2025-06-15 15:06:40.123999", 1_750_000_000_123),
            ("yyyy-MM-dd HH:mm:ss.SSSSSSSSS", "2025-06-15 15:06:40.000999999", 1_750_000_000_000),
            ("MM/dd/yyyy", "06/15/2025", 1_749_945_600_000),
            ("dd.MM.yyyy HH:mm", "15.06.2025 15:06", 1_749_999_960_000),
            ("yyyyMMdd'T'HHmmss", "20250615T150640", 1_750_000_000_000),
            ("'day 'yyyyMMdd", "day 20250615", 1_749_945_600_000),
            ("yyyy年MM月dd日", "2025年06月15日", 1_749_945_600_000),
            ("yyyy--MM--dd", "2025--06--15", 1_749_945_600_000),
            ("HH:mm yyyy-MM-dd", "15:06 2025-06-15", 1_749_999_960_000),
            ("yyyy-MM-dd", "2024-02-29", 1_709_164_800_000),
        ] as [(String, String, Int64)]
    )
    func `a text that fits is read`(pattern: String, text: String, milliseconds: Int64) throws {
        let pattern = try #require(TimePattern(pattern))
        #expect(withBytes(text) { pattern.read($0) } == milliseconds)
    }

    @Test(arguments: [
        "", "2025-06-15 15:06:4", "2025-06-15 15:06:40 ", "2025-06-15 15:06:400", "2025-06-15T15:06:40",
        "2025-6-15 15:06:40",
        "2025-02-29 15:06:40", "2025-13-01 15:06:40", "2025-06-15 24:06:40", "2025-06-15 15:60:40",
        "abcd-06-15 15:06:40",
        "2025-06-15 15:06:61", "+025-06-15 15:06:40", "2025-06-15 15:06:40Z",
    ])
    func `a text that does not fit is none`(text: String) throws {
        let pattern = try #require(TimePattern("yyyy-MM-dd HH:mm:ss"))
        #expect(withBytes(text) { pattern.read($0) } == nil)
    }

    @Test(arguments: [
        "", "HH:mm:ss", "yyyy-MM", "MM-dd", "yyyy-dd", "yy-MM-dd", "yyyy-M-dd", "yyyy-MM-d", "yyyyy-MM-dd",
        "yyyy-MM-dd hh:mm",
        "yyyy-MM-dd a", "yyyy-MM-ddZ", "yyyy-MM-dd'T", "yyyy-MM-dd H", "yyyy-MM-dd SSSSSSSSSS", "YYYY-MM-DD",
    ])
    func `a pattern without a date or with an unknown letter is refused`(pattern: String) {
        #expect(TimePattern(pattern) == nil)
    }
}
