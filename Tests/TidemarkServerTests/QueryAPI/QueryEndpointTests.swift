// SPDX-License-Identifier: Apache-2.0

import Testing
import Tidemark
import TimeSeries

@testable import TidemarkServer

/// The endpoints with the engine, over HTTP.
@Suite struct QueryEndpointTests {
    /// Two metrics, up to now.
    private func store() -> FakeStore {
        let series = InMemorySeries()
        let now = StoppedClock().now.milliseconds
        for (job, value) in [("api", 1.0), ("web", 2.5)] {
            series.add(["__name__": "up", "job": job], [(now - 60_000, value), (now - 30_000, value)])
        }
        series.add(["__name__": "http.status", "job": "api", "my.label": "a\"b"], [(now - 1_000, 3)])
        series.add(["__name__": "gone", "job": "api"], [(now - 2_000, 1), (now - 1_000, SampleColumns.staleMarker)])
        series.add(["__name__": "old", "job": "api"], [(now - 400_000, 1)])
        return FakeStore(series: series)
    }

    @Test func `errors have Prometheus's envelope, code and words`() async throws {
        let cases: [(String, Int, String, String)] = [
            (
                "query?query=1%2B", 400, "bad_data",
                #"invalid parameter \"query\": 1:3: parse error: unexpected end of input"#
            ),
            (
                "query?query=1&time=x", 400, "bad_data",
                #"invalid parameter \"time\": cannot parse \"x\" to a valid timestamp"#
            ),
            (
                "query?query=1&timeout=1ns", 400, "bad_data",
                #"invalid parameter \"timeout\": cannot parse \"1ns\" to a valid duration"#
            ),
            ("query?query=1&limit=-1", 400, "bad_data", #"invalid parameter \"limit\": limit must be non-negative"#),
            (
                "query_range?query=1&start=2&end=1&step=1", 400, "bad_data",
                #"invalid parameter \"end\": end timestamp must not be before start time"#
            ),
            (
                "query_range?query=1&start=1&end=2&step=0", 400, "bad_data",
                #"invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a positive integer"#
            ),
            (
                "query_range?query=1&start=1&end=11002&step=1", 400, "bad_data",
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"
            ),
            ("query?query=1&timeout=0.000001", 503, "timeout", "query timed out in query queue"),
            ("series", 400, "bad_data", "no match[] parameter provided"),
            (
                "series?match[]=%7B%7D", 400, "bad_data",
                #"invalid parameter \"match[]\": match[] must contain at least one non-empty matcher"#
            ),
            (
                "labels?match[]=%7Bjob%3D~%22.*%22%7D", 400, "bad_data",
                "match[] must contain at least one non-empty matcher"
            ),
            ("metadata?limit=x", 400, "bad_data", "limit must be a number"),
            ("series?match[]=%zz", 400, "bad_data", #"error parsing form values: invalid URL escape \"%zz\""#),
            ("query?query=up%20%2B%20on()%20up", 422, "execution", "many-to-many"),
        ]
        try await withServer(store(), clock: StoppedClock()) { server in
            try await server.talk { client throws in
                for (path, status, type, message) in cases {
                    let answer = try client.request("GET", "/api/v1/" + path)
                    #expect(answer.status == status, "\(path): \(answer.text)")
                    #expect(answer.headers["content-type"] == "application/json")
                    #expect(
                        answer.text.hasPrefix(#"{"status":"error","errorType":"\#(type)","error":""#),
                        "\(answer.text)"
                    )
                    #expect(answer.text.contains(message), "\(answer.text)")
                }
                let allowed = "/api/v1/query_range?query=1&start=1&end=11001&step=1"
                #expect(try client.request("GET", allowed).status == 200)
            }
        }
    }

    @Test func `a form's parameters win over the URL's, and lists are joined`() async throws {
        let form = ["Content-Type": "application/x-www-form-urlencoded"]
        try await withServer(store(), clock: StoppedClock()) { server in
            try await server.talk { client throws in
                let one = try client.post("/api/v1/query?query=3&time=4", form, "query=1%2B1")
                #expect(one.text == #"{"status":"success","data":{"resultType":"scalar","result":[4,"2"]}}"#)
                let both = try client.post(
                    "/api/v1/series?match[]=http.status",
                    form,
                    "match[]=up&match[]=%7Bjob%3D%22web%22%7D"
                )
                #expect(both.status == 400, "a dotted name needs quotes: \(both.text)")
                let joined = try client.post(
                    "/api/v1/series?match[]=up",
                    form,
                    "match[]=old&match[]=%7Bjob%3D%22web%22%7D"
                )
                #expect(
                    joined.text == #"{"status":"success","data":[{"__name__":"old","job":"api"},"#
                        + #"{"__name__":"up","job":"api"},{"__name__":"up","job":"web"}]}"#
                )
                let large = String(repeating: "a", count: 11 << 20)
                #expect(try client.post("/api/v1/query", form, "query=\(large)").status == 413)
            }
        }
    }

    @Test func `labels, values and series are cut to a limit and say so`() async throws {
        try await withServer(store(), clock: StoppedClock()) { server in
            try await server.talk { client throws in
                let cut = #","warnings":["results truncated due to limit"]}"#
                let names = try client.request("GET", "/api/v1/labels?limit=2").text
                #expect(names == #"{"status":"success","data":["__name__","job"]"# + cut)
                let values = try client.request("GET", "/api/v1/label/job/values?limit=1").text
                #expect(values == #"{"status":"success","data":["api"]"# + cut)
                #expect(try client.request("GET", "/api/v1/label/job/values?limit=2").text.contains(#"["api","web"]}"#))
                let escaped = try client.request("GET", "/api/v1/label/U__my_2e_label/values").text
                #expect(escaped == #"{"status":"success","data":["a\"b"]}"#)
                let series = try client.request("GET", "/api/v1/series?match[]=up&limit=1").text
                #expect(series == #"{"status":"success","data":[{"__name__":"up","job":"api"}]"# + cut)
                let query = try client.request("GET", "/api/v1/query?query=up&limit=1").text
                #expect(query.hasSuffix(cut) && query.contains(#""job":"api""#) && !query.contains(#""job":"web""#))
                let none = try client.request("GET", "/api/v1/query?query=nothing").text
                #expect(none == #"{"status":"success","data":{"resultType":"vector","result":[]}}"#)
            }
        }
    }

    @Test func `what Grafana tries is answered as it expects`() async throws {
        let form = ["Content-Type": "application/x-www-form-urlencoded"]
        try await withServer(store(), clock: StoppedClock()) { server in
            try await server.talk { client throws in
                // Health check, exemplar probe in milliseconds, POST before GET, metric list.
                #expect(try client.post("/api/v1/query", form, "query=1%2B1&time=4").status == 200)
                let probe = "query=up&start=1700000000000&end=1700000001000"
                #expect(
                    try client.post("/api/v1/query_exemplars", form, probe).text == #"{"status":"success","data":[]}"#
                )
                #expect(try client.request("GET", "/api/v1/query_exemplars?query=1").status == 204)
                for path in ["rules", "alerts", "metadata", "label/job/values", "status/buildinfo"] {
                    let answer = try client.post("/api/v1/" + path, form, "")
                    #expect(answer.status == 405, "\(path)")
                    #expect(answer.text.hasPrefix(#"{"status":"error","#), "\(path)")
                    #expect(try client.request("GET", "/api/v1/" + path).status == 200, "\(path)")
                }
                #expect(try client.request("OPTIONS", "/api/v1/query").status == 204)
                #expect(try client.request("HEAD", "/api/v1/query?query=1").status == 200)
                let unknown = try client.request("GET", "/api/v1/nothing")
                #expect(unknown.status == 404 && unknown.text.hasPrefix(#"{"status":"error","errorType":"not_found""#))
                let ranges = try client.post("/api/v1/query_range", form, "query=rate(up[1m0s])&start=1&end=2&step=0.5")
                #expect(ranges.status == 200, "\(ranges.text)")
            }
        }
    }

