// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A stock Prometheus that writes what it scrapes of itself into Tidemark, and reads Tidemark's series as its own.
@Suite(.serialized) struct PrometheusRemoteTests {
    private static let prometheus = "/usr/bin/prometheus"

    @Test(.enabled(if: Program.exists(prometheus), "Debian's prometheus is not installed"))
    func `what it writes has the same samples here, and what is here has the same samples there`() async throws {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try ServerProcess(data: folder + "/data", arguments: ["--enable-remote-write-receiver"])
        let now = Date().timeIntervalSince1970
        var events = ""
        for number in 0..<300 {
            let time = Int(now) - 3_000 + number * 10
            events += #"{"type":"click","id":"\#(number)","time":\#(time),"campaign":"c\#(number % 5)"}"# + "\n"
        }
        #expect(PlainHTTP.send("POST", "/api/v1/events", port: server.port, body: events)?.status == 200)
        var peer: ScrapingPrometheus? = try await ScrapingPrometheus(
            target: server.port,
            rules: [],
            interval: "1s",
            folder: folder,
            scrapesItself: true,
            more: """
                remote_write:
                  - url: http://127.0.0.1:\(server.port)/api/v1/write
                    queue_config: {batch_send_deadline: 1s}
                    write_relabel_configs: [{source_labels: [job], regex: self, action: keep}]
                remote_read: [{url: "http://127.0.0.1:\(server.port)/api/v1/read", read_recent: true, filter_external_labels: false}]
                """
        )
        let peerPort = try #require(peer).port
        // Ten scrapes of itself have arrived here.
        var last = 0.0
        try await waitUntil("samples are written", atMost: 300) {
            let arrived = try Self.samples(#"up{job="self"}[10m]"#, at: now + 600, server.port)
            last = arrived.values.first?.last.flatMap { Double($0.prefix { $0 != " " }) } ?? 0
            return arrived.values.first?.count ?? 0 >= 10
        }
        // All of a scrape is in one transaction there and in a few requests here: compare what is a while ago.
        let end = last - 3
        let ours = try Self.samples(#"{job="self"}[10m]"#, at: end, server.port)
        let theirs = try Self.samples(#"{job="self",site=""}[10m]"#, at: end, peerPort)
        #expect(ours.count > 300)
        // It adds its external labels to what it sends; in its own store they are not, and what it reads has them.
        #expect(Self.without("site", ours) == theirs)
        print("\(ours.count) series with \(ours.values.reduce(0) { $0 + $1.count }) samples were written")

        let read = "campaign_clicks_total[2h]"
        let here = try Self.samples(read, at: end, server.port)
        #expect(here.count == 5)
        // Scraped ones have a job; those that are read have not.
        let there = try Self.samples(#"campaign_clicks_total{job=""}[2h]"#, at: end, peerPort)
        #expect(here == there)
        print("\(here.values.reduce(0) { $0 + $1.count }) samples were read")
        // Without us it would try for a minute to send the rest.
        peer = nil
        #expect(server.stop() == 0)
    }

    /// The samples of each series as texts, time before value.
    private static func samples(_ query: String, at time: Double, _ port: UInt16) throws -> [[String: String]: [String]]
    {
        let escaped = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let answer = PlainHTTP.send("GET", "/api/v1/query?query=\(escaped)&time=\(time)", port: port)
        guard let answer, answer.status == 200,
            let json = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any],
            let result = (json["data"] as? [String: Any])?["result"] as? [[String: Any]]
        else { throw ServerProcess.Failure("\(query): \(answer?.body.prefix(500) ?? "no answer")") }
        var series: [[String: String]: [String]] = [:]
        for element in result {
            guard let labels = element["metric"] as? [String: String], let values = element["values"] as? [[Any]] else {
                throw ServerProcess.Failure("\(element)")
            }
            series[labels] = values.map { "\($0[0]) \($0[1])" }
        }
        return series
    }

    private static func without(_ label: String, _ series: [[String: String]: [String]]) -> [[String: String]: [String]]
    {
        var renamed: [[String: String]: [String]] = [:]
        for (labels, samples) in series { renamed[labels.filter { $0.key != label }] = samples }
        return renamed
    }
}
