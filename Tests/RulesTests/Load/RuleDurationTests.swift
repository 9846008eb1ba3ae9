// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Rules

@Suite struct `Durations of rule files` {
    private static let good: [(String, Int64)] = [
        ("0", 0), ("0s", 0), ("1ms", 1), ("1s", 1_000), ("90s", 90_000), ("1m", 60_000), ("1h", 3_600_000),
        ("1h30m", 5_400_000), ("1d", 86_400_000), ("1w", 604_800_000), ("1y", 31_536_000_000),
        ("1y1w1d1h1m1s1ms", 32_230_861_001), ("0m30s", 30_000), ("007s", 7_000),
    ]

    private static let bad = [
        "''", "' '", "s", "1", "5.5m", "1,5m", "30m1h", "1m1m", "1s1m", "1 m", "' 1m'", "1m ago", "-1m", "+1m", "1M",
        "1H", "1us", "1ns", "1month", "१s", "1h-1m", "300y", "99999999999999999999s", "9223372036854775807ms",
        "292y52w", "inf", "NaN", "1e3s", "0x1s", "00", "[1m]", "{a: 1m}",
    ]

    @Test(arguments: good) func `are read as Prometheus reads them`(_ text: String, _ milliseconds: Int64) throws {
        let rule = try group(
            "groups: [{name: g, rules: [{alert: A, expr: x, for: \(text), keep_firing_for: \(text)}]}]"
        )
        .rules.first
        #expect(rule?.holdDuration == milliseconds && rule?.keepFiringFor == milliseconds)
        let group = try group("groups: [{name: g, query_offset: \(text)}]")
        #expect(group.queryOffset == milliseconds)
        if milliseconds > 0 {
            let groups = try RuleGroup.parse("groups: [{name: g, interval: \(text)}]", file: "r.yml")
            #expect(groups.map(\.interval) == [milliseconds])
        }
    }

    @Test(arguments: good) func `of an offset may be negative`(_ text: String, _ milliseconds: Int64) throws {
        #expect(try group("groups: [{name: g, query_offset: -\(text)}]").queryOffset == -milliseconds)
    }

    @Test(arguments: bad) func `that are none are refused wherever they stand`(_ text: String) {
        for file in [
            "groups:\n- {name: g, interval: \(text)}",
            "groups:\n- {name: g, query_offset: \(text == "-1m" ? "-" : text)}",
            "groups:\n- {name: g, rules: [{alert: A, expr: x, for: \(text)}]}",
            "groups:\n- {name: g, rules: [{alert: A, expr: x, keep_firing_for: \(text)}]}",
        ] {
            let faults = #expect(throws: RuleFileFaults.self, "\(file)") { try RuleGroup.parse(file, file: "r.yml") }
            #expect(faults?.places == ["r.yml:2:"])
        }
    }
}
