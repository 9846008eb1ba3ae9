// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TidemarkServer

private let text = "text/plain; version=0.0.4; charset=utf-8"
private let openMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8"

@Suite struct PageFormatTests {
    @Test(arguments: [
        (nil, text),
        ("", text),
        ("*/*", text),
        ("text/plain", text),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", text),
        ("application/openmetrics-text", openMetrics),
        ("application/openmetrics-text; version=1.0.0", openMetrics),
        ("application/openmetrics-text; version=\"1.0.0\"", openMetrics),
        ("Application/OpenMetrics-Text; Version=1.0.0; charset=utf-8", openMetrics),
        ("application/openmetrics-text;version=0.0.1", text),
        ("application/openmetrics-text;version=9.0.0,*/*;q=0.1", text),
        ("application/openmetrics-text;q=0, text/plain", text),
        ("application/openmetrics-text;q=0.3,text/plain;q=0.4", text),
        ("text/plain;q=0.3,application/openmetrics-text;q=0.4", openMetrics),
        ("text/plain;version=0.0.4,application/openmetrics-text", text),
        ("application/openmetrics-text;q=banana,text/plain;q=0.1", text),
        ("application/json", text),
        (";;;,,,=,", text),
    ])
    func `the format follows Accept`(accept: String?, contentType: String) {
        #expect(NegotiatedFormat(accept: accept).contentType == contentType)
    }

    @Test func `Prometheus 2 42 gets OpenMetrics without an escaping parameter`() {
        let accept =
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
            + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
        #expect(NegotiatedFormat(accept: accept).contentType == openMetrics)
    }

    @Test func `Prometheus 3 gets OpenMetrics and the escaping it named`() {
        let accept =
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
            + "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
            + "text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
        #expect(NegotiatedFormat(accept: accept).contentType == openMetrics + "; escaping=allow-utf-8")
    }

    @Test func `Prometheus 3 with native histograms asks for protobuf first and gets OpenMetrics`() {
        let accept =
            "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
            + "application/openmetrics-text;version=1.0.0;escaping=underscores;q=0.5,*/*;q=0.2"
        #expect(NegotiatedFormat(accept: accept).contentType == openMetrics + "; escaping=underscores")
    }

    @Test(arguments: [
        ("allow-utf-8", "allow-utf-8"), ("allow-utf8", "allow-utf-8"), ("underscores", "underscores"),
        ("values", "values"), ("dots", "underscores"), ("nonsense", "underscores"),
    ])
    func `only schemes that leave legacy names alone are claimed`(asked: String, answered: String) {
        let accept = "text/plain;version=0.0.4;escaping=\(asked)"
        #expect(NegotiatedFormat(accept: accept).contentType == text + "; escaping=\(answered)")
    }

    @Test(arguments: [
        (nil, false), ("", false), ("gzip", true), ("GZIP", true), ("deflate, gzip;q=0.5", true), ("gzip;q=0", false),
        ("*", true), ("*;q=0", false), ("gzip;q=0, *", false), ("identity", false), ("x-gzip", true),
        ("br, zstd", false),
    ])
    func `gzip is used only when it is accepted`(header: String?, isAccepted: Bool) {
        #expect(acceptsGzip(header) == isAccepted)
    }
}
