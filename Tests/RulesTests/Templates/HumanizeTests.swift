// SPDX-License-Identifier: Apache-2.0

import Rules
import Testing
import TimeSeries

@Suite struct `Numbers for people` {
    /// From Prometheus 3's functions.
    static let cases: [(function: String, value: Double, result: String)] = [
        ("humanize", 0, "0"), ("humanize", -0.0, "-0"), ("humanize", 1, "1"), ("humanize", -1, "-1"),
        ("humanize", 999.94, "999.9"), ("humanize", 999.99, "1000"), ("humanize", 1_000, "1k"),
        ("humanize", 1_234_567, "1.235M"), ("humanize", -1_234_567, "-1.235M"), ("humanize", 1e21, "1Z"),
        ("humanize", 1e24, "1Y"), ("humanize", 1e30, "1e+06Y"), ("humanize", 0.12, "120m"),
        ("humanize", 0.00001, "10u"), ("humanize", -0.0025, "-2.5m"), ("humanize", 1e-24, "1y"),
        ("humanize", 1e-30, "1e-06y"), ("humanize", .nan, "NaN"), ("humanize", .infinity, "+Inf"),
        ("humanize", -.infinity, "-Inf"), ("humanize", 0x1p63, "9.223E"),
        ("humanize1024", 0, "0"), ("humanize1024", 1, "1"), ("humanize1024", 0.12, "0.12"),
        ("humanize1024", 1_023, "1023"), ("humanize1024", 1_024, "1ki"), ("humanize1024", 1_048_576, "1Mi"),
        ("humanize1024", 1_234_567, "1.177Mi"), ("humanize1024", 0x1p64, "16Ei"),
        ("humanize1024", -2_048, "-2ki"), ("humanize1024", 1e-9, "1e-09"), ("humanize1024", .nan, "NaN"),
        ("humanize1024", .infinity, "+Inf"), ("humanize1024", -.infinity, "-Inf"),
        ("humanizeDuration", 0, "0s"), ("humanizeDuration", 1, "1s"), ("humanizeDuration", 60, "1m 0s"),
        ("humanizeDuration", 3_600, "1h 0m 0s"), ("humanizeDuration", 86_400, "1d 0h 0m 0s"),
        ("humanizeDuration", 90_000, "1d 1h 0m 0s"), ("humanizeDuration", -183_845, "-2d 3h 4m 5s"),
        ("humanizeDuration", 899.99, "14m 59s"), ("humanizeDuration", 0.1, "100ms"),
        ("humanizeDuration", 0.0001, "100us"), ("humanizeDuration", 0.12345, "123.5ms"),
        ("humanizeDuration", 60.5, "1m 0s"), ("humanizeDuration", 1.2345, "1.234s"),
        ("humanizeDuration", 12.345, "12.35s"), ("humanizeDuration", -1.5, "-1.5s"),
        ("humanizeDuration", -0.5, "-500ms"), ("humanizeDuration", .nan, "NaN"),
        ("humanizeDuration", .infinity, "+Inf"), ("humanizeDuration", -.infinity, "-Inf"),
        ("humanizeDuration", 1e300, "-106751991167300d -15h -30m -8s"),
        ("humanizePercentage", 0, "0%"), ("humanizePercentage", -0.22222, "-22.22%"),
        ("humanizePercentage", 0.1234567, "12.35%"), ("humanizePercentage", 1.23456, "123.5%"),
        ("humanizePercentage", 1_234_567, "1.235e+08%"), ("humanizePercentage", .nan, "NaN%"),
        ("humanizePercentage", .infinity, "+Inf%"),
        ("humanizeTimestamp", 0, "1970-01-01 00:00:00 +0000 UTC"),
        ("humanizeTimestamp", -1, "1969-12-31 23:59:59 +0000 UTC"),
        ("humanizeTimestamp", 1_435_065_584.128, "2015-06-23 13:19:44.128 +0000 UTC"),
        ("humanizeTimestamp", 1_234_567, "1970-01-15 06:56:07 +0000 UTC"),
        ("humanizeTimestamp", 9_223_372_036, "2262-04-11 23:47:16 +0000 UTC"),
        ("humanizeTimestamp", .nan, "NaN"), ("humanizeTimestamp", .infinity, "+Inf"),
        ("humanizeTimestamp", -.infinity, "-Inf"),
    ]

