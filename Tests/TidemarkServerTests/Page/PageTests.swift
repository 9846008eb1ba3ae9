// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import TestSupport
import Testing
import Tidemark
import TimeSeries

@testable import TidemarkServer

/// The pages as a browser gets them.
@Suite struct PageTests {
    private static let browser = ["Accept": "text/html,application/xhtml+xml,*/*;q=0.8"]
    private static let paths = [
        "/", "/d/tidemark-campaigns", "/d/tidemark-models", "/d/tidemark-quality", "/d/tidemark-self", "/query",
        "/query?query=up", "/query?query=sum(", "/d/tidemark-campaigns?row=17&row=22&from=now-24h&var-campaign=spring",
    ]

    /// A name that wants out of wherever it stands.
    private static let hostile = #""><script>alert(1)</script><img src=x onerror='a'>&\#u{1B}{{x}}"#

    private static func store(_ campaigns: [String]) -> FakeStore {
        let series = InMemorySeries()
        let now = StoppedClock().now.milliseconds
        let times = (0..<120).map { now - Int64($0) * 60_000 }
        func add(_ name: String, _ labels: [String: String], _ value: Double) {
            series.add(Labels(labels.merging(["__name__": name]) { one, _ in one }), times.map { ($0, value) })
        }
        for campaign in campaigns {
            for window in ["1h", "6h", "24h"] {
                let labels = ["campaign": campaign, "window": window]
                add("campaign_window:impressions:increase", labels, 1_000)
                add("campaign_window:clicks:increase", labels, 53)
                add("campaign_window:ctr:ratio", labels, 0.053)
                add("campaign_window:ctr:wilson_lower", labels, 0.0408)
                add("campaign_window:ctr:wilson_upper", labels, 0.0687)
            }
            add("campaign_impressions_total", ["campaign": campaign, "channel": campaign], 1_000)
            add("campaign:ctr_drop:state", ["campaign": campaign, "state": "ok"], 1)
            add("ALERTS", ["alertname": "CampaignCTRDrop", "alertstate": "firing", "campaign": campaign], 1)
        }
        return FakeStore(series: series)
    }

    private static func bodies(_ store: FakeStore, _ paths: [String]) async throws -> [RawAnswer] {
        try await withServer(store, clock: StoppedClock()) { server in
            try await server.talk { client throws in try paths.map { try client.request("GET", $0, browser) } }
        }
    }

    @Test func `every page is there with an empty store, and says that there is nothing`() async throws {
        for (path, answer) in zip(Self.paths, try await Self.bodies(FakeStore(), Self.paths)) {
            #expect(answer.status == 200, "\(path): \(answer.text.prefix(300))")
            #expect(answer.headers["content-type"] == "text/html; charset=utf-8")
            #expect(answer.text.hasPrefix("<!DOCTYPE html>") && answer.text.contains("</html>"))
            if path.contains("campaigns") { #expect(answer.text.contains("no traffic")) }
        }
    }

    @Test func `a program that asks for the start is told the endpoints`() async throws {
        try await withServer(FakeStore()) { server in
            try await server.talk { client throws in
                let text = try client.request("GET", "/")
                #expect(text.headers["content-type"] == "text/plain; charset=utf-8")
                #expect(try client.request("GET", "/endpoints").text == text.text)
                #expect(try client.request("GET", "/", ["Accept": "*/*"]).text == text.text)
                #expect(try client.request("HEAD", "/d/tidemark-campaigns").status == 200)
                #expect(try client.request("GET", "/d/other").status == 404)
                #expect(try client.request("GET", "/d/tidemark-campaigns?from=yesterday").status == 400)
                let style = try client.request("GET", "/page.css")
                #expect(style.headers["content-type"] == "text/css; charset=utf-8" && style.text.contains(".chart"))
            }
        }
    }

    @Test func `no script runs, and nothing comes from elsewhere`() async throws {
        for answer in try await Self.bodies(Self.store(["spring"]), Self.paths) {
            let policy = try #require(answer.headers["content-security-policy"])
            #expect(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"))
            #expect(answer.headers["x-content-type-options"] == "nosniff")
            #expect(!answer.text.contains("<script") && !answer.text.contains(" style="))
            #expect(answer.text.firstMatch(of: /<[^>]*\ on[a-z]+=/) == nil)
            let loaded = answer.text.matches(of: /(src|<link[^>]*href)="([^"]*)"/).map { String($0.output.2) }
            #expect(Set(loaded) == ["/page.css", "data:,"])
        }
    }

