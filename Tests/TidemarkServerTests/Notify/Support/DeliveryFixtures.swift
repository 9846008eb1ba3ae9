// SPDX-License-Identifier: Apache-2.0

import Logging
import Rules
import Synchronization
import Tidemark
import TimeSeries

@testable import TidemarkServer

/// A clock that stands still until it is moved.
final class HandClock: DeliveryClock {
    private let moment = Mutex(Moment(wall: noon, uptime: .seconds(1_000)))

    var now: Moment { moment.withLock { $0 } }

    func advance(_ duration: Duration) { moment.withLock { $0 = $0 + duration } }
}

func + (moment: Moment, duration: Duration) -> Moment {
    let milliseconds = moment.wall.milliseconds + duration.milliseconds
    return Moment(wall: Timestamp(milliseconds: milliseconds), uptime: moment.uptime + duration)
}

/// 2026-01-05T12:00:00Z.
let noon = Timestamp(seconds: 1_767_614_400)
/// The moment at which tables of times begin.
let beginning = Moment(wall: noon, uptime: .seconds(1_000))

/// An alert that fires since `since`, as it is told at `at`, or that ended then.
func alert(
    _ name: String = "Drop",
    _ labels: [String: String] = [:],
    since: Duration = .zero,
    at: Duration = .zero,
    isResolved: Bool = false,
    annotations: Labels = [:]
) -> AlertNotification {
    AlertNotification(
        labels: Labels(labels.merging(["alertname": name]) { $1 }),
        annotations: annotations,
        startsAt: (beginning + since).wall,
        endsAt: (beginning + (isResolved ? at : at + .seconds(240))).wall,
        isResolved: isResolved,
        generatorURL: "http://tidemark/graph?g0.expr=up"
    )
}

/// A log whose lines can be read, metadata and all.
final class RecordedLog: LogHandler, Sendable {
    private let recorded = Monitor<[String]>([])

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set { recorded.withLock { [newValue] in if let newValue { $0.append("\(key)=\(newValue)") } } }
    }

    var logger: Logger { Logger(label: "test") { _ in self } }
    var lines: [String] { recorded.withLock { $0 } }

    /// The lines, once one contains the text.
    func lines(with text: String) async throws -> [String] {
        let recorded = recorded
        return try await onThread {
            let found = recorded.wait(atMostMilliseconds: 300_000) { lines in
                lines.contains { $0.contains(text) } ? lines : nil
            }
            guard let found else { throw ReceiverError("no line has '\(text)': \(recorded.withLock { $0 })") }
            return found
        }
    }

    func log(event: LogEvent) {
        recorded.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
        recorded.wake()
    }
}

/// Repeats until it holds; for what has no condition to wait for, such as counters after the last answer.
func waitUntil(_ holds: @escaping @Sendable () -> Bool) async throws {
    try await onThread {
        let bell = Bell()
        let deadline = ContinuousClock.now + .seconds(300)
        while !holds() {
            guard ContinuousClock.now < deadline else { throw ReceiverError("it did not come to be") }
            bell.wait(atMost: .milliseconds(2))
        }
    }
}

/// Delivery to these, with retries as fast as they can be.
func delivery(
    alertmanagers: [AlertmanagerSettings] = [],
    webhooks: [WebhookSettings] = [],
    log: RecordedLog = RecordedLog(),
    limits: DeliveryLimits = DeliveryLimits(),
    clock: any DeliveryClock = MachineClock(),
    notificationLog: String? = nil
) throws -> AlertDelivery {
    var settings = NotifySettings()
    settings.alertmanagers = alertmanagers
    settings.webhooks = webhooks
    return try AlertDelivery(
        settings: settings,
        externalURL: "http://tidemark:9590",
        notificationLog: notificationLog,
        logger: log.logger,
        limits: limits,
        clock: clock
    )
}
