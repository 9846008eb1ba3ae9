// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Ingest

@Suite struct `Text format 0-0-4` {
    @Test func `a scrape gives its samples with series, value and time`() {
        let reading = ExpositionReading(
            """
            # HELP http_requests_total The total number of HTTP requests.
            # TYPE http_requests_total counter
            http_requests_total{method="post",code="200"} 1027 1395066363000
            http_requests_total{method="post",code="400"}    3 1395066363000

            # Escaping in label values:
            msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9
            metric_without_timestamp_and_labels 12.47
            something_weird{problem="division by zero"} +Inf -3982045
            \trpc { quantile = "0.5" , } \t 4773\t
            rpc_count 2693
            rpc_count{a="1"}2694 5
            """
        )
        #expect(reading.faults == [])
        #expect(
            reading.samples == [
                #"http_requests_total{code="200",method="post"} 1027 1395066363000"#,
                #"http_requests_total{code="400",method="post"} 3 1395066363000"#,
                #"msdos_file_access_time_seconds{error="Cannot find file:\n\"FILE.TXT\"",path="C:\\DIR\\FILE.TXT"}"#
                    + " 1458255915 1750000000000",
                "metric_without_timestamp_and_labels 12.47 1750000000000",
                #"something_weird{problem="division by zero"} +Inf -3982045"#,
                #"rpc{quantile="0.5"} 4773 1750000000000"#,
                "rpc_count 2693 1750000000000",
                #"rpc_count{a="1"} 2694 5"#,
            ]
        )
        #expect(
            reading.series.first
                == #"http_requests_total{code="200",method="post"} counter The total number of HTTP requests."#
        )
        #expect(reading.counts.lines == 12)
        #expect(reading.counts.samples == 8)
    }

    @Test func `each way to write a series leads to the same one`() {
        let texts = [
            #"a{b="1",c="2"}"#, #"a{c="2",b="1"}"#, #"a { b="1", c="2", }"#, #"{"a",b="1",c="2"}"#,
            #"a{"b"="1","c"="2"}"#,
            #"a{b="1",c="2",d=""}"#, #"  a{b="1",c="2"}"#,
        ]
        let reading = ExpositionReading(texts.map { $0 + " 1 2\n" }.joined())
        #expect(reading.faults == [])
        #expect(reading.series == [#"a{b="1",c="2"} unknown "#])
        #expect(reading.samples == Array(repeating: #"a{b="1",c="2"} 1 2"#, count: texts.count))
    }

    @Test func `names of any characters stand in quotes`() {
        let reading = ExpositionReading(
            "# TYPE \"my.name\" gauge\n{\"my.name\",\"lab.el\"=\"v\"} 1\n{\"tür\\\"\"} 2\n{\"e\\u{301}\"} 3\n{\"é\"} 4\n"
                .replacing("\\u{301}", with: "\u{301}")
        )
        #expect(reading.faults == [])
        #expect(
            reading.series == [
                "my.name{lab.el=\"v\"} gauge ", "tür\" unknown ", "e\u{301} unknown ", "é unknown ",
            ]
        )
        // The two last look alike, and are not.
        #expect(reading.samples.count == 4)
    }

    @Test func `values are what Go reads`() {
        let values: [(String, Double)] = [
            ("0", 0), ("-0", -0.0), ("+1", 1), ("1.", 1), (".5", 0.5), ("1e3", 1_000), ("1E-3", 0.001),
            ("Inf", .infinity),
            ("-inf", -.infinity), ("+INFINITY", .infinity), ("0x1p-3", 0.125), ("0X1.8P1", 3), ("1e-999", 0),
            ("18446744073709551615", 0x1p64), ("0.1", 0.1),
            ("9007199254740993", 9_007_199_254_740_992),
        ]
        for (text, value) in values {
            #expect(number(text, .text)?.bitPattern == value.bitPattern, "\(text)")
            #expect(ExpositionReading("a \(text) 1\n").samples == ["a \(doubleText(value)) 1"])
        }
        for text in [
            "-", "+-1", "1_2", "0x1", "0x", "0x.p1", "1e", "1e+", "e1", ".", "1.2.3", "1e400", "-NaN", "nano", "1f",
        ] {
            #expect(number(text, .text) == nil, "\(text)")
            #expect(ExpositionReading("a \(text) 1\n").samples == [], "\(text)")
        }
    }

    @Test func `no NaN becomes a staleness marker`() {
        #expect(
            ExpositionReading("a NaN 1\na nan 2\n").samples == ["a NaN:7ff8000000000001 1", "a NaN:7ff8000000000001 2"]
        )
    }

    @Test func `a faulty line is told with its number, and the rest is read`() {
        let reading = ExpositionReading(
            """
            a 1 1
            0a 2 2
            a{b="1" 3 3
            a{b="1",b="2"} 4 4
            a{__name__="c"} 5 5
            a x 6
            a 7 7.5
            a 8 8 8
            a
            a{b='1'} 10 10
            a"b" 11 11
            # TYPE a meter
            # HELP 0 what
            a 14 99999999999999999999
            {b="1"} 15 15
            a 16 16 # {c="d"} 1
            a 17 17
            """
        )
        #expect(reading.samples == ["a 1 1", "a 17 17"])
        #expect(
            reading.faults == [
                "2: no metric name at '0a'",
                "3: neither ',' nor '}' behind a label, but '3 3'",
                "4: the label 'b' occurs twice",
                "5: the label __name__ is the metric name, and no label",
                "6: the value 'x' is not a number",
                "7: the timestamp '7.5' is not in whole milliseconds, or too far away",
                "8: more than a value and a timestamp: '8'",
                "9: no value",
                "10: value of the label 'b': no double quote before ''1'}'",
                "11: no metric name: '\"b\"'",
                "12: no metric type of 'a': 'meter'",
                "13: no metric name behind HELP, but '0 what'",
                "14: the timestamp '99999999999999999999' is not in whole milliseconds, or too far away",
                "15: labels without a metric name",
                #"16: more than a value and a timestamp: '# {c="d"} 1'"#,
            ]
        )
        #expect(reading.counts.faults == 15)
    }

    @Test func `what is no valid UTF-8 is told and does not spoil its neighbours`() {
        let text = bytes("a{b=\"") + [0xFF] + bytes("\"} 1\n# HELP a ") + [0xC3] + bytes("\na 2 2\n")
        let reading = ExpositionReading(text)
        #expect(reading.samples == ["a 2 2"])
        #expect(reading.faults.count == 2)
        #expect(reading.faults.first?.hasPrefix("1: value of the label 'b': not valid UTF-8") == true)
    }

    @Test func `line ends of Windows and a byte order mark are passed over`() {
        let reading = ExpositionReading(
            [0xEF, 0xBB, 0xBF] + bytes("# TYPE a gauge\r\na 1 1\r\n\r\na{b=\"c\"} 2\r\n")
        )
        #expect(reading.faults == [])
        #expect(reading.samples == ["a 1 1", "a{b=\"c\"} 2 1750000000000"])
        #expect(reading.series == ["a gauge ", "a{b=\"c\"} gauge "])
    }

    @Test func `a line is at most so long`() {
        func line(_ count: Int) -> String { "a{b=\"\(String(repeating: "x", count: count - 9))\"} 1\n" }
        let reading = ExpositionReading(line(EventLimits.lineBytes) + line(EventLimits.lineBytes + 1) + "a 2 2\n")
        #expect(reading.samples.count == 2)
        #expect(reading.faults == ["2: longer than 1048576 bytes"])
    }
}