    @Test func `a campaign's numbers, bounds and state are in the table`() async throws {
        let page = try #require(try await Self.bodies(Self.store(["spring"]), ["/"]).first).text
            .replacing("\u{A0}", with: " ")
        for text in ["5.30 %", "4.08 %", "6.87 %", "as expected", "1,000", "CampaignCTRDrop"] {
            #expect(page.contains(text), "\(text)")
        }
        #expect(page.contains(#"href="/d/tidemark-campaigns?var-campaign=spring&amp;from=now-7d&amp;to=now""#))
        #expect(page.contains(#"<svg class="chart""#))
    }

    @Test func `what is chosen is what is shown, and stays chosen`() async throws {
        let path = "/d/tidemark-campaigns?var-campaign=spring&from=now-24h"
        let page = try #require(try await Self.bodies(Self.store(["spring", "summer"]), [path]).first).text
        #expect(page.contains(#"<option value="spring" selected>spring</option>"#))
        #expect(page.contains(#"<option value="summer">summer</option>"#))
        #expect(page.contains(#"<option value="now-24h" selected>"#))
        #expect(page.contains(#"<th scope="row"><a href="/d/tidemark-campaigns?var-campaign=spring"#))
        #expect(!page.contains(#"<th scope="row"><a href="/d/tidemark-campaigns?var-campaign=summer"#))
    }