    @Test func `answers are compressed as the client likes it`() async throws {
        try await withServer(store(), clock: StoppedClock()) { server in
            try await server.talk { client throws in
                let encoding = { (accept: String) in
                    try client.request("GET", "/api/v1/query?query=1", ["Accept-Encoding": accept])
                }
                #expect(try encoding("gzip").headers["content-encoding"] == "gzip")
                #expect(try encoding("gzip").body.starts(with: [0x1F, 0x8B]))
                #expect(try encoding("deflate, gzip").headers["content-encoding"] == "deflate")
                #expect(try encoding("deflate").body.first == 0x78)
                #expect(try encoding("br").headers["content-encoding"] == nil)
                #expect(try encoding("gzip;q=0").headers["content-encoding"] == nil)
                #expect(try encoding("br").headers["vary"] == "Accept-Encoding")
            }
        }
    }

    @Test func `federation shows the newest samples that are neither old nor stale`() async throws {
        try await withServer(store(), clock: StoppedClock()) { server in
            try await server.talk { client throws in
                let path = "/federate?match[]=%7Bjob%3D~%22.%2B%22%7D&match[]=up"
                let answer = try client.request("GET", path)
                #expect(answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
                let lines = answer.text.split(separator: "\n").map { line in
                    line.hasPrefix("#") ? String(line) : line.split(separator: " ").dropLast().joined(separator: " ")
                }
                #expect(
                    lines == [
                        "# TYPE http_status untyped",
                        #"http_status{job="api",my_label="a\"b",instance=""} 3"#,
                        "# TYPE up untyped", #"up{job="api",instance=""} 1"#, #"up{job="web",instance=""} 2.5"#,
                    ]
                )
                let quoted = try client.request(
                    "GET",
                    path,
                    ["Accept": "text/plain;version=0.0.4;escaping=allow-utf-8"]
                )
                #expect(quoted.text.contains(#"{"http.status",job="api","my.label"="a\"b",instance=""} 3"#))
                #expect(try client.request("GET", "/federate").text == "")
                let wrong = try client.request("GET", "/federate?match[]=%7B%7D")
                #expect(wrong.status == 400 && wrong.headers["content-type"] == "text/plain; charset=utf-8")
            }
        }
    }

    @Test func `warnings and infos are in the answer, ten of each and the number of the rest`() async throws {
        let many = QueryResult(scalar: 1, warnings: (0..<12).map { "w\($0)" }, infos: ["i"])
        try await withServer(FakeStore(), engine: FakeEngine(many)) { server in
            try await server.talk { client throws in
                let text = try client.request("GET", "/api/v1/query?query=1").text
                let warnings = (0..<10).map { #""w\#($0)""# }.joined(separator: ",")
                #expect(
                    text.hasSuffix(
                        #","warnings":[\#(warnings),"2 more warning annotations omitted"],"infos":["i"]}"#
                    ),
                    "\(text)"
                )
            }
        }
    }
}
