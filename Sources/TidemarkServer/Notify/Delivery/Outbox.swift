// SPDX-License-Identifier: Apache-2.0

import Rules

/// What one destination has yet to be told, and when: a state machine without threads, sockets or a clock of its own.
///
/// One request at a time: after a step `post`, ``finish(_:at:)`` comes before the next ``next(at:)``.
protocol Outbox: Sendable {
    /// What has come of the notifications so far.
    var counts: DeliveryCounts { get }
    /// Notifications that are held.
    var length: Int { get }
    /// Grows whenever ``told(at:)`` is to be written down anew.
    var revision: UInt64 { get }

    /// What has to be remembered over a restart.
    func told(at now: Moment) -> [ToldGroup]

    /// Goes on with other settings; what is held, and what was told, stays.
    mutating func follow(_ receiver: Receiver, at now: Moment)

    /// Takes notifications; the oldest are dropped where there is no room.
    mutating func accept(_ notifications: [AlertNotification], at now: Moment)

    /// What is to be done now.
    mutating func next(at now: Moment) -> DeliveryStep

    /// Takes down what became of the request.
    mutating func finish(_ outcome: RequestOutcome, at now: Moment)

    /// From now on nothing is waited for: what is left is tried once, at once.
    mutating func drain(at now: Moment)

    /// Gives up what is left, and counts it.
    mutating func dropRest(at now: Moment)
}

extension Outbox {
    var revision: UInt64 { 0 }

    func told(at now: Moment) -> [ToldGroup] { [] }
}

/// What a destination does next.
enum DeliveryStep: Sendable {
    /// Post what this writes. It is called without the outbox's lock: it may take its time.
    case post(@Sendable () -> OutgoingRequest)
    /// Nothing before that uptime, or before something is accepted.
    case wait(until: Duration)
    /// Nothing before something is accepted.
    case idle
    /// Nothing any more; only while draining.
    case finished
}

/// Notifications by what became of them.
struct DeliveryCounts: Equatable, Sendable {
    /// In requests that were accepted.
    var sent: UInt64 = 0
    /// In requests that were refused, or that were tried for long enough.
    var failed: UInt64 = 0
    /// Pushed out for want of room, or left when delivery ended.
    var dropped: UInt64 = 0
    /// Not told because something newer about the same alert came first. Nothing is lost by it.
    var replaced: UInt64 = 0
    /// Requests made after a failed one.
    var retries: UInt64 = 0
}

/// What delivery does within.
struct DeliveryLimits: Sendable {
    /// Notifications held for one destination. Source of both numbers: Prometheus, `cmd/prometheus/main.go` and
    /// `notifier/manager.go`.
    var capacity = 10_000
    /// Notifications in one request to an Alertmanager.
    var batch = 256
    /// So long after it was handed over a notification is worth trying. Rules tell a firing alert anew every minute, and
    /// Alertmanager takes one for resolved four minutes after the last telling.
    var giveUpAfter: Duration = .seconds(900)
    /// 0 to 1, for jitter.
    var random: @Sendable () -> Double = { .random(in: 0...1) }
}
