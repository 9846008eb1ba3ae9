// SPDX-License-Identifier: Apache-2.0

import Rules

/// What one Alertmanager has yet to be told: everything, soon, in batches.
///
/// A batch that could not be delivered goes back to the front of the queue, but for what is newer there: when the
/// Alertmanager is back, it hears what is now. A batch that it refuses is not sent again: it has kept the alerts that it
/// could read, and would not like the others better. (Source: Alertmanager, `api/v2/api.go`, `postAlertsHandler`.
/// Prometheus, `notifier/`, sends once and trusts in the next telling.)
struct AlertmanagerOutbox: Outbox {
    private let limits: DeliveryLimits
    private var queue: NotificationQueue
    private var inFlight: [NotificationQueue.Entry] = []
    private var delay = RetryDelay()
    private var notBefore = Duration.zero
    private var isDraining = false
    private var hasFailedDraining = false
    private(set) var counts = DeliveryCounts()

    init(limits: DeliveryLimits) {
        self.limits = limits
        queue = NotificationQueue(capacity: limits.capacity)
    }

    var length: Int { queue.count + inFlight.count }

    mutating func follow(_ receiver: Receiver, at now: Moment) {
        notBefore = .zero
        delay.reset()
    }

    mutating func accept(_ notifications: [AlertNotification], at now: Moment) {
        for notification in notifications {
            switch queue.append(NotificationQueue.Entry(notification: notification, handedAt: now.uptime)) {
            case .added: break
            case .replaced: counts.replaced += 1
            case .addedForOldest: counts.dropped += 1
            }
        }
    }

    mutating func next(at now: Moment) -> DeliveryStep {
        precondition(inFlight.isEmpty, "one request at a time")
        if queue.count == 0 || hasFailedDraining { return isDraining ? .finished : .idle }
        if notBefore > now.uptime { return .wait(until: notBefore) }
        inFlight = queue.take(atMost: limits.batch)
        if delay.failures > 0 { counts.retries += 1 }
        return .post { [notifications = inFlight.map(\.notification)] in
            OutgoingRequest(body: Array(AlertsBody.text(notifications).utf8))
        }
    }

    mutating func finish(_ outcome: RequestOutcome, at now: Moment) {
        switch outcome {
        case .accepted:
            counts.sent += UInt64(inFlight.count)
            delay.reset()
        case .refused:
            // The Alertmanager is there: what it said is about this batch.
            counts.failed += UInt64(inFlight.count)
            delay.reset()
        case .retry(_, let asked):
            notBefore = now.uptime + delay.next(asked: asked, random: limits.random())
            hasFailedDraining = isDraining
            let young = inFlight.filter { $0.handedAt + limits.giveUpAfter > now.uptime }
            counts.failed += UInt64(inFlight.count - young.count)
            putBack(young)
        case .aborted: putBack(inFlight)
        }
        inFlight = []
    }

    mutating func drain(at now: Moment) {
        isDraining = true
        notBefore = .zero
    }

    mutating func dropRest(at now: Moment) {
        counts.dropped += UInt64(length)
        inFlight = []
        queue = NotificationQueue(capacity: limits.capacity)
    }

    private mutating func putBack(_ entries: [NotificationQueue.Entry]) {
        let (replaced, dropped) = queue.putBack(entries)
        counts.replaced += UInt64(replaced)
        counts.dropped += UInt64(dropped)
    }
}
