// SPDX-License-Identifier: Apache-2.0

import Foundation
import Rules
import TestSupport
import Testing
import TimeSeries

@testable import TidemarkServer

/// What webhooks were told, in a file.
@Suite struct NotificationLogTests {
    private let directory: TemporaryDirectory
    private var path: String { directory.path + "/notification-log.json" }

    init() throws {
        directory = try TemporaryDirectory()
    }

    private static let group = ToldGroup(
        labels: ["alertname": "é\"\\"],
        firing: [alert("é\"\\", ["n": "1"], annotations: ["summary": "two\nlines"]), alert("B", isResolved: true)],
        toldAt: noon,
        incident: Timestamp(milliseconds: -1),
        coolUntil: nil,
        asOf: Timestamp(milliseconds: noon.milliseconds + 1)
    )

    private func hook(_ receiver: AlertReceiver, _ name: String = "pager") -> WebhookSettings {
        var webhook = WebhookSettings(name: name, url: receiver.url)
        webhook.groupWait = .zero
        webhook.groupInterval = .milliseconds(1)
        return webhook
    }

    private func delivery(_ webhooks: [WebhookSettings], log: RecordedLog = RecordedLog()) throws -> AlertDelivery {
        try TidemarkServerTests.delivery(webhooks: webhooks, log: log, notificationLog: path)
    }

    private func text() -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

    @Test func `what is written is read again, bit for bit`() throws {
        let log = NotificationLog(path: path, logger: RecordedLog().logger)
        #expect(log.remembered.isEmpty)
        let content = ["pager": [Self.group], "retrain": []]
        try log.start { content }
        log.note()
        log.close(within: .seconds(300))
        #expect(NotificationLog(path: path, logger: RecordedLog().logger).remembered == content)
        #expect(!FileManager.default.fileExists(atPath: path + ".tmp"))
    }

    @Test(arguments: [
        "", "{", "[]", #"{"version":2,"webhooks":{}}"#,
        #"{"version":1,"webhooks":{"p":[{"labels":[["a","b"],["a","c"]],"firing":[],"asOf":0}]}}"#,
        #"{"version":1,"webhooks":{"p":[{"labels":[["a"]],"firing":[],"asOf":0}]}}"#,
        #"{"version":1,"webhooks":{"p":[{"labels":[],"firing":[],"asOf":9223372036854775807}]}}"#,
    ])
    func `a file that cannot be read is told of, and is as none`(_ text: String) throws {
        try writeBytes(text.utf8, to: path)
        let lines = RecordedLog()
        #expect(NotificationLog(path: path, logger: lines.logger).remembered.isEmpty)
        #expect(lines.lines.filter { $0.contains("told anew") }.count == 1)
    }

    @Test func `where nothing can be written alerts are told all the same, and it is said once`() async throws {
        try FileManager.default.createDirectory(atPath: path + ".tmp", withIntermediateDirectories: true)
        let (receiver, lines) = (try AlertReceiver(), RecordedLog())
        let delivery = try delivery([hook(receiver)], log: lines)
        delivery.send([alert(since: .seconds(-60), at: .seconds(1_000_000_000))])
        _ = try await receiver.requests(atLeast: 1)
        #expect(try await lines.lines(with: "is not kept").filter { $0.contains("is not kept") }.count == 1)
        await delivery.close(within: .seconds(300))
        #expect(lines.lines.filter { $0.contains("is not kept") }.count == 1)
    }

    @Test(arguments: [true, false])
    func `the end of what was told is told by the next process, whether the first was killed or closed`(
        _ isKilled: Bool
    ) async throws {
        let receiver = try AlertReceiver()
        let far = Duration.seconds(1_000_000_000)
        var first: AlertDelivery? = try delivery([hook(receiver)])
        first?.send([alert("A", at: far)])
        _ = try await receiver.requests(atLeast: 1)
        if isKilled {
            let path = path
            try await waitUntil { ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").contains(#""A""#) }
        } else {
            await first?.close(within: .seconds(300))
        }
        first = nil
        let second = try delivery([hook(receiver)])
        second.send([alert("A", at: far)])
        second.send([alert("A", at: .seconds(1), isResolved: true)])
        let requests = try await receiver.requests(atLeast: 2)
        #expect(requests.count == 2 && requests[1].body.contains(#""status":"resolved""#))
        await second.close(within: .seconds(300))
        #expect(!text().contains(#""A""#))
        #expect(receiver.requests.count == 2)
    }

    @Test func `a webhook that is taken out of the settings is forgotten`() async throws {
        let (one, two) = (try AlertReceiver(), try AlertReceiver())
        let delivery = try delivery([hook(one, "one"), hook(two, "two")])
        delivery.send([alert("A", at: .seconds(1_000_000_000))])
        _ = try await one.requests(atLeast: 1)
        _ = try await two.requests(atLeast: 1)
        var settings = NotifySettings()
        settings.webhooks = [hook(two, "two")]
        delivery.apply(try delivery.prepare(settings, externalURL: "http://tidemark:9590"))
        await delivery.close(within: .seconds(300))
        #expect(!text().contains(#""one""#) && text().contains(#""two""#))
    }
}
