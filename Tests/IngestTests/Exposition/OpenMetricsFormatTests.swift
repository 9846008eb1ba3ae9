// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Ingest

@Suite struct `OpenMetrics as a source of samples` {
    @Test func `samples, exemplars and metadata`() {
        let reading = ExpositionReading(
            #"""
            # TYPE clicks counter
            # HELP clicks Clicks, "quoted\" \\ \n.
            clicks_total{campaign="c12"} 12345 1700000015.123 # {trace_id="a # } b"} 0.5 1700000014
            clicks_created{campaign="c12"} 1700000000.5
            # TYPE latency_seconds histogram
            # UNIT latency_seconds seconds
            latency_seconds_bucket{le="+Inf"} 3 # {} 0.25
            latency_seconds_count 3
            latency_seconds_sum 0.75
            # TYPE build info
            build_info{version="1"} 1
            # EOF
            """#,
            .openMetrics
        )
        #expect(reading.faults == [])
        #expect(reading.counts.exemplars == 2)
        #expect(
            reading.samples == [
                #"clicks_total{campaign="c12"} 12345 1700000015123"#,
                #"clicks_created{campaign="c12"} 1700000000.5 1750000000000"#,
                #"latency_seconds_bucket{le="+Inf"} 3 1750000000000"#,
                "latency_seconds_count 3 1750000000000",
                "latency_seconds_sum 0.75 1750000000000",
                #"build_info{version="1"} 1 1750000000000"#,
            ]
        )
        let help = "Clicks, \"quoted\" \\ \n."
        #expect(
            reading.series == [
                "clicks_total{campaign=\"c12\"} counter \(help)", "clicks_created{campaign=\"c12\"} counter \(help)",
                #"latency_seconds_bucket{le="+Inf"} histogram "#, "latency_seconds_count histogram ",
                "latency_seconds_sum histogram ", #"build_info{version="1"} info "#,
            ]
        )
    }

    @Test func `seconds become milliseconds exactly`() {
        let times: [(String, Int64?)] = [
            ("0", 0), ("1", 1_000), ("1.5", 1_500), ("-1.5", -1_500), ("1700000015.123", 1_700_000_015_123),
            ("1700000015.001", 1_700_000_015_001), ("1700000015.0019999", 1_700_000_015_001), (".25", 250),
            ("1.", 1_000),
            ("1.7e9", 1_700_000_000_000), ("1700000015123E-3", 1_700_000_015_123), ("1e-4", 0), ("-1e-9", 0),
            ("000000000000000000000001.5", 1_500), ("0.0000000000000000000000015e24", 1_500),
            ("1e-99999999999999999999", 0),
            ("0e99999999999999999999", 0), ("999999999999999.999", 999_999_999_999_999_999), ("1e15", nil),
            ("12345678901234567890.1234567890", nil), ("1e400", nil), ("NaN", nil), ("Inf", nil), ("1_0", nil),
            ("z", nil),
            ("1.1.1", nil), ("0x1p3", nil), ("-", nil), ("1e", nil),
        ]
        for (text, milliseconds) in times {
            let reading = ExpositionReading("a 1 \(text)\n# EOF\n", .openMetrics)
            #expect(reading.samples == (milliseconds.map { ["a 1 \($0)"] } ?? []), "\(text)")
            #expect(reading.faults.count == (milliseconds == nil ? 1 : 0), "\(text)")
        }
    }

    @Test func `what is wrong is told, and what is right is taken`() {
        let reading = ExpositionReading(
            """
            a 1 1 # {b="c"}
            a 2 2 # {b="c"} x
            a 0x1p3 3

            # no comment in OpenMetrics
            a 6 6 7
            a{b="c"} 7
            # EOF
            a 9 9
            """,
            .openMetrics
        )
        #expect(reading.samples == [#"a{b="c"} 7 1750000000000"#])
        #expect(
            reading.faults == [
                "1: the exemplar's value missing",
                "2: the exemplar's value 'x' is not a number",
                "3: the value '0x1p3' is not a number",
                "6: more than a value and a timestamp: '7'",
                "9: a sample behind # EOF",
            ]
        )
    }

    @Test func `a text that ends early says so`() {
        let reading = ExpositionReading("a 1 1\na 2", .openMetrics)
        #expect(reading.samples == ["a 1 1000", "a 2 1750000000000"])
        #expect(reading.faults == ["3: the text ends without # EOF; what followed may be missing"])
    }

    @Test func `the end of a file tells its format`() {
        let tails: [(String, ExpositionFormat)] = [
            ("# EOF\n", .openMetrics), ("# EOF", .openMetrics), ("1\n# EOF\r\n", .openMetrics), ("", .text),
            ("a 1\n", .text),
            ("x# EOF\n", .text), ("# EOF\n\n", .text), ("# EOFx\n", .text),
        ]
        for (tail, format) in tails {
            #expect(bytes(tail).withUnsafeBytes { ExpositionFormat.detect(tail: $0) } == format, "\(tail)")
        }
    }

    @Test func `types are found for the samples of each`() {
        let types: [(String, String, [String])] = [
            ("counter", "counter", ["a_total", "a_created"]), ("gauge", "gauge", ["a"]),
            ("histogram", "histogram", ["a_bucket", "a_sum", "a_count", "a_created"]),
            ("gaugehistogram", "gaugehistogram", ["a_bucket", "a_gsum", "a_gcount"]),
            ("summary", "summary", ["a", "a_sum", "a_count", "a_created"]), ("info", "info", ["a_info"]),
            ("stateset", "stateset", ["a"]), ("unknown", "unknown", ["a"]), ("untyped", "unknown", ["a"]),
        ]
        let suffixes = ["", "_total", "_created", "_bucket", "_sum", "_count", "_gsum", "_gcount", "_info", "_x"]
        for (word, type, names) in types {
            for name in suffixes.map({ "a" + $0 }) {
                let expected = names.contains(name) || name == "a" ? "\(name) \(type) A." : "\(name) unknown "
                let reading = ExpositionReading("# TYPE a \(word)\n# HELP a A.\n\(name) 1\n# EOF\n", .openMetrics)
                #expect(reading.series == [expected])
            }
        }
        #expect(
            ExpositionReading("# TYPE a_total counter\na_total 1\na_created 1\na 1\n").series == [
                "a_total counter ", "a_created counter ", "a unknown ",
            ]
        )
    }

    @Test func `a reader may read file after file`() {
        let reader = ExpositionReader(.openMetrics)
        for value in 1...2 {
            let text = bytes("# TYPE a gauge\na \(value) \(value)\n0\n# EOF\n")
            text.withUnsafeBytes { reader.read($0, arrival: arrival) }
            reader.finish(arrival: arrival)
        }
        #expect(reader.batch.table.map(\.name) == ["a"])
        #expect(reader.batch.milliseconds == [1_000, 2_000])
        #expect(reader.faults.map(\.line) == [3, 3])
    }
}
