// SPDX-License-Identifier: Apache-2.0

import Rules
import TestSupport
import Testing
import TimeSeries

@testable import TidemarkServer

/// Webhooks as they are sent, and what their outbox decides.
@Suite struct WebhookDeliveryTests {
    private let later = RequestOutcome.retry(reason: "", after: nil)

    private func outbox(_ configure: (inout WebhookSettings) -> Void = { _ in }) -> WebhookOutbox {
        var settings = WebhookSettings(name: "hook", url: "http://h/")
        settings.groupWait = .zero
        configure(&settings)
        return WebhookOutbox(settings: settings, externalURL: "", limits: DeliveryLimits(random: { 0 }))
    }

    @Test func `a group is posted with its headers and one key through retries`() async throws {
        let directory = try TemporaryDirectory()
        try writeBytes("s3cret\n".utf8, to: directory.path + "/token")
        let receiver = try AlertReceiver([.status(503), .ok])
        var webhook = WebhookSettings(name: "retrain", url: receiver.url + "/retrain")
        webhook.groupBy = ["alertname", "model"]
        webhook.groupWait = .zero
        webhook.idempotencyHeader = "Idempotency-Key"
        webhook.endpoint.headers = ["X-Source": .text("tidemark"), "X-Token": .file(directory.path + "/token")]
        let clock = HandClock()
        let delivery = try delivery(webhooks: [webhook], clock: clock)
        delivery.send([alert("ModelFeatureDrift", ["model": "ctr", "feature": "age"])])
        _ = try await receiver.requests(atLeast: 1)
        try await waitUntil {
            clock.advance(.milliseconds(100))
            delivery.wake()
            return receiver.requests.count > 1
        }
        let requests = receiver.requests
        #expect(requests.map(\.path) == ["/retrain", "/retrain"])
        #expect(requests.allSatisfy { $0.headers["x-token"] == "s3cret" && $0.headers["x-source"] == "tidemark" })
        #expect(requests[0].headers["idempotency-key"]?.count == 16)
        #expect(requests[0].headers["idempotency-key"] == requests[1].headers["idempotency-key"])
        #expect(requests[0].body == requests[1].body)
        #expect(requests[0].body.contains(#""groupKey":"{}:{alertname=\"ModelFeatureDrift\", model=\"ctr\"}""#))
        #expect(requests[0].body.contains(#""externalURL":"http://tidemark:9590""#))
        try await waitUntil { delivery.statistics[0].sent == 1 }
        #expect(delivery.statistics[0].destination == "retrain")
        #expect(delivery.statistics[0].retries == 1)
        #expect(delivery.statistics[0].queueLength == 1)
    }

    @Test func `a group that its receiver cannot digest does not keep the others waiting`() throws {
        var outbox = outbox()
        outbox.accept([alert("bad")], at: beginning)
        var now = beginning
        var told: [String] = []
        for round in 0..<6 {
            if round == 1 { outbox.accept([alert("good")], at: now) }
            var step = outbox.next(at: now)
            if let until = step.until {
                now = now + (until - now.uptime)
                step = outbox.next(at: now)
            }
            let body = try #require(step.body)
            let isBad = body.contains(#""bad""#)
            told.append(isBad ? "bad" : "good")
            outbox.finish(isBad ? later : .accepted, at: now)
        }
        #expect(told.prefix(3).contains("good"))
        #expect(told.filter { $0 == "good" }.count == 1)
        #expect(outbox.counts.sent == 1)
    }

    @Test func `every kind of outcome is counted`() {
        var outbox = outbox { $0.groupInterval = .seconds(60) }
        outbox.accept([alert("A"), alert("B")], at: beginning)
        #expect(outbox.next(at: beginning).body != nil)
        outbox.finish(.accepted, at: beginning)
        #expect(outbox.next(at: beginning).body != nil)
        outbox.finish(.refused(reason: ""), at: beginning)
        #expect(outbox.counts == DeliveryCounts(sent: 1, failed: 1))
        #expect(outbox.next(at: beginning).until == beginning.uptime + .seconds(60))
        let next = beginning + .seconds(60)
        #expect(outbox.next(at: next).body != nil)
        outbox.finish(later, at: next)
        #expect(outbox.next(at: next).until == next.uptime + .milliseconds(125))
        outbox.drain(at: next)
        #expect(outbox.next(at: next).body != nil)
        outbox.finish(later, at: next)
        #expect(outbox.next(at: next) == "finished")
        outbox.dropRest(at: next)
        #expect(outbox.counts == DeliveryCounts(sent: 1, failed: 1, dropped: 1, retries: 1))
        #expect(outbox.length == 0)
    }

    @Test func `with nothing to tell it is idle, and ends at once`() {
        var outbox = outbox()
        #expect(outbox.next(at: beginning) == "idle")
        outbox.accept([alert(at: .seconds(1), isResolved: true)], at: beginning + .seconds(2))
        #expect(outbox.next(at: beginning) == "idle")
        outbox.drain(at: beginning)
        #expect(outbox.next(at: beginning) == "finished")
    }
}
