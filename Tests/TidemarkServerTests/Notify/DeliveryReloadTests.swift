// SPDX-License-Identifier: Apache-2.0

import Rules
import Testing
import TimeSeries

@testable import TidemarkServer

/// Others are told from now on, or the same otherwise.
@Suite struct `Delivery to others` {
    private let far = Duration.seconds(1_000_000_000)

    private func settings(_ alertmanagers: [AlertmanagerSettings] = [], _ webhooks: [WebhookSettings] = [])
        -> NotifySettings
    {
        var settings = NotifySettings()
        (settings.alertmanagers, settings.webhooks) = (alertmanagers, webhooks)
        return settings
    }

    private func hook(_ url: String) -> WebhookSettings {
        var webhook = WebhookSettings(name: "pager", url: url)
        webhook.groupWait = .zero
        webhook.groupInterval = .milliseconds(1)
        return webhook
    }

    @Test func `a webhook whose settings changed goes on where it was, at its new place`() async throws {
        let (old, new) = (try AlertReceiver(), try AlertReceiver())
        let delivery = try delivery(webhooks: [hook(old.url)])
        delivery.send([alert("A", at: far)])
        try await waitUntil { delivery.statistics[0].sent == 1 }
        delivery.apply(try delivery.prepare(settings([], [hook(new.url)]), externalURL: "http://other"))
        delivery.send([alert("A", at: far)])
        delivery.send([alert("A", at: .seconds(1), isResolved: true)])
        let requests = try await new.requests(atLeast: 1)
        #expect(requests[0].body.contains(#""status":"resolved""#))
        #expect(requests[0].body.contains(#""externalURL":"http://other""#))
        try await waitUntil { delivery.statistics[0].sent == 2 }
        #expect(old.requests.count == 1)
    }

    @Test func `what waits for an Alertmanager that stays goes on waiting, also under a new password`() async throws {
        let receiver = try AlertReceiver([.status(503)])
        let clock = HandClock()
        let delivery = try delivery(alertmanagers: [.init(url: receiver.url)], clock: clock)
        delivery.send([alert()])
        _ = try await receiver.requests(atLeast: 1)
        var changed = AlertmanagerSettings(url: receiver.url)
        changed.endpoint.authorization = .bearer(.text("new"))
        delivery.apply(try delivery.prepare(settings([changed]), externalURL: "http://tidemark:9590"))
        try await waitUntil {
            clock.advance(.milliseconds(100))
            delivery.wake()
            return delivery.statistics[0].sent == 1
        }
        #expect(receiver.requests.last?.headers["authorization"] == "Bearer new")
    }

    @Test func `one that is no more is told what waits, one that is new what comes`() async throws {
        let (old, new) = (try AlertReceiver(), try AlertReceiver())
        var waiting = hook(old.url)
        waiting.groupWait = .seconds(3_600)
        let delivery = try delivery(webhooks: [waiting])
        // Of now: what has fired for longer does not wait.
        let now = SystemClock().now
        delivery.send([
            AlertNotification(
                labels: ["alertname": "A"],
                annotations: [:],
                startsAt: now,
                endsAt: Timestamp(milliseconds: now.milliseconds + 3_600_000),
                isResolved: false,
                generatorURL: ""
            )
        ])
        delivery.apply(try delivery.prepare(settings([.init(url: new.url)]), externalURL: ""))
        #expect(try await old.requests(atLeast: 1).count == 1)
        delivery.send([alert("B")])
        #expect(try await new.requests(atLeast: 1).map(\.path) == ["/api/v2/alerts"])
        #expect(delivery.alertmanagers == [new.url + "/api/v2/alerts"])
        #expect(delivery.statistics.map(\.destination) == [new.url])
    }

    @Test func `settings that cannot be used change nothing`() async throws {
        let receiver = try AlertReceiver()
        let delivery = try delivery(alertmanagers: [.init(url: receiver.url)])
        var bad = AlertmanagerSettings(url: receiver.url)
        bad.endpoint.url = "http://127.0.0.1:1"
        #expect(throws: NotifyError("pager: an endpoint's URL is not one")) {
            try delivery.prepare(settings([bad], [hook("file:///etc/passwd")]), externalURL: "")
        }
        #expect(delivery.statistics.map(\.destination) == [receiver.url])
        delivery.send([alert()])
        _ = try await receiver.requests(atLeast: 1)
    }

    @Test func `after the end nothing is opened any more`() async throws {
        let receiver = try AlertReceiver()
        let delivery = try delivery()
        let change = try delivery.prepare(settings([.init(url: receiver.url)]), externalURL: "")
        await delivery.close(within: .seconds(1))
        delivery.apply(change)
        #expect(delivery.isEmpty)
    }
}