    @Test func `hostile names are text wherever they stand`() async throws {
        let escaped = percentEncoded(Self.hostile)
        let paths =
            Self.paths + [
                "/d/tidemark-campaigns?var-campaign=\(escaped)&row=17", "/query?query=\(escaped)",
                "/query?query=campaign_impressions_total", "/d/tidemark-campaigns?var-\(escaped)=\(escaped)",
            ]
        for (path, answer) in zip(paths, try await Self.bodies(Self.store([Self.hostile, "b"]), paths)) {
            #expect(answer.status == 200, "\(path)")
            #expect(
                !answer.text.contains("<script") && !answer.text.contains("<img") && !answer.text.contains("\u{1B}")
            )
        }
        let page = try #require(try await Self.bodies(Self.store([Self.hostile]), ["/"]).first).text
        #expect(page.contains("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"))
    }

    @Test func `a query that cannot be read says why, and one that can has a table and a graph`() async throws {
        let paths = [
            "/query?query=sum%28", "/query?query=ALERTS", "/query?query=1%2B1", "/query?query=ALERTS%5B5m%5D",
            "/query?query=%22a%3C%22",
        ]
        let pages = try await Self.bodies(Self.store(["spring"]), paths).map(\.text)
        #expect(pages[0].contains(#"<p class="fault" role="alert">"#) && pages[0].contains("parse error"))
        #expect(pages[1].contains(#"<svg class="chart""#) && pages[1].contains("alertname=&quot;CampaignCTRDrop&quot;"))
        #expect(pages[2].contains(#"<td class="number">2</td>"#) && pages[2].contains(#"<svg class="chart""#))
        #expect(pages[3].contains("1, 1, 1, 1, 1") && !pages[3].contains(#"<svg class="chart""#))
        #expect(pages[4].contains("a&lt;"))
    }

    @Test func `values at the ends of Float64 are drawn like others`() async throws {
        let queries = [
            "1.7e308", "-1.7976931348623157e308", "5e-324", "1/0", "-1/0", "0/0", "vector(1.7e308)",
            #"label_replace(vector(1.7e308),"a","b","","") or vector(-1.7e308)"#, "time()*1e299", "time()*1e-320",
        ]
        let paths = queries.map { "/query?query=" + percentEncoded($0) }
        for (query, answer) in zip(queries, try await Self.bodies(FakeStore(), paths)) {
            #expect(answer.status == 200 && answer.text.contains("</html>"), "\(query)")
            #expect(answer.text.firstMatch(of: /(width|height|x|y|d)="[^"]*(nan|inf)/) == nil, "\(query)")
        }
    }

    @Test func `the policy of the web configuration comes beside the page's own`() async throws {
        let folder = try TemporaryDirectory()
        let yaml = """
            http_server_config:
              headers: {Content-Security-Policy: frame-ancestors 'self', X-Frame-Options: deny}
            """
        try writeBytes(yaml.utf8, to: folder.path + "/web.yml")
        let access = try AccessControl(
            webConfig: folder.path + "/web.yml",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        try await withServer(FakeStore(), access: access) { server async throws in
            try await server.talk { client throws in
                let headers = try client.request("GET", "/", Self.browser).headers
                let policy = try #require(headers["content-security-policy"])
                #expect(policy.contains("default-src 'none'") && policy.contains(", frame-ancestors 'self'"))
                #expect(headers["x-frame-options"] == "deny")
            }
        }
    }

    @Test func `its queries are told in the log when they are slow`() async throws {
        let log = RecordedLog()
        try await withServer(
            Self.store(["spring"]),
            clock: StoppedClock(),
            logger: log.logger,
            configure: { $0.queryLogThreshold = .zero }
        ) { server in
            try await server.talk { client throws in
                #expect(try client.request("GET", "/", Self.browser).status == 200)
            }
        }
        #expect(log.lines.filter { $0.contains("campaign") }.count > 10)
    }

    // MARK: - Validity

    private static let canValidate = (try? DashboardFiles.python(["-c", "import html5lib"]).status) == 0

    private static let validate = """
        import sys, html5lib
        for path in sys.argv[1:]:
            parser = html5lib.HTMLParser()
            document = parser.parse(open(path, encoding="utf-8").read())
            for place, code, details in parser.errors:
                print(path, place, code, details)
            space = "{http://www.w3.org/1999/xhtml}"
            seen = set()
            for element in document.iter():
                name = element.get("id")
                if name in seen: print(path, "id twice:", name)
                if name: seen.add(name)
            for element in document.iter():
                for key in ("aria-labelledby", "for"):
                    for name in (element.get(key) or "").split():
                        if name not in seen: print(path, key, "names nothing:", name)
            if not any(e.tag == space + "h1" for e in document.iter()): print(path, "no heading")
        """

    @Test(.enabled("python3-html5lib is not there") { canValidate })
    func `every page is valid HTML, with and without data and with hostile data`() async throws {
        let folder = NSTemporaryDirectory() + "tidemark-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var files: [String] = []
        for (name, store) in [("empty", FakeStore()), ("some", Self.store(["spring", Self.hostile]))] {
            for (index, answer) in try await Self.bodies(store, Self.paths).enumerated() {
                files.append("\(folder)/\(name)-\(index).html")
                try answer.text.write(toFile: files[files.count - 1], atomically: true, encoding: .utf8)
            }
        }
        let result = try DashboardFiles.python(["-c", Self.validate] + files)
        #expect(result.status == 0 && result.output.isEmpty, "\(result.output.prefix(2_000))")
        // The validator notices.
        let bad = folder + "/bad.html"
        let page = try String(contentsOfFile: files[0], encoding: .utf8)
        try page.replacing("</nav>", with: "</nav></div>", maxReplacements: 1)
            .write(toFile: bad, atomically: true, encoding: .utf8)
        #expect(try DashboardFiles.python(["-c", Self.validate, bad]).output.contains("end-tag-too-early"))
    }
}
