// SPDX-License-Identifier: Apache-2.0

public import Logging
public import Rules

/// Tells alerts to Alertmanagers and webhooks.
///
/// Each destination has its own queue and its own thread: one that is slow, or away, delays neither the others nor
/// whoever sends. Any thread may call.
public final class AlertDelivery: Sendable {
    private let destinations: [Destination]

    /// Starts a thread for each destination; nothing is connected before there is something to tell.
    ///
    /// - Parameters:
    ///   - externalURL: where Tidemark itself can be looked at, told to webhooks.
    ///   - logger: says when a destination goes away and comes back, and what it refuses; never secrets.
    /// - Throws: `NotifyError` when a destination cannot be used, or there is no thread for it.
    public convenience init(settings: NotifySettings, externalURL: String, logger: Logger) throws(NotifyError) {
        try self.init(
            settings: settings,
            externalURL: externalURL,
            logger: logger,
            limits: DeliveryLimits(),
            clock: MachineClock()
        )
    }

    /// The same with limits and a clock of a test's choice.
    init(
        settings: NotifySettings,
        externalURL: String,
        logger: Logger,
        limits: DeliveryLimits,
        clock: any DeliveryClock
    ) throws(NotifyError) {
        var destinations: [Destination] = []
        func add(_ name: String, _ endpoint: EndpointSettings, _ outbox: any Outbox) throws(NotifyError) {
            do {
                let destination = try Destination(
                    name: name,
                    endpoint: endpoint,
                    outbox: outbox,
                    capacity: limits.capacity,
                    clock: clock,
                    logger: logger
                )
                destinations.append(destination)
            } catch {
                for destination in destinations { destination.abort() }
                throw NotifyError("\(name): \(error.description)")
            }
        }
        for alertmanager in settings.alertmanagers {
            var endpoint = alertmanager.endpoint
            endpoint.url = EndpointURL(endpoint.url)?.appending(path: "/api/v2/alerts")?.text() ?? ""
            try add(alertmanager.label, endpoint, AlertmanagerOutbox(limits: limits))
        }
        for webhook in settings.webhooks {
            let outbox = WebhookOutbox(settings: webhook, externalURL: externalURL, limits: limits)
            try add(webhook.name, webhook.endpoint, outbox)
        }
        self.destinations = destinations
    }

    /// Ends the threads; what has not been told is not told.
    deinit {
        for destination in destinations { destination.abort() }
    }

    /// Whether there is nobody to tell.
    public var isEmpty: Bool { destinations.isEmpty }

    /// Hands notifications over to every destination. Never blocks, never fails: what becomes of them is counted. After
    /// ``close(within:)`` nothing happens.
    public func send(_ notifications: [AlertNotification]) {
        guard !notifications.isEmpty else { return }
        for destination in destinations { destination.accept(notifications) }
    }

    /// What each destination has been told, Alertmanagers first, in the order of the configuration.
    public var statistics: [DestinationStatistics] { destinations.map(\.statistics) }

    /// Takes nothing more, tries once what is left, without waiting for groups, and counts as dropped what has not been
    /// taken within the limit. Blocks so long at most; a request under way may end up to a second later, unheeded.
    @available(*, noasync, message: "it blocks; 'await' the other one")
    public func close(within limit: Duration) { closeBlocking(within: limit) }

    /// The same on a thread of its own: it does not block.
    public func close(within limit: Duration) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            do {
                try SenderThread.start {
                    self.closeBlocking(within: limit)
                    continuation.resume()
                }
            } catch {
                for destination in destinations { destination.abort() }
                continuation.resume()
            }
        }
    }

    private func closeBlocking(within limit: Duration) {
        let deadline = ContinuousClock.now + limit
        for destination in destinations { destination.close() }
        for destination in destinations { destination.waitForEnd(atMost: deadline - .now) }
        for destination in destinations { destination.abort() }
    }

    /// For tests, whose clock does not wake anybody.
    func wake() {
        for destination in destinations { destination.wake() }
    }
}
