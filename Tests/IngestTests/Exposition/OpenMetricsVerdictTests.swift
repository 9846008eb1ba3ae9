// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Ingest

/// The first fault of a text, or "valid".
private func verdict(_ text: String) -> String {
    bytes(text).withUnsafeBytes { OpenMetricsValidator.fault(in: $0)?.description ?? "valid" }
}

@Suite struct `OpenMetrics verdicts` {
    @Test func `a page of every type is valid`() {
        #expect(
            verdict(
                #"""
                # HELP clicks Clicks.
                # TYPE clicks counter
                clicks_total{a="1"} 5 1.5 # {id="é"} 1 2
                clicks_created{a="1"} 1 1.5
                clicks_total{a="2"} 5
                # TYPE temperature_celsius gauge
                # UNIT temperature_celsius celsius
                temperature_celsius -5.5
                # TYPE size histogram
                size_bucket{le="0.5"} 1
                size_bucket{le="+Inf"} 2 # {} 7
                size_count 2
                size_sum 7.25
                size_created 1
                # TYPE queue gaugehistogram
                queue_bucket{le="-1"} 1 5
                queue_bucket{le="+Inf"} 1 5
                queue_gcount 1 5
                queue_gsum -2 5
                queue_bucket{le="-1"} 0 6
                queue_bucket{le="+Inf"} 1 6
                # TYPE rpc summary
                rpc{quantile="0.5"} NaN
                rpc_count 0
                rpc_sum 0
                # TYPE build info
                build_info{version="1"} 1
                build_info{version="2"} 1 5
                # TYPE state stateset
                state{state="on"} 1
                state{state="off"} 0
                nothing_said{b="\\\"\n"} 1e400
                # EOF

                """#
            ) == "valid"
        )
        #expect(verdict("# EOF") == "valid")
    }

    @Test(arguments: [
        ("", "line 1: the text ends without # EOF"),
        ("a 1", "line 1: the last line is not # EOF: 'a 1'"),
        ("a 1\r\n# EOF\n", #"line 1: the value '1\r' is not a number"#),
        ("a 1 \n# EOF\n", "line 1: no timestamp"),
        ("a\n# EOF\n", "line 1: nothing behind the metric"),
        ("a \n# EOF\n", "line 1: no value"),
        ("a{\n# EOF\n", "line 1: the braces around the labels are not closed"),
        ("{\"a\"} 1\n# EOF\n", "line 1: no metric name at '{\"a\"} 1'"),
        ("a{_b=\"1\"} 1\n# EOF\n", "line 1: the label name '_b' begins with an underscore, which is reserved"),
        ("_a 1\n# EOF\n", "line 1: the name '_a' begins with an underscore, which is reserved"),
        ("a 1\na 1\n# EOF\n", "line 2: the same sample twice, without timestamps"),
        ("a{b=\"\"} 1\na 1\n# EOF\n", "line 2: the same sample twice, without timestamps"),
        ("a{b=\"1\"} 1\na{b=\"2\"} 1\na{b=\"1\"} 2\n# EOF\n", "line 3: the samples of the metric {b=\"1\"} are apart"),
        ("a 1\nb 1\na 2\n# EOF\n", "line 3: a second family 'a', or its lines do not stand together"),
        (
            "# TYPE a_total gauge\na_total 1\n# TYPE a counter\n# EOF\n",
            "line 3: the families 'a_total' and 'a' clash in the name 'a_total'"
        ),
        (
            "# TYPE a histogram\na_bucket{le=\"1\"} 1\na_count 1\na_sum 1\nb 1\n# EOF\n",
            "line 4: a histogram without its bucket le=\"+Inf\""
        ),
        (
            "# TYPE a histogram\na_bucket{le=\"1\"} 1 # {} 2\na_bucket{le=\"+Inf\"} 1\n# EOF\n",
            "line 2: the exemplar's value lies outside of its bucket"
        ),
        (
            "# TYPE a histogram\na_bucket{le=\"+Inf\"} 1.5\n# EOF\n",
            "line 2: the value of a_bucket is not a whole number"
        ),
        ("# UNIT a_s s\n# TYPE a_s info\n# EOF\n", "line 2: 'a_s' of type info has a unit"),
        ("# TYPE  a gauge\n# EOF\n", "line 1: no metric name at ' a gauge'"),
        ("a 1\n# EOF\n\n", "line 3: text behind # EOF: ''"),
    ])
    func `a fault has its line and its reason`(text: String, expected: String) {
        #expect(verdict(text) == expected)
    }

    @Test func `bytes that are no UTF-8 are a fault`() {
        let text = bytes("# HELP a ") + [0xED, 0xA0, 0x80] + bytes("\n# EOF\n")
        #expect(
            text.withUnsafeBytes { OpenMetricsValidator.fault(in: $0) }
                == ExpositionFault(line: 1, reason: "not valid UTF-8")
        )
    }
}
