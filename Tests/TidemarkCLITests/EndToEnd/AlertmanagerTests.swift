// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Testing

/// The way of an alert through real programs: Tidemark, Debian's Alertmanager, a webhook.
@Suite(.serialized) struct AlertmanagerTests {
    private static let alertmanager = "/usr/bin/prometheus-alertmanager"
    private static let amtool = "/usr/bin/amtool"

    private static let rules = """
        groups:
          - name: clicks
            rules:
              - record: clicks:increase
                expr: sum by (campaign) (increase(campaign_clicks_total[1m]))
              - alert: ManyClicks
                expr: clicks:increase > 3
                for: 8s
                labels: {severity: page}
                annotations:
                  summary: "{{ $labels.campaign | toUpper }} has {{ printf \\"%.0f\\" $value }} clicks"
        """

    @Test(
        .enabled("Debian's prometheus-alertmanager or python3 is not installed") {
            Program.exists(alertmanager) && Program.exists(amtool) && Program.exists("/usr/bin/python3")
        }
    )
    func `an alert fires, is seen with amtool, survives kills while pending and while firing, and resolves`()
        async throws
    {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let hook = try HookProcess(folder)
        _ = try await waitFor("the webhook") { PlainHTTP.send("GET", "/", port: hook.port).map { _ in true } }
        let receiver = try AlertmanagerProcess(folder, hook: hook.port)
        _ = try await waitFor("Alertmanager") {
            PlainHTTP.send("GET", "/-/ready", port: receiver.port)?.status == 200 ? true : nil
        }
        try Self.rules.write(toFile: folder + "/rules.yml", atomically: true, encoding: .utf8)
        try """
        rules: [rules.yml]
        evaluation_interval: 1s
        resend_delay: 2s
        alertmanagers: [{url: "http://127.0.0.1:\(receiver.port)"}]
        """
        .write(toFile: folder + "/tidemark.yml", atomically: true, encoding: .utf8)
        func start() throws -> ServerProcess {
            try ServerProcess(data: folder + "/data", arguments: ["--config", folder + "/tidemark.yml"])
        }

        var server = try start()
        let events = (1...6).map { #"{"type":"click","id":"\#($0)","campaign":"spring"}"# }.joined(separator: "\n")
        #expect(PlainHTTP.send("POST", "/api/v1/events", port: server.port, body: events)?.status == 200)
        let pending = try await waitFor("a pending alert") {
            try Self.alerts(of: server).first { $0.state == "pending" }
        }
        let pendingSince = try #require(pending.activeAt)
        // Some of the eight seconds have to pass before the kill, so that there is something to lose.
        _ = try await waitFor("three seconds of waiting") { Date().timeIntervalSince(pendingSince) > 3 ? true : nil }
        server.kill()
        #expect(try receiver.alerts().isEmpty, "what is pending is told to nobody")

        server = try start()
        let again = try await waitFor("the alert after the kill") { try Self.alerts(of: server).first }
        #expect(again.state == "pending" || Date().timeIntervalSince(pendingSince) >= 8)
        // Had it begun anew, it would count from now on.
        let began = try #require(again.activeAt)
        #expect(began.timeIntervalSince(pendingSince) < 6, "only the outage is added: \(pendingSince) to \(began)")

        let told = try await waitFor("the alert in Alertmanager") { try receiver.alerts().first }
        #expect(told.labels == ["alertname": "ManyClicks", "campaign": "spring", "severity": "page"])
        #expect(told.annotations["summary"]?.hasPrefix("SPRING has ") == true, "\(told.annotations)")
        let firing = try await waitFor("the firing alert") {
            try Self.alerts(of: server).first { $0.state == "firing" }
        }
        #expect(firing.labels == told.labels)

        server.kill()
        server = try start()
        _ = try await waitFor("the firing alert after the kill") {
            try Self.alerts(of: server).first { $0.state == "firing" }
        }
        let updated = try await waitFor("a newer telling") {
            try receiver.alerts().first { $0.updatedAt > told.updatedAt }
        }
        #expect(updated.startsAt == told.startsAt, "it is the same alert, since the same moment")
        #expect(updated.fingerprint == told.fingerprint)

        // A minute after the last click the condition is over.
        let payload = try await waitFor("the end", atMost: 300) {
            try hook.payloads().first { $0.status == "resolved" }
        }
        #expect(payload.alerts.map(\.labels) == [told.labels])
        #expect(try hook.payloads().first?.status == "firing")
        #expect(Set(try hook.payloads().flatMap { $0.alerts.map(\.startsAt) }).count == 1)
        #expect(try receiver.alerts().isEmpty)
        let page = try #require(PlainHTTP.send("GET", "/metrics", port: server.port)).body
        let sent = samples(page).first {
            $0.key.hasPrefix("tidemark_notifications_total") && $0.key.contains("\"sent\"")
        }
        #expect((sent?.value ?? 0) >= 2, "\(page)")
        #expect(server.stop() == 0)
    }

    // MARK: - Tidemark's alerts

    private struct ActiveAlert: Decodable {
        let labels: [String: String]
        let state: String
        private let activeAtText: String

        private enum CodingKeys: String, CodingKey {
            case labels, state
            case activeAtText = "activeAt"
        }

        var activeAt: Date? { date(activeAtText) }
    }

    private static func alerts(of server: ServerProcess) throws -> [ActiveAlert] {
        struct Answer: Decodable {
            struct Data: Decodable { let alerts: [ActiveAlert] }
            let data: Data
        }
        let answer = try #require(PlainHTTP.send("GET", "/api/v1/alerts", port: server.port))
        return try JSONDecoder().decode(Answer.self, from: Data(answer.body.utf8)).data.alerts
    }
}

/// A time of RFC 3339, with or without a fraction.
private func date(_ text: String) -> Date? {
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
    return try? Date(text, strategy: style)
}

// MARK: - Peers

/// An Alertmanager that tells a webhook.
private final class AlertmanagerProcess {
    struct Alert: Decodable {
        let labels: [String: String]
        let annotations: [String: String]
        let startsAt: String
        let updatedAt: String
        let fingerprint: String
    }

    let port: UInt16
    private let process = Process()

    init(_ folder: String, hook: UInt16) throws {
        port = try freePort()
        try """
        route: {receiver: hook, group_wait: 1s, group_interval: 1s, repeat_interval: 1h}
        receivers: [{name: hook, webhook_configs: [{url: "http://127.0.0.1:\(hook)/"}]}]
        """
        .write(toFile: folder + "/alertmanager.yml", atomically: true, encoding: .utf8)
        process.executableURL = URL(filePath: "/usr/bin/prometheus-alertmanager")
        process.arguments = [
            "--config.file=\(folder)/alertmanager.yml", "--cluster.listen-address=",
            "--web.listen-address=127.0.0.1:\(port)", "--storage.path=\(folder)/alertmanager",
        ]
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    /// As an on-call engineer sees them.
    func alerts() throws -> [Alert] {
        let result = try Program.run(
            "/usr/bin/amtool",
            ["--alertmanager.url=http://127.0.0.1:\(port)", "alert", "query", "-o", "json"]
        )
        guard result.status == 0 else { throw ServerProcess.Failure("amtool: \(result.errors)") }
        return try JSONDecoder().decode([Alert].self, from: Data(result.output.utf8))
    }

    deinit {
        // Not SIGTERM: a child inherits what the test runner ignores.
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}
