// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Foundation
import Testing

/// Real readers of the page: Debian's Prometheus and promtool, and Python's prometheus_client.
@Suite(.serialized) struct PrometheusTests {
    private static let prometheus = "/usr/bin/prometheus"
    private static let promtool = "/usr/bin/promtool"

    private static let events = """
        {"type":"impression","id":"1","campaign":"spring","device":"mobile","cost":0.0125}
        {"type":"impression","id":"2","campaign":"spring","device":"mobile","cost":"0.000001"}
        {"type":"click","id":"3","campaign":"spring","device":"mobile","cost":1.5,"currency":"EUR"}
        {"type":"click","id":"4","campaign":"quote \\" backslash \\\\ newline \\n é","cost":3}
        {"type":"conversion","id":"5","campaign":"spring","revenue":"49.90","currency":"EUR"}
        {"type":"nothing","id":"6"}
        {"type":"click","id":"3","campaign":"spring","device":"mobile","cost":1.5,"currency":"EUR"}
        {"type":"click","id":"3","campaign":"spring","device":"mobile","cost":2,"currency":"EUR"}
        {"type":"click","id":"7","time":"yesterday"}

        """

    @Test(.enabled(if: Program.exists(prometheus), "Debian's prometheus is not installed"))
    func `a Prometheus scrapes the page, and its values are ours`() throws {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try ServerProcess(data: folder + "/data")
        let answer = try #require(PlainHTTP.send("POST", "/api/v1/events", port: server.port, body: Self.events))
        #expect(answer.status == 200)
        #expect(
            answer.body.hasPrefix(
                #"{"accepted":5,"duplicates":1,"conflicts":1,"rejected":1,"late":0,"unmatched":1,"errors":[{"line":9,"reason":"bad_time""#
            ),
            "\(answer.body)"
        )

        let configuration = """
            global: {scrape_interval: 1s, scrape_timeout: 1s}
            scrape_configs:
              - job_name: tidemark
                static_configs: [{targets: ["127.0.0.1:\(server.port)"]}]
            """
        try configuration.write(toFile: folder + "/prometheus.yml", atomically: true, encoding: .utf8)
        let port = try freePort()
        let process = Process()
        process.executableURL = URL(filePath: Self.prometheus)
        process.arguments = [
            "--config.file=\(folder)/prometheus.yml", "--storage.tsdb.path=\(folder)/tsdb",
            "--web.listen-address=127.0.0.1:\(port)",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        defer {
            process.terminate()
            process.waitUntilExit()
        }

        let up = try wait(for: "up == 1", port: port)
        #expect(up.count == 1)
        let page = try #require(PlainHTTP.send("GET", "/metrics", port: server.port))
        let ours = samples(page.body).filter { $0.key.hasPrefix("campaign_") }
        #expect(ours.count == 8)
        var theirs: [String: Double] = [:]
        for (labels, value) in try wait(for: #"{__name__=~"campaign_.+_total"}"#, port: port) {
            let pairs = labels.filter { !["__name__", "instance", "job"].contains($0.key) }
                .sorted { $0.key < $1.key }
                .map { pair in
                    let text = pair.value.replacingOccurrences(of: "\\", with: "\\\\")
                        .replacingOccurrences(of: "\"", with: "\\\"").replacingOccurrences(of: "\n", with: "\\n")
                    return "\(pair.key)=\"\(text)\""
                }
            theirs[(labels["__name__"] ?? "") + "{" + pairs.joined(separator: ",") + "}"] = value
        }
        #expect(theirs == ours)
    }

    @Test(.enabled(if: Program.exists(promtool), "Debian's prometheus is not installed"))
    func `promtool and prometheus_client have no complaint`() throws {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let server = try ServerProcess(data: folder + "/data")
        for body in ["", Self.events] {
            if !body.isEmpty { _ = PlainHTTP.send("POST", "/api/v1/events", port: server.port, body: body) }
            let text = try #require(PlainHTTP.send("GET", "/metrics", port: server.port))
            let checked = try Program.run(Self.promtool, ["check", "metrics"], input: Data(text.body.utf8))
            #expect(checked.status == 0, "\(checked.output)\(checked.errors)")
            #expect(checked.errors.isEmpty && checked.output.isEmpty, "\(checked.output)\(checked.errors)")

            let open = try #require(
                PlainHTTP.send(
                    "GET",
                    "/metrics",
                    port: server.port,
                    headers: ["Accept": "application/openmetrics-text;version=1.0.0"]
                )
            )
            #expect(open.head.contains("application/openmetrics-text; version=1.0.0; charset=utf-8"))
            let script = """
                import sys
                try:
                    from prometheus_client.openmetrics.parser import text_string_to_metric_families
                except ImportError:
                    print("absent")
                    sys.exit(0)
                print(sum(len(family.samples) for family in text_string_to_metric_families(sys.stdin.read())))
                """
            let parsed = try Program.run("/usr/bin/python3", ["-c", script], input: Data(open.body.utf8))
            #expect(parsed.status == 0, "\(parsed.errors)")
            if parsed.output == "absent\n" {
                print("prometheus_client is not installed: its parser did not run")
            } else {
                #expect(Int(parsed.output.dropLast()) ?? 0 > 30)
            }
        }
    }

    // MARK: - Talking to Prometheus

    /// Asks until there is an answer with a result, for at most five minutes.
    private func wait(for query: String, port: UInt16) throws -> [([String: String], Double)] {
        let escaped = query.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let deadline = ContinuousClock.now + .seconds(300)
        while ContinuousClock.now < deadline {
            // Before it is ready, it says so in plain text.
            if let answer = PlainHTTP.send("GET", "/api/v1/query?query=\(escaped)", port: port), answer.status == 200,
                let json = try JSONSerialization.jsonObject(with: Data(answer.body.utf8)) as? [String: Any],
                let data = json["data"] as? [String: Any], let result = data["result"] as? [[String: Any]],
                !result.isEmpty
            {
                return result.compactMap { element in
                    guard let labels = element["metric"] as? [String: String], let pair = element["value"] as? [Any],
                        let text = pair.last as? String, let value = Double(text)
                    else { return nil }
                    return (labels, value)
                }
            }
            _ = DispatchSemaphore(value: 0).wait(timeout: .now() + 0.1)
        }
        throw ServerProcess.Failure("Prometheus has no answer for \(query)")
    }
}
