// SPDX-License-Identifier: Apache-2.0

import Rules

/// What one webhook has yet to be told, and when.
///
/// After a failure that may pass the whole webhook is left alone for a while, and other groups come before the one that
/// failed: one group that its receiver cannot digest does not keep the others waiting.
struct WebhookOutbox: Outbox {
    private var settings: WebhookSettings
    private let limits: DeliveryLimits
    private var externalURL: String
    private var groups: AlertGroups
    private var inFlight = 0
    private var delay = RetryDelay()
    private var notBefore = Duration.zero
    private var isDraining = false
    private var hasFailedDraining = false
    private var sent: UInt64 = 0
    private var retries: UInt64 = 0

    init(settings: WebhookSettings, externalURL: String, limits: DeliveryLimits) {
        self.settings = settings
        self.limits = limits
        self.externalURL = externalURL
        groups = AlertGroups(settings: settings, capacity: limits.capacity)
    }

    var counts: DeliveryCounts {
        DeliveryCounts(sent: sent, failed: groups.failed, dropped: groups.dropped, retries: retries)
    }

    var length: Int { groups.count }

    var revision: UInt64 { groups.revision }

    func told(at now: Moment) -> [ToldGroup] { groups.told(at: now) }

    /// Takes up what the webhook was told before a stop.
    mutating func takeUp(_ told: [ToldGroup], at now: Moment) { groups.takeUp(told, at: now) }

    mutating func follow(_ receiver: Receiver, at now: Moment) {
        guard case .webhook(let settings, let externalURL) = receiver else { return }
        self.settings = settings
        self.externalURL = externalURL
        groups.follow(settings, at: now)
        notBefore = .zero
        delay.reset()
    }

    mutating func accept(_ notifications: [AlertNotification], at now: Moment) {
        groups.insert(notifications, at: now)
    }

    mutating func next(at now: Moment) -> DeliveryStep {
        if hasFailedDraining { return .finished }
        if notBefore > now.uptime, groups.due != nil { return .wait(until: notBefore) }
        guard let notice = groups.next(at: now) else {
            if isDraining { return .finished }
            return groups.due.map { .wait(until: $0) } ?? .idle
        }
        inFlight = notice.members.count
        if delay.failures > 0 { retries += 1 }
        return .post { [settings, externalURL] in
            let body = WebhookBody(
                receiver: settings.name,
                notice: notice,
                groupKey: notice.key(match: settings.match),
                externalURL: externalURL,
                maximumAlerts: settings.maximumAlerts
            )
            var request = OutgoingRequest(body: Array(body.text.utf8))
            if let header = settings.idempotencyHeader {
                request.headers.append((header, notice.idempotencyKey(match: settings.match)))
            }
            return request
        }
    }

    mutating func finish(_ outcome: RequestOutcome, at now: Moment) {
        switch outcome {
        case .accepted:
            sent += UInt64(inFlight)
            groups.delivered(at: now)
            delay.reset()
        case .refused:
            groups.failed(mayRetry: false, at: now)
            delay.reset()
        case .retry(_, let asked):
            notBefore = now.uptime + delay.next(asked: asked, random: limits.random())
            hasFailedDraining = isDraining
            groups.failed(mayRetry: true, at: now)
        case .aborted: groups.failed(mayRetry: true, at: now)
        }
    }

    mutating func drain(at now: Moment) {
        isDraining = true
        notBefore = .zero
        groups.hurry(at: now)
    }

    mutating func dropRest(at now: Moment) { groups.dropAll(at: now) }
}
