// SPDX-License-Identifier: Apache-2.0

import Testing
import Tidemark

@testable import TidemarkServer

@Suite struct ParameterTests {
    @Test func `forms are read as browsers and Go write them`() throws {
        #expect(
            try formFields(Array("a=1&b=x+y&c=%2F%c3%a9&d&=e&a=2".utf8)) == [
                FormField(name: "a", value: "1"), FormField(name: "b", value: "x y"),
                FormField(name: "c", value: "/é"), FormField(name: "d", value: ""), FormField(name: "", value: "e"),
                FormField(name: "a", value: "2"),
            ]
        )
        #expect(try formFields([]) == [])
    }

    @Test func `broken escapes and bytes that are no UTF-8 are refused`() {
        for text in ["a=%", "a=%2", "a=%zz", "a=%ff"] {
            #expect(throws: APIError.self, "\(text)") { try formFields(Array(text.utf8)) }
        }
    }

    @Test func `times are seconds, rounded to milliseconds, or RFC 3339`() {
        let expected: KeyValuePairs<String, Int64> = [
            "4": 4_000, "1700000000.1234": 1_700_000_000_123, "1700000000.9996": 1_700_000_001_000, "-1.5": -1_500,
            "1e3": 1_000_000, "2026-01-05T12:00:00.25Z": 1_767_614_400_250,
            "2026-01-05T12:00:00+09:00": 1_767_582_000_000, "1700000000000": 1_700_000_000_000_000,
        ]
        for (text, milliseconds) in expected { #expect(Timestamp(parameter: text)?.milliseconds == milliseconds) }
        for text in ["", "x", "NaN", " 4", "2026-01-05", "2026-13-05T12:00:00Z"] {
            #expect(Timestamp(parameter: text) == nil, "\(text)")
        }
    }

    @Test func `times beyond what can be said are the earliest and the latest`() {
        #expect(Timestamp(parameter: "-292273086-05-16T16:47:06Z") == .earliest)
        #expect(Timestamp(parameter: "292277025-08-18T07:12:54.999999999Z") == .latest)
        #expect(Timestamp(parameter: "1e30") == .latest)
        #expect(Timestamp(parameter: "-Inf") == .earliest)
    }

    @Test func `durations are seconds or Prometheus's`() throws {
        let expected: KeyValuePairs<String, Int64> = [
            "15": 15_000_000_000, "0.5": 500_000_000, "1m30s": 90_000_000_000, "1m0s": 60_000_000_000,
            "100ms": 100_000_000, "1y": 31_536_000_000_000_000, "0.000001": 1_000, "-1": -1_000_000_000,
        ]
        for (text, nanoseconds) in expected { #expect(try TidemarkServer.nanoseconds(parameter: text) == nanoseconds) }
        for text in ["", "1ns", "1s1m", "1m1m", "m", "1.5m", "1e30", "300y", "99999999999999999999d", "٣s"] {
            #expect(throws: DurationFault.self, "\(text)") { try TidemarkServer.nanoseconds(parameter: text) }
        }
    }

    @Test func `escaped label names are undone, others stay`() {
        #expect(unescapedLabelName("U__http_2e_status") == "http.status")
        #expect(unescapedLabelName("U__a__b_20_c_1f600_") == "a_b c😀")
        for name in ["job", "__name__", "U__x_zz_", "U__x_2e", "U__x_d800_"] {
            #expect(unescapedLabelName(name) == name)
        }
    }

    @Test func `times print as RFC 3339 and read back`() {
        for text in [
            "1970-01-01T00:00:00Z", "2024-02-29T23:59:59.007Z", "1969-12-31T23:59:59.999Z", "0001-01-01T00:00:00Z",
        ] {
            #expect(Timestamp(rfc3339: text)?.rfc3339 == text)
        }
    }
}
