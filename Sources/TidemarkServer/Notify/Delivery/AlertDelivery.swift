// SPDX-License-Identifier: Apache-2.0

public import Logging
public import Rules
import Synchronization

/// Tells alerts to Alertmanagers and webhooks.
///
/// Each destination has its own queue and its own thread: one that is slow, or away, delays neither the others nor
/// whoever sends. Any thread may call.
public final class AlertDelivery: Sendable {
    private struct State {
        var destinations: [Destination] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let logger: Logger
    private let limits: DeliveryLimits
    private let clock: any DeliveryClock
    private let notificationLog: NotificationLog?

    /// How long what a destination that is no more still holds may take.
    private static let closingTime: Duration = .seconds(5)

    /// Starts a thread for each destination; nothing is connected before there is something to tell.
    ///
    /// - Parameters:
    ///   - externalURL: where Tidemark itself can be looked at, told to webhooks.
    ///   - notificationLog: the file in which it is kept what webhooks were told; nil: it is forgotten at the end.
    ///   - logger: says when a destination goes away and comes back, and what it refuses; never secrets.
    /// - Throws: `NotifyError` when a destination cannot be used, or there is no thread for it.
    public convenience init(
        settings: NotifySettings,
        externalURL: String,
        notificationLog: String? = nil,
        logger: Logger
    ) throws(NotifyError) {
        try self.init(
            settings: settings,
            externalURL: externalURL,
            notificationLog: notificationLog,
            logger: logger,
            limits: DeliveryLimits(),
            clock: MachineClock()
        )
    }

    /// The same with limits and a clock of a test's choice.
    init(
        settings: NotifySettings,
        externalURL: String,
        notificationLog: String? = nil,
        logger: Logger,
        limits: DeliveryLimits,
        clock: any DeliveryClock
    ) throws(NotifyError) {
        self.logger = logger
        self.limits = limits
        self.clock = clock
        self.notificationLog = notificationLog.map { NotificationLog(path: $0, logger: logger) }
        let change = try prepare(settings, externalURL: externalURL, told: self.notificationLog?.remembered ?? [:])
        do {
            try self.notificationLog?.start { [weak self] in self?.told }
        } catch {
            change.abandon()
            throw error
        }
        apply(change)
    }

    /// Ends the threads; what has not been told is not told.
    deinit {
        for destination in destinations { destination.abort() }
        notificationLog?.close(within: .zero)
    }

    private var destinations: [Destination] { state.withLock { $0.destinations } }

    /// What webhooks were told.
    private var told: NotificationLog.Content {
        var content: NotificationLog.Content = [:]
        for destination in destinations {
            if case .webhook(let name) = destination.identity { content[name] = destination.told }
        }
        return content
    }

    // MARK: - Who is told

    /// What other settings come to, opened and not yet in use.
    struct Change: Sendable {
        fileprivate var destinations: [(receiver: Receiver, destination: Destination, isNew: Bool)] = []

        /// Gives up what was opened.
        func abandon() {
            for one in destinations where one.isNew { one.destination.abort() }
        }
    }

    /// Opens what other settings need. Nothing has changed yet: ``apply(_:)`` comes next, or `abandon`.
    ///
    /// - Throws: `NotifyError` when a destination cannot be used, or there is no thread for it.
    func prepare(_ settings: NotifySettings, externalURL: String) throws(NotifyError) -> Change {
        try prepare(settings, externalURL: externalURL, told: [:])
    }

    private func prepare(
        _ settings: NotifySettings,
        externalURL: String,
        told: NotificationLog.Content
    ) throws(NotifyError) -> Change {
        var change = Change()
        let known = destinations
        do {
            for receiver in Receiver.all(settings, externalURL: externalURL) {
                if let destination = known.first(where: { $0.identity == receiver.identity }) {
                    try Destination.check(receiver)
                    change.destinations.append((receiver, destination, false))
                    continue
                }
                var before: [ToldGroup] = []
                if case .webhook(let settings, _) = receiver { before = told[settings.name] ?? [] }
                let destination = try Destination(
                    receiver,
                    told: before,
                    limits: limits,
                    clock: clock,
                    logger: logger,
                    onTold: { [notificationLog] in notificationLog?.note() }
                )
                change.destinations.append((receiver, destination, true))
            }
        } catch {
            change.abandon()
            throw error
        }
        return change
    }

    /// Goes on with what was prepared. A destination that is there still keeps what waits and what it was told; what waits
    /// for one that is no more is tried once.
    func apply(_ change: Change) {
        let gone = state.withLock { state -> [Destination]? in
            if state.isClosed { return nil }
            let gone = state.destinations.filter { old in !change.destinations.contains { $0.destination === old } }
            state.destinations = change.destinations.map(\.destination)
            return gone
        }
        guard let gone else { return change.abandon() }
        for one in change.destinations where !one.isNew { one.destination.follow(one.receiver) }
        if gone.isEmpty { return }
        notificationLog?.note()
        do {
            try SenderThread.start { AlertDelivery.close(gone, within: AlertDelivery.closingTime) }
        } catch {
            for destination in gone { destination.abort() }
        }
    }

    /// The addresses at which Alertmanagers are told, without secrets.
    var alertmanagers: [String] {
        destinations.compactMap { destination in
            guard case .alertmanager(let label) = destination.identity else { return nil }
            return label + "/api/v2/alerts"
        }
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
        do {
            try await SenderThread.run { self.closeBlocking(within: limit) }
        } catch {
            for destination in destinations { destination.abort() }
        }
    }

    private func closeBlocking(within limit: Duration) {
        let destinations = state.withLock { state in
            state.isClosed = true
            return state.destinations
        }
        AlertDelivery.close(destinations, within: limit)
        notificationLog?.close(within: .seconds(1))
    }

    private static func close(_ destinations: [Destination], within limit: Duration) {
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
