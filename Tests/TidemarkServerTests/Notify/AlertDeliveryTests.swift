// SPDX-License-Identifier: Apache-2.0

import Rules
import Testing
import TimeSeries

@testable import TidemarkServer

/// Delivery as it runs: threads, sockets, several destinations.
@Suite struct AlertDeliveryTests {
    /// For clocks that are moved without measure.
    private let patient = DeliveryLimits(giveUpAfter: .seconds(1_000_000_000))

    @Test func `every Alertmanager gets every alert, below its path`() async throws {
        let (one, two) = (try AlertReceiver(), try AlertReceiver())
        let delivery = try delivery(alertmanagers: [.init(url: one.url), .init(url: two.url + "/am/")])
        let alerts = [alert("A"), alert("B")]
        delivery.send(alerts)
        delivery.send([])
        let request = try #require(try await one.requests(atLeast: 1).first)
        #expect(request.path == "/api/v2/alerts")
        #expect(request.body == AlertsBody.text(alerts))
        #expect(try await two.requests(atLeast: 1).first?.path == "/am/api/v2/alerts")
        try await waitUntil { delivery.statistics.allSatisfy { $0.sent == 2 && $0.queueLength == 0 } }
        #expect(delivery.statistics.map(\.destination) == [one.url, two.url + "/am/"])
        #expect(delivery.statistics.allSatisfy { $0.lastSuccess != nil && $0.queueCapacity == 10_000 })
    }

    @Test func `one that is dead, or hangs, delays neither the others nor the sender`() async throws {
        let dead = try AlertReceiver(isThere: false)
        let (alive, silent) = (try AlertReceiver(), try AlertReceiver([.hang]))
        let log = RecordedLog()
        let delivery = try delivery(
            alertmanagers: [
                .init(url: dead.url), .init(url: silent.url).timing(out: .seconds(3_600)), .init(url: alive.url),
            ],
            log: log
        )
        for number in 0..<10 {
            delivery.send([alert("\(number)")])
            #expect(try await alive.requests(atLeast: number + 1).count == number + 1)
        }
        try await waitUntil { delivery.statistics[2].sent == 10 }
        #expect(delivery.statistics[0].queueLength == 10)
        #expect(delivery.statistics[1].queueLength == 10)
        let lines = try await log.lines(with: "trying again")
        #expect(lines.filter { $0.contains("trying again") }.count == 1)
    }

    @Test func `after failures it is tried again, and arrives`() async throws {
        let receiver = try AlertReceiver([.reset, .status(500), .status(429)])
        let log = RecordedLog()
        let clock = HandClock()
        let delivery = try delivery(
            alertmanagers: [.init(url: receiver.url)],
            log: log,
            limits: patient,
            clock: clock
        )
        delivery.send([alert()])
        for count in 1...3 {
            _ = try await receiver.requests(atLeast: count)
            // Once the failure is taken down the clock decides; until then moving it changes nothing.
            try await waitUntil {
                clock.advance(.seconds(1))
                delivery.wake()
                return receiver.requests.count > count
            }
        }
        let lines = try await log.lines(with: "delivered again")
        #expect(lines.filter { $0.contains("alerts cannot") }.count == 1)
        try await waitUntil { delivery.statistics[0].sent == 1 }
        #expect(delivery.statistics[0].retries == 3)
        #expect(Set(receiver.requests.map(\.body)).count == 1)
    }

