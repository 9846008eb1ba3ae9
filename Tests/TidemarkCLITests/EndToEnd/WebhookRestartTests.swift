// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A webhook hears of each alert once, and once of its end, whatever happens to the server.
@Suite(.serialized) struct WebhookRestartTests {
    private static func rules(clicks: Int) -> String {
        """
        groups:
          - name: clicks
            rules: [{alert: Clicks, expr: sum(campaign_clicks_total) == \(clicks)}]
        """
    }

    private static func configuration(_ port: UInt16, timeout: String) -> String {
        """
        rules: [rules.yml]
        evaluation_interval: 1s
        resend_delay: 2s
        webhooks:
          - name: pager
            url: http://127.0.0.1:\(port)/
            timeout: \(timeout)
            group_wait: 0s
            group_interval: 1s
            idempotency_header: Idempotency-Key
        """
    }

    @Test(
        .enabled("python3 is not installed") { Program.exists("/usr/bin/python3") }
    )
    func `an alert is told once over kills and reloads, its end is told after one, and the next alert is another`()
        async throws
    {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let hook = try HookProcess(folder)
        _ = try await waitFor("the webhook") { PlainHTTP.send("GET", "/", port: hook.port).map { _ in true } }
        func write(_ text: String, to file: String) throws {
            try text.write(toFile: folder + "/" + file, atomically: true, encoding: .utf8)
        }
        try write(Self.rules(clicks: 6), to: "rules.yml")
        try write(Self.configuration(hook.port, timeout: "9s"), to: "tidemark.yml")
        func start() throws -> ServerProcess {
            try ServerProcess(data: folder + "/data", arguments: ["--config", folder + "/tidemark.yml"])
        }
        /// Whether it is on the disk that the alert was told as firing.
        func isKept() -> Bool {
            let text = try? String(contentsOfFile: folder + "/data/notification-log.json", encoding: .utf8)
            return text?.contains(#""Clicks""#) ?? false
        }
        func click(_ ids: ClosedRange<Int>, _ server: ServerProcess) {
            let events = ids.map { #"{"type":"click","id":"\#($0)","campaign":"spring"}"# }.joined(separator: "\n")
            #expect(PlainHTTP.send("POST", "/api/v1/events", port: server.port, body: events)?.status == 200)
        }

        var server = try start()
        click(1...6, server)
        _ = try await waitFor("the alert") { try hook.payloads().first }
        try await waitUntil("that it was told is on the disk", atMost: 300, isKept)

        server.kill()
        server = try start()
        try await waitUntil("the alert after the kill", atMost: 300) {
            try AlertState.current(server.port).contains(where: \.isFiring)
        }
        try write(Self.configuration(hook.port, timeout: "8s"), to: "tidemark.yml")
        #expect(PlainHTTP.send("POST", "/-/reload", port: server.port)?.status == 200)
        try await waitUntil("the alert after the reload", atMost: 300) {
            try AlertState.current(server.port).contains(where: \.isFiring)
        }

        // Its end comes while nobody is there.
        server.kill()
        try write(Self.rules(clicks: 7), to: "rules.yml")
        server = try start()
        try await waitUntil("the end", atMost: 300) { try hook.payloads().contains { $0.status == "resolved" } }
        try await waitUntil("that the end was told is on the disk", atMost: 300) { !isKept() }

        server.kill()
        server = try start()
        click(7...7, server)
        try await waitUntil("the next alert", atMost: 300) { try hook.payloads().last?.status == "firing" }
        #expect(server.stop() == 0)

        let told = try hook.payloads()
        #expect(told.map(\.status) == ["firing", "resolved", "firing"])
        let keys = told.compactMap(\.key)
        #expect(keys.count == 3 && keys[1] == keys[0] + "-resolved" && keys[2] != keys[0])
        #expect(told[0].alerts.map(\.startsAt) == told[1].alerts.map(\.startsAt))
    }
}
