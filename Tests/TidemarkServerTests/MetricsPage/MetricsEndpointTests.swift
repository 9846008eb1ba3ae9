// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing
import Tidemark

@testable import TidemarkServer

@Suite struct MetricsEndpointTests {
    private var totals: FakeTotals {
        var totals = FakeTotals()
        totals.add(
            "campaign_clicks_total",
            (0..<1_000).map { .init(labels: #"{campaign="c\#($0)"}"#, units: Int128($0)) }
        )
        return totals
    }

    @Test func `the page comes in the format asked for, whole`() async throws {
        try await withServer(FakeStore(totals: totals)) { server in
            try await server.talk { client throws in
                let text = try client.request("GET", "/metrics")
                #expect(text.status == 200)
                #expect(text.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
                #expect(text.headers["content-encoding"] == nil)
                #expect(text.text.contains("\ncampaign_clicks_total{campaign=\"c999\"} 999\n"))

                let open = try client.request("GET", "/metrics", ["Accept": "application/openmetrics-text"])
                #expect(open.headers["content-type"] == "application/openmetrics-text; version=1.0.0; charset=utf-8")
                #expect(open.headers["vary"] == "Accept, Accept-Encoding")
                #expect(open.text.hasSuffix("# EOF\n"))
            }
        }
    }

    @Test func `a compressed page is the same page`() async throws {
        try await withServer(FakeStore(totals: totals)) { server in
            let answer = try await server.talk { try $0.request("GET", "/metrics", ["Accept-Encoding": "gzip"]) }
            #expect(answer.headers["content-encoding"] == "gzip")
            let inflater = try GzipInflater(limit: 1 << 20)
            var lease = BodyBudget(bytes: 1 << 24).lease()
            var page = ByteBuffer()
            try inflater.inflate(ByteBuffer(bytes: answer.body), into: &page, lease: &lease)
            try inflater.finish()
            #expect(page.readableBytes > 5 * answer.body.count)
            #expect(String(buffer: page).contains("\ncampaign_clicks_total{campaign=\"c999\"} 999\n"))
        }
    }

    @Test func `HEAD has the headers and no body`() async throws {
        try await withServer(FakeStore(totals: totals)) { server in
            try await server.talk { client throws in
                let head = try client.request("HEAD", "/metrics")
                #expect(head.status == 200)
                #expect(try #require(Int(head.headers["content-length"] ?? "")) > 20_000)
                // Nothing of a body is in the way of the next answer.
                #expect(try client.request("GET", "/-/healthy").status == 200)
            }
        }
    }

    @Test func `requests are counted by endpoint, not by what clients make up`() async throws {
        try await withServer(FakeStore()) { server in
            try await server.talk { client throws in
                _ = try client.request("GET", "/-/healthy")
                for path in ["/admin.php", "/wp-login"] { _ = try client.request("GET", path) }
                let page = try client.request("GET", "/metrics").text
                #expect(page.contains("tidemark_http_requests_total{path=\"/-/healthy\",code=\"200\"} 1\n"))
                #expect(page.contains("tidemark_http_requests_total{path=\"other\",code=\"404\"} 2\n"))
                #expect(!page.contains("admin.php"))
            }
        }
    }
}