    @Test(arguments: cases)
    func `read as Prometheus writes them`(function: String, value: Double, result: String) throws {
        #expect(try expanded("{{\(function) $value}}", value) == result)
        #expect(try expanded("{{$value | \(function)}}", value) == result)
        // As a text the number is read back to the same.
        #expect(try expanded("{{printf \"%g\" $value | \(function)}}", value) == result)
    }

    static let others: [Expansion] = [
        ("{{humanize 1000}}", "1k"),
        ("{{humanize \"0x1p4\"}}", "16"),
        ("{{humanize \"-Inf\"}}", "-Inf"),
        ("{{humanizeDuration (toDuration 61)}}", "1m 1s"),
        ("{{\"1435065584.128\" | humanizeTimestamp}}", "2015-06-23 13:19:44.128 +0000 UTC"),
        ("{{printf \"%.2f\" (parseDuration \"1h2m10ms\")}}", "3720.01"),
        ("{{parseDuration \"1d\"}}", "86400"),
        ("{{parseDurationTime \"1h30m\"}} {{(parseDurationTime \"90m\").Hours}}", "1h30m0s 1.5"),
        ("{{toDuration 3723.5}} {{toDuration \"0.0015\"}} {{toDuration 0}}", "1h2m3.5s 1.5ms 0s"),
        ("{{toDuration -0.000002}} {{(toDuration 1.5).Milliseconds}}", "-2µs 1500"),
        ("{{printf \"%.3f\" now}}", "1700000000.500"),
    ]

    @Test(arguments: others)
    func `durations and texts are numbers too`(template: String, result: String) throws {
        #expect(try expanded(template) == result)
    }

    static let layouts: [(layout: String, result: String)] = [
        ("2006-01-02T15:04:05Z07:00", "2023-11-14T22:13:20Z"),
        ("Mon Jan _2 15:04:05 MST 2006", "Tue Nov 14 22:13:20 UTC 2023"),
        ("Monday, 02-Jan-06 03:04:05.000 PM -0700", "Tuesday, 14-Nov-23 10:13:20.500 PM +0000"),
        ("3:04pm .999 ,00 5.9999", "10:13pm .5 ,50 20.5"),
        ("January 2, 002 __2 1/2", "November 14, 318 318 11/14"),
        ("Month Janet -07:00 Z0700 é", "Month Janet +00:00 Z é"),
    ]

    @Test func `a time is written in Go's layouts`() throws {
        for (layout, result) in `Numbers for people`.layouts {
            #expect(try expanded("{{(toTime now).Format \"\(layout)\"}}") == result)
        }
    }

    static let methods: [Expansion] = [
        ("{{(toTime now).Unix}} {{(now | toTime).UnixMilli}}", "1700000000 1700000000500"),
        (
            "{{with toTime now}}{{.Year}} {{.Month}} {{.Day}} {{.Hour}} {{.Minute}} {{.Second}}{{end}}",
            "2023 November 14 22 13 20"
        ),
        ("{{(toTime now).Weekday}} {{(toTime now).YearDay}} {{(toTime now).UTC.Weekday}}", "Tuesday 318 Tuesday"),
        ("{{toTime now}}", "2023-11-14 22:13:20.5 +0000 UTC"),
        ("{{(toTime -1).Unix}} {{(toTime -0.5).Nanosecond}} {{(toTime -1).Weekday}}", "-1 500000000 Wednesday"),
        ("{{(toTime 951782400).YearDay}} {{(toTime 951868800).YearDay}}", "60 61"),
    ]

    @Test(arguments: methods)
    func `a time has Go's methods`(template: String, result: String) throws {
        #expect(try expanded(template) == result)
    }
}
