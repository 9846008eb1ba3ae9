// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import PromQL

@Suite struct `Test scripts` {
    /// What is told of a script, by line.
    private func failures(_ text: String) -> [Int] {
        ScriptRunner().run(text, file: "x.test").failures.map(\.line)
    }

    @Test func `count what passes, and tell where the rest is`() {
        let outcome = ScriptRunner().run(
            """
            # A comment.
            load 1m
              m{a="b"} 1+1x4
              m{a="c"} _ 2 stale

            eval instant at 1m m
              m{a="b"} 2
              m{a="c"} 2

            eval instant at 1m m
              m{a="b"} 3
              m{a="c"} 2

            eval range from 0 to 2m step 1m m
              m{a="b"} 1 2 3
              m{a="c"} _ 2

            clear

            eval instant at 1m m
            """,
            file: "x.test"
        )
        #expect(outcome.passed == 3)
        #expect(
            outcome.failures.map(\.description) == [
                #"x.test:10: m: expected 3.0 for {__name__="m",a="b"} at 60000 ms, got 2.0"#
            ]
        )
    }

    @Test(arguments: [
        ("nonsense", [1]), ("load", [1]), ("load 5", [1]), ("load 1m\n m{ 1", [2]), ("load 1m\n m 1x", [2]),
        ("load 1m\n m@st 0\n n 1", [3]), ("load 1m\n m@st 0 0\n m 1", [3]), ("load 1m\n m@st 0", [2]),
        ("eval", [1]), ("eval instant at 1m", [1]), ("eval instant 1m m", [1]), ("eval instant at -1m m", [1]),
        ("eval range from 1m to 0 step 1m m", [1]), ("eval range from 0 to 1m step 0 m", [1]),
        ("eval instant at 0 1\n expect", [2]), ("eval instant at 0 1\n expect warn foo", [2]),
        ("eval instant at 0 1\n expect warn regex: (", [2]),
        ("eval instant at 0 1\n expect warn\n expect no_warn", [3]),
        ("eval instant at 0 1\n expect string x", [2]), ("eval instant at 0 m\n m 1 2", [2]),
        ("eval_x instant at 0 1\n 1", [1]),
        ("eval instant at 0 (\n expect fail", [1]), ("eval instant at 0 1\n 2", [1]), ("eval instant at 0 1", [1]),
        ("eval instant at 0 1\n expect fail\n 1", [1]), ("eval instant at 0 1\n expect warn\n 1", [1]),
        ("eval instant at 0 \"a\"\n expect string \"b\"", [1]), ("eval instant at 0 m\n m 1", [1]),
        ("load 99999999y\n m 1", [1]), ("load 290y\n m 1x1000000", [2]), ("load 290y\n m 1x300000", [1]),
    ])
    func `that are wrong are told with the line`(_ text: String, _ lines: [Int]) {
        #expect(failures(text) == lines)
    }

    @Test func `go on behind a command that cannot be read`() {
        #expect(failures("load 1m\n m 1 x\n n 2\n\neval instant at 0 n\n\neval instant at 0 1\n 2") == [2, 7])
    }

    @Test func `know the older words`() {
        #expect(failures("eval_fail instant at 0 topk(NaN, m)\n expected_fail_message Parameter value is NaN") == [])
        #expect(failures("eval_fail instant at 0 topk(NaN, m)\n expected_fail_regexp ^NaN") == [1])
        #expect(failures("eval_warn instant at 0 quantile(2, m)") == [])
        #expect(failures("eval_info instant at 0 quantile(2, m)") == [1])
    }

    @Test func `fix the time of selectors and subqueries that say none`() throws {
        func fixed(_ query: String) throws -> String? {
            TimeFixer.fix(query, try QueryEngine.parse(query), at: 90_500)
        }
        #expect(try fixed("a + rate(b[5m])") == "a @ 90.5 + rate(b[5m] @ 90.5)")
        #expect(try fixed("a offset 5m") == "a offset 5m @ 90.5" || fixed("a offset 5m") == "a @ 90.5 offset 5m")
        #expect(try fixed("rate(a[5m:1m]) + b @ 10") == "rate(a[5m:1m] @ 90.5) + b @ 10")
        #expect(try fixed("timestamp(a)") == nil)
        #expect(try fixed("a @ end()") == nil)
    }
}

@Suite struct `Loaded histograms` {
    private func hints(_ line: String) throws -> [NativeHistogram.ResetHint?] {
        let series = ScriptSeries()
        let notation = try SeriesNotation(line)
        try series.load(
            ScriptLoad(interval: 1, series: [.init(labels: notation.labels, values: notation.values, startOffsets: [])])
        )
        let selection = SeriesSelection([], from: Timestamp(milliseconds: 0), through: Timestamp(milliseconds: 100))
        let columns = SampleColumns()
        try series.source.select(selection).read(0, into: columns)
        return columns.histograms.map { $0?.resetHint }
    }

    @Test func `have the hints that Prometheus's store gives`() throws {
        #expect(try hints("m {{count:1 buckets:[1]}}+{{count:1 buckets:[1]}}x2") == [.unknown, .notReset, .notReset])
        #expect(
            try hints("m {{count:2 buckets:[2]}} {{count:1 buckets:[1]}} {{count:1 buckets:[1]}}") == [
                .unknown, .unknown, .notReset,
            ]
        )
        #expect(
            try hints(
                "m {{count:1}} {{count:2 counter_reset_hint:reset}} {{count:3 counter_reset_hint:gauge}} {{count:4}}"
            ) == [.unknown, .unknown, .gauge, .unknown]
        )
        #expect(
            try hints("m {{count:1}} stale {{count:2}} 5 {{count:2 counter_reset_hint:not_reset}}") == [
                .unknown, nil, .unknown, nil, .unknown,
            ]
        )
        #expect(
            try hints("m {{schema:1 count:1}} {{schema:0 count:2}} {{schema:0 count:2}}") == [
                .unknown, .unknown, .notReset,
            ]
        )
    }

    @Test func `of classic parts are native ones beside them`() throws {
        let outcome = ScriptRunner().run(
            """
            load_with_nhcb 1m
              h_bucket{le="1"} 1
              h_bucket{le="2"} 3
              h_bucket{le="+Inf"} 4
              h_sum 7
              h_count 4

            eval instant at 0 h
              h {{schema:-53 count:4 sum:7 custom_values:[1 2] buckets:[1 2 1]}}

            eval instant at 0 h_count
              h_count 4

            load_with_nhcb 1m
              g_bucket{le="1"} 2
              g_bucket{le="2"} 1
            """,
            file: "x.test"
        )
        #expect(outcome.passed == 2)
        #expect(outcome.failures.map(\.line) == [14])
    }
}
