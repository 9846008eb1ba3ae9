// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import PromQL

@Suite struct `Values of a series` {
    /// Each value as text: numbers, `_`, `stale`.
    private func values(_ text: String) throws -> [String] {
        try SeriesNotation.values(text).map { value in
            switch value {
            case .omitted: "_"
            case .number(let number): SampleColumns.isStale(number) ? "stale" : "\(number)"
            case .histogram: "histogram"
            }
        }
    }

    @Test(arguments: [
        ("1 -2 +3.5 1e3 .5", ["1.0", "-2.0", "3.5", "1000.0", "0.5"]),
        ("_ _x3 stale", ["_", "_", "_", "_", "stale"]),
        ("7x2", ["7.0", "7.0", "7.0"]),
        ("1+2x2\t1-2x2", ["1.0", "3.0", "5.0", "1.0", "-1.0", "-3.0"]),
        ("-1+1x1 1e-1-1e-1x1", ["-1.0", "0.0", "0.1", "0.0"]),
        ("NaN Inf -Inf +Inf NaNx1 -infx1", ["nan", "inf", "-inf", "inf", "nan", "nan", "-inf", "-inf"]),
        ("0x2 1x0", ["0.0", "0.0", "0.0", "1.0"]),
        ("_x0 1", ["1.0"]),
        ("", []),
    ])
    func `are read`(_ text: String, _ expected: [String]) throws {
        #expect(try values(text) == expected)
    }

    @Test(arguments: [
        "a", "1+2", "1+", "1x", "1x-1", "1x99999999999999999999", "_y", "1y", "--1", "1,2", "x3", "{", "{{", "{{}}y",
        "1x999999 1", "stalex", "+", ".",
    ])
    func `that are wrong are told, not read`(_ text: String) {
        #expect(throws: SeriesNotationError.self) { try values(text) }
    }

    @Test(arguments: [
        ("m 1 2", "m", " 1 2"), (#"{"a b"="c} d"} 1"#, #"{"a b"="c} d"}"#, " 1"),
        ("m{a='\\' '}\t1", "m{a='\\' '}", "\t1"),
        ("m", "m", ""), (#"m{a=""#, #"m{a=""#, ""), (#"m{a="\"#, #"m{a="\"#, ""),
    ])
    func `begin behind the labels`(_ line: String, _ metric: String, _ values: String) {
        let (left, right) = SeriesNotation.split(line)
        #expect(left == metric)
        #expect(right == values)
    }
}

@Suite struct `Times in scripts` {
    @Test(arguments: [
        ("0", 0), ("5m", 300_000), ("1h30m", 5_400_000), ("10s53ms", 10_053), ("1y2w3d", 33_004_800_000 as Int64),
    ])
    func `are durations`(_ text: String, _ expected: Int64) throws {
        #expect(try DurationText.milliseconds(of: text) == expected)
    }

    @Test(arguments: ["", "5", "-5m", "1m1h", "1m1m", "1.5s", "m", "99999999999y", "5 m"])
    func `that are no durations are not read`(_ text: String) {
        #expect(throws: DurationText.Fault.self) { try DurationText.milliseconds(of: text) }
    }

    @Test func `of starts are relative, with steps, repetitions and gaps`() throws {
        #expect(
            try StartTimeNotation.offsets("_ _x2 -30s-1mx2 1ms+1sx1 * 0 -0ms *x1 5sx1")
                == [
                    nil, nil, nil, -30_000, -90_000, -150_000, 1, 1_001, 1_001, 0, 0, 0, 0, 5_000, 5_000,
                ]
        )
    }

    @Test(arguments: ["5", "1s+2s", "1s*2sx3", "_x0", "x", "-", "1sx1000000"])
    func `of starts that are wrong are told`(_ text: String) {
        #expect(throws: SeriesNotationError.self) { try StartTimeNotation.offsets(text) }
    }
}

@Suite struct `Approximate equality` {
    @Test func `is relative, knows NaN and keeps the staleness marker apart`() {
        #expect(ApproximateEquality.holds(1, 1.000_000_5))
        #expect(!ApproximateEquality.holds(1, 1.000_01))
        #expect(!ApproximateEquality.holds(0, 1e-300))
        #expect(ApproximateEquality.holds(.nan, -.nan))
        #expect(!ApproximateEquality.holds(.nan, SampleColumns.staleMarker))
        #expect(ApproximateEquality.holds(SampleColumns.staleMarker, SampleColumns.staleMarker))
        #expect(!ApproximateEquality.holds(.infinity, -.infinity))
        #expect(!ApproximateEquality.holds(.infinity, 1e308))
    }
}