    @Test func `while an Alertmanager is away the newest state of each alert waits for it`() async throws {
        let receiver = try AlertReceiver(isThere: false)
        let log = RecordedLog()
        let delivery = try delivery(alertmanagers: [.init(url: receiver.url)], log: log)
        delivery.send([alert("A"), alert("B")])
        _ = try await log.lines(with: "cannot be delivered")
        let end = alert("A", at: .seconds(60), isResolved: true)
        for second in 1..<60 { delivery.send([alert("A", at: .seconds(second))]) }
        delivery.send([end])
        try receiver.appear()
        let request = try #require(try await receiver.requests(atLeast: 1).first)
        #expect(
            request.body == AlertsBody.text([alert("B"), end]) || request.body == AlertsBody.text([end, alert("B")])
        )
        try await waitUntil { delivery.statistics[0].sent == 2 }
        #expect(delivery.statistics[0].replaced == 60)
        #expect(delivery.statistics[0].dropped == 0)
    }

    @Test func `a bad alert is not sent again, and said once`() async throws {
        let receiver = try AlertReceiver([.status(400, body: "bad label"), .status(400, body: "bad label")])
        let log = RecordedLog()
        let delivery = try delivery(alertmanagers: [.init(url: receiver.url)], log: log)
        delivery.send([alert("A"), alert("B")])
        try await waitUntil { delivery.statistics[0].failed == 2 }
        delivery.send([alert("A"), alert("B")])
        try await waitUntil { delivery.statistics[0].failed == 4 }
        delivery.send([alert("C")])
        try await waitUntil { delivery.statistics[0].sent == 1 }
        #expect(receiver.requests.map { $0.body.contains(#""C""#) } == [false, false, true])
        #expect(log.lines.filter { $0.contains("refused") }.count == 1)
        #expect(log.lines.contains { $0.contains("HTTP status 400: bad label") })
        #expect(delivery.statistics[0].retries == 0)
    }

    @Test func `a full queue drops the oldest, counts it and says so once`() async throws {
        let receiver = try AlertReceiver([.hang])
        let log = RecordedLog()
        // However slow the machine is, the request hangs for as long as the test takes.
        var alertmanager = AlertmanagerSettings(url: receiver.url)
        alertmanager.endpoint.timeout = .seconds(600)
        let delivery = try delivery(
            alertmanagers: [alertmanager],
            log: log,
            limits: DeliveryLimits(capacity: 10, batch: 2)
        )
        delivery.send([alert("first"), alert("second")])
        _ = try await receiver.requests(atLeast: 1)
        delivery.send((0..<15).map { alert("\($0)") })
        delivery.send((15..<20).map { alert("\($0)") })
        #expect(delivery.statistics[0].dropped == 10)
        #expect(delivery.statistics[0].queueCapacity == 10)
        #expect(log.lines.filter { $0.contains("no room") }.count == 1)
        await delivery.close(within: .zero)
        #expect(delivery.statistics[0].dropped == 22)
        #expect(delivery.statistics[0].queueLength == 0)
    }

    @Test func `batches are bounded`() async throws {
        let receiver = try AlertReceiver([.hang])
        let clock = HandClock()
        let delivery = try delivery(
            alertmanagers: [.init(url: receiver.url).timing(out: .milliseconds(500))],
            limits: patient,
            clock: clock
        )
        delivery.send([alert("first")])
        _ = try await receiver.requests(atLeast: 1)
        delivery.send((0..<600).map { alert("\($0)") })
        try await waitUntil {
            clock.advance(.seconds(1))
            delivery.wake()
            return receiver.requests.count == 4
        }
        let requests = receiver.requests
        #expect(requests.dropFirst().map { $0.body.split(separator: "{\"labels\"").count - 1 } == [256, 256, 89])
    }

    @Test func `at the end what is queued is sent, and nothing after it`() async throws {
        let receiver = try AlertReceiver()
        var webhook = WebhookSettings(name: "pager", url: receiver.url + "/hook")
        webhook.groupWait = .seconds(3_600)
        let delivery = try delivery(alertmanagers: [.init(url: receiver.url)], webhooks: [webhook])
        let firing = AlertNotification(
            labels: ["alertname": "A"],
            annotations: [:],
            startsAt: SystemClock().now,
            endsAt: Timestamp(milliseconds: SystemClock().now.milliseconds + 240_000),
            isResolved: false,
            generatorURL: ""
        )
        delivery.send([firing])
        await delivery.close(within: .seconds(300))
        #expect(Set(receiver.requests.map(\.path)) == ["/api/v2/alerts", "/hook"])
        delivery.send([firing])
        #expect(delivery.statistics.map(\.sent) == [1, 1])
        #expect(delivery.statistics.map(\.queueLength) == [0, 0])
        #expect(delivery.statistics.map(\.dropped) == [0, 0])
    }

    @Test func `the end does not wait longer than it is told to`() async throws {
        let receiver = try AlertReceiver([.hang])
        let log = RecordedLog()
        // Nobody answers: whoever waited for that would do so for ten minutes, and count nothing as dropped.
        var alertmanager = AlertmanagerSettings(url: receiver.url)
        alertmanager.endpoint.timeout = .seconds(600)
        let delivery = try delivery(alertmanagers: [alertmanager], log: log)
        delivery.send([alert()])
        _ = try await receiver.requests(atLeast: 1)
        await delivery.close(within: .milliseconds(20))
        #expect(delivery.statistics[0].dropped == 1)
        #expect(log.lines.contains { $0.contains("were not delivered before the end") })
    }

    @Test func `what is counted adds up to what was handed over`() async throws {
        let answers: [AlertReceiver.Answer] = (0..<60).map {
            $0 % 3 == 0 ? .status(400) : $0 % 7 == 0 ? .status(503) : .ok
        }
        let receiver = try AlertReceiver(answers)
        let delivery = try delivery(
            alertmanagers: [.init(url: receiver.url)],
            limits: DeliveryLimits(capacity: 50, batch: 3, random: { 0 })
        )
        var handed: UInt64 = 0
        for round in 0..<40 {
            delivery.send((0..<10).map { alert("\(round % 9)-\($0)") })
            handed += 10
        }
        try await waitUntil { delivery.statistics[0].queueLength == 0 }
        let counts = delivery.statistics[0]
        #expect(counts.sent + counts.failed + counts.dropped + counts.replaced == handed)
    }

    @Test func `settings that cannot be used are refused at once, by the name of the destination`() throws {
        #expect(throws: NotifyError("pager: an endpoint's URL is not one")) {
            try delivery(webhooks: [WebhookSettings(name: "pager", url: "file:///etc/passwd")])
        }
        #expect(try delivery().isEmpty)
    }

    @Test func `a destination that is let go of ends its thread`() async throws {
        let receiver = try AlertReceiver([.hang])
        weak var gone: AlertDelivery?
        do {
            let delivery = try delivery(alertmanagers: [.init(url: receiver.url)])
            gone = delivery
            delivery.send([alert()])
            _ = try await receiver.requests(atLeast: 1)
        }
        #expect(gone == nil)
        // The request under way is broken off: its connection is closed.
        try await waitUntil { receiver.connections == 0 }
    }

    @Test func `passwords of URLs, and secrets, are in no log line and no metric`() async throws {
        let one = try AlertReceiver([.status(500, body: "hunter2"), .status(400, body: "hunter2")])
        let two = try AlertReceiver([.status(500, body: "s3cret"), .status(400, body: "s3cret")])
        let log = RecordedLog()
        var webhook = WebhookSettings(name: "pager", url: two.url + "/T0KEN")
        webhook.groupWait = .zero
        webhook.endpoint.headers = ["X-Token": .text("s3cret")]
        let alertmanager = AlertmanagerSettings(url: "http://u:hunter2@127.0.0.1:\(one.port)")
        let delivery = try delivery(alertmanagers: [alertmanager], webhooks: [webhook], log: log)
        delivery.send([alert(since: .seconds(-60), at: .seconds(1_000_000_000))])
        try await waitUntil { delivery.statistics.map(\.failed) == [1, 1] }
        let lines = log.lines
        #expect(lines.filter { $0.contains("cannot be delivered") }.count == 2)
        #expect(lines.filter { $0.contains("HTTP status 400: <secret>") }.count == 2)
        for line in lines + delivery.statistics.map(\.destination) {
            for secret in ["hunter2", "s3cret", "T0KEN"] { #expect(!line.contains(secret)) }
        }
        #expect(delivery.statistics.map(\.destination) == [one.url, "pager"])
    }
}

extension AlertmanagerSettings {
    func timing(out timeout: Duration) -> AlertmanagerSettings {
        var settings = self
        settings.endpoint.timeout = timeout
        return settings
    }
}
