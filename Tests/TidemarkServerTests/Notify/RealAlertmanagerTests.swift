// SPDX-License-Identifier: Apache-2.0

import Foundation
import Rules
import TestSupport
import Testing
import TimeSeries

@testable import TidemarkServer

private let program = "/usr/bin/prometheus-alertmanager"

/// Against Debian's Alertmanager, where it is installed.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: program))) struct RealAlertmanagerTests {
    private final class Alertmanager {
        let directory: TemporaryDirectory
        let port: Int
        private let process = Process()
        private let place: AlertReceiver

        init(webhook: String) throws {
            directory = try TemporaryDirectory()
            let configuration = """
                route: {receiver: hook, group_by: [alertname], group_wait: 3s, group_interval: 1s}
                receivers: [{name: hook, webhook_configs: [{url: '\(webhook)'}]}]
                """
            try writeBytes(configuration.utf8, to: directory.path + "/am.yml")
            // Alertmanager does not say which port it has got: it gets one that is kept from others meanwhile.
            place = try AlertReceiver(isThere: false)
            port = place.port
            process.executableURL = URL(filePath: program)
            process.arguments = [
                "--config.file=\(directory.path)/am.yml", "--cluster.listen-address=",
                "--web.listen-address=127.0.0.1:\(port)", "--storage.path=\(directory.path)/data",
            ]
            process.standardOutput = FileHandle.nullDevice
            process.standardError = FileHandle.nullDevice
            try process.run()
        }

        deinit {
            process.terminate()
            process.waitUntilExit()
        }
    }

    @Test func `Alertmanager takes our alerts, and its webhook's payload is ours`() async throws {
        let theirs = try AlertReceiver()
        let ours = try AlertReceiver()
        let alertmanager = try Alertmanager(webhook: theirs.url)
        var webhook = WebhookSettings(name: "hook", url: ours.url)
        webhook.groupWait = .seconds(3)
        let delivery = try delivery(
            alertmanagers: [.init(url: "http://127.0.0.1:\(alertmanager.port)")],
            webhooks: [webhook]
        )
        // Whole seconds: Go leaves zeros of a fraction away.
        let now = SystemClock().now.milliseconds / 1_000
        let alerts = ["spring \"quoted\" <é>", "autumn"].map {
            AlertNotification(
                labels: ["alertname": "CampaignCTRDrop", "campaign": $0, "severity": "page"],
                annotations: ["summary": "CTR of \($0) is down"],
                startsAt: Timestamp(seconds: now),
                endsAt: Timestamp(seconds: now + 240),
                isResolved: false,
                generatorURL: "http://tidemark:9590/graph?g0.expr=up%3D%3D0&g0.tab=1"
            )
        }
        delivery.send(alerts)
        let expected = try object(try #require(try await ours.requests(atLeast: 1).first).body)
        let actual = try object(try #require(try await theirs.requests(atLeast: 1).first).body)
        #expect(Set(actual.keys) == Set(expected.keys))
        for key in actual.keys where key != "externalURL" {
            #expect(text(actual[key]) == text(expected[key]), "\(key)")
        }
        try await waitUntil { delivery.statistics.map(\.sent) == [2, 2] }

        let held = try await onThread { [port = alertmanager.port] in
            try RawClient(port: port).request("GET", "/api/v2/alerts").text
        }
        let list = try #require(try JSONSerialization.jsonObject(with: Data(held.utf8)) as? [[String: Any]])
        let campaigns = list.compactMap { ($0["labels"] as? [String: String])?["campaign"] }
        #expect(Set(campaigns) == ["spring \"quoted\" <é>", "autumn"])
        #expect(list.allSatisfy { ($0["endsAt"] as? String)?.hasSuffix("Z") == true })

        // The end arrives, there and here, once it has passed.
        let ends = alerts.map {
            AlertNotification(
                labels: $0.labels,
                annotations: $0.annotations,
                startsAt: $0.startsAt,
                endsAt: Timestamp(seconds: now + 1),
                isResolved: true,
                generatorURL: $0.generatorURL
            )
        }
        delivery.send(ends)
        await delivery.close(within: .seconds(300))
        let end = try object(try #require(ours.requests.last).body)
        let their = try object(try #require(try await theirs.requests(atLeast: 2).last).body)
        for key in their.keys where key != "externalURL" { #expect(text(their[key]) == text(end[key]), "\(key)") }
        #expect(end["status"] as? String == "resolved")
    }

    private func object(_ json: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    }

    /// One text for equal values.
    private func text(_ value: Any?) -> String {
        guard let value,
            let data = try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys, .fragmentsAllowed])
        else { return "" }
        return String(decoding: data, as: UTF8.self)
    }
}
