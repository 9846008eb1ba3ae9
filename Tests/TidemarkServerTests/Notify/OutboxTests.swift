// SPDX-License-Identifier: Apache-2.0

import Rules
import TestSupport
import Testing
import TimeSeries

@testable import TidemarkServer

/// The queue for an Alertmanager, and what is decided about it; no threads, no network.
@Suite struct NotificationQueueTests {
    private func entry(_ name: String, at handedAt: Int = 0) -> NotificationQueue.Entry {
        NotificationQueue.Entry(notification: alert(name), handedAt: .seconds(handedAt))
    }

    private func names(_ entries: [NotificationQueue.Entry]) -> [String] {
        entries.map { $0.notification.labels["alertname"] ?? "" }
    }

    @Test func `a newer notification takes the place of the older`() {
        var queue = NotificationQueue(capacity: 10)
        #expect(queue.append(entry("A", at: 1)) == .added)
        #expect(queue.append(entry("B", at: 1)) == .added)
        #expect(queue.append(entry("A", at: 2)) == .replaced)
        let taken = queue.take(atMost: 10)
        #expect(names(taken) == ["A", "B"])
        #expect(taken.map(\.handedAt) == [.seconds(2), .seconds(1)])
        #expect(queue.count == 0)
    }

    @Test func `the oldest goes when there is no room`() {
        var queue = NotificationQueue(capacity: 2)
        for name in ["A", "B"] { #expect(queue.append(entry(name)) == .added) }
        #expect(queue.append(entry("C")) == .addedForOldest)
        #expect(names(queue.take(atMost: 1)) == ["B"])
        #expect(names(queue.take(atMost: 5)) == ["C"])
    }

    @Test func `what is put back comes first, but not before what is newer, and not without bound`() {
        var queue = NotificationQueue(capacity: 3)
        for name in ["A", "B", "C"] { _ = queue.append(entry(name, at: 1)) }
        let taken = queue.take(atMost: 3)
        _ = queue.append(entry("D", at: 2))
        _ = queue.append(entry("B", at: 2))
        let (replaced, dropped) = queue.putBack(taken)
        #expect((replaced, dropped) == (1, 1))
        let rest = queue.take(atMost: 9)
        #expect(names(rest) == ["C", "D", "B"])
        #expect(rest.map(\.handedAt) == [.seconds(1), .seconds(2), .seconds(2)])
    }

    @Test func `the queue agrees with a simple one through random use`() {
        var random = SeededRandom(for: "NotificationQueue")
        var queue = NotificationQueue(capacity: 8)
        var model: [NotificationQueue.Entry] = []
        for step in 0..<5_000 {
            switch random.below(4) {
            case 0, 1:
                let new = entry("\(random.below(16))", at: step)
                let place = model.firstIndex { $0.notification.labels == new.notification.labels }
                if let place { model[place] = new } else { model.append(new) }
                if model.count > 8 { model.removeFirst() }
                _ = queue.append(new)
            case 2:
                let count = random.below(6)
                #expect(queue.take(atMost: count) == Array(model.prefix(count)))
                model.removeFirst(min(count, model.count))
            default:
                let taken = queue.take(atMost: 3)
                model.removeFirst(taken.count)
                let new = entry("\(random.below(16))", at: step)
                _ = queue.append(new)
                let place = model.firstIndex { $0.notification.labels == new.notification.labels }
                if let place { model[place] = new } else { model.append(new) }
                if model.count > 8 { model.removeFirst() }
                _ = queue.putBack(taken)
                let kept = taken.filter { old in !model.contains { $0.notification.labels == old.notification.labels } }
                model = kept.suffix(8 - model.count) + model
            }
            #expect(queue.count == model.count)
        }
        #expect(queue.take(atMost: 9) == model)
    }

    @Test func `waits double up to half a minute, with jitter`() {
        var delay = RetryDelay()
        let least = (0..<9).map { _ in delay.next(asked: nil, random: 0).milliseconds }
        #expect(least == [125, 250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000])
        delay.reset()
        let most = (0..<9).map { _ in delay.next(asked: nil, random: 1).milliseconds }
        #expect(most == [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000])
        delay.reset()
        #expect(delay.next(asked: .seconds(7), random: 0) == .seconds(7))
        #expect(delay.next(asked: .seconds(86_400), random: 0) == RetryDelay.longestAsked)
        #expect(delay.next(asked: .zero, random: 1) == .seconds(1))
    }
}

@Suite struct AlertmanagerOutboxTests {
    private let later = RequestOutcome.retry(reason: "", after: nil)

    private func outbox(capacity: Int = 10_000, batch: Int = 256) -> AlertmanagerOutbox {
        AlertmanagerOutbox(limits: DeliveryLimits(capacity: capacity, batch: batch, random: { 0 }))
    }

    @Test func `everything goes at once, in batches`() {
        var outbox = outbox(batch: 2)
        outbox.accept(["A", "B", "C"].map { alert($0) }, at: beginning)
        #expect(outbox.next(at: beginning).body?.contains(#""A""#) == true)
        outbox.finish(.accepted, at: beginning)
        #expect(outbox.next(at: beginning).body?.contains(#""C""#) == true)
        outbox.finish(.accepted, at: beginning)
        #expect(outbox.next(at: beginning) == "idle")
        #expect(outbox.counts == DeliveryCounts(sent: 3))
    }

    @Test func `after a failure it waits, tries again, and tells what is then`() {
        var outbox = outbox()
        outbox.accept([alert("A"), alert("B")], at: beginning)
        #expect(outbox.next(at: beginning).body != nil)
        let end = alert("A", at: .seconds(1), isResolved: true)
        outbox.accept([end], at: beginning + .seconds(1))
        outbox.finish(later, at: beginning + .seconds(1))
        #expect(outbox.next(at: beginning + .milliseconds(1_124)).until == beginning.uptime + .milliseconds(1_125))
        #expect(outbox.next(at: beginning + .milliseconds(1_125)).body == AlertsBody.text([alert("B"), end]))
        outbox.finish(.accepted, at: beginning + .seconds(2))
        #expect(outbox.counts == DeliveryCounts(sent: 2, replaced: 1, retries: 1))
    }

    @Test func `what is refused is not sent again`() {
        var outbox = outbox()
        outbox.accept([alert("A"), alert("B")], at: beginning)
        #expect(outbox.next(at: beginning).body != nil)
        outbox.finish(.refused(reason: ""), at: beginning)
        #expect(outbox.next(at: beginning) == "idle")
        #expect(outbox.counts == DeliveryCounts(failed: 2))
    }

    @Test func `what is old is given up, what was told anew is not`() {
        var outbox = outbox()
        outbox.accept([alert("A"), alert("B")], at: beginning)
        let late = beginning + .seconds(900)
        outbox.accept([alert("B", at: .seconds(900))], at: late)
        #expect(outbox.next(at: late).body != nil)
        outbox.finish(later, at: late)
        #expect(outbox.counts == DeliveryCounts(failed: 1, replaced: 1))
        #expect(outbox.length == 1)
    }

    @Test func `Retry-After is kept`() {
        var outbox = outbox()
        outbox.accept([alert()], at: beginning)
        #expect(outbox.next(at: beginning).body != nil)
        outbox.finish(.retry(reason: "", after: .seconds(60)), at: beginning)
        outbox.accept([alert("B")], at: beginning)
        #expect(outbox.next(at: beginning).until == beginning.uptime + .seconds(60))
    }

    @Test func `a full queue drops the oldest and counts it`() {
        var outbox = outbox(capacity: 2)
        outbox.accept((0..<5).map { alert("\($0)") }, at: beginning)
        #expect(outbox.length == 2)
        #expect(outbox.counts == DeliveryCounts(dropped: 3))
    }

    @Test func `at the end everything is tried once`() {
        var outbox = outbox(batch: 1)
        outbox.accept([alert("A"), alert("B"), alert("C")], at: beginning)
        #expect(outbox.next(at: beginning).body != nil)
        outbox.finish(later, at: beginning)
        outbox.drain(at: beginning)
        #expect(outbox.next(at: beginning).body != nil)
        outbox.finish(.accepted, at: beginning)
        #expect(outbox.next(at: beginning).body != nil)
        outbox.finish(later, at: beginning)
        #expect(outbox.next(at: beginning) == "finished")
        outbox.dropRest(at: beginning)
        #expect(outbox.counts == DeliveryCounts(sent: 1, dropped: 2, retries: 1))
        #expect(outbox.length == 0)
    }
}

extension DeliveryStep {
    /// The body, when one is to be posted.
    var body: String? { request.map { String(decoding: $0.body, as: UTF8.self) } }

    var request: OutgoingRequest? {
        if case .post(let write) = self { write() } else { nil }
    }

    /// Until when is waited.
    var until: Duration? {
        if case .wait(let until) = self { until } else { nil }
    }

    static func == (step: DeliveryStep, name: String) -> Bool {
        switch step {
        case .idle: name == "idle"
        case .finished: name == "finished"
        default: false
        }
    }
}
