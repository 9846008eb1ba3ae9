// SPDX-License-Identifier: Apache-2.0

import Logging
import Rules
import Synchronization
import TimeSeries

/// One receiver with its outbox and its thread.
///
/// Any thread may call; whoever hands over alerts waits for nobody's network. The thread holds the destination and ends
/// after ``close()`` or ``abort()``.
final class Destination: Sendable {
    private struct State {
        var receiver: Receiver
        var outbox: any Outbox
        /// What is to be remembered over a restart, once the outbox has given up all it holds.
        var toldAtEnd: [ToldGroup] = []
        var log: DeliveryLog
        var isClosing = false
        var isOver = false
        var lastSuccess: Timestamp?
    }

    /// Which one it is.
    let identity: Receiver.Identity
    /// What it is called in logs and metrics.
    let name: String
    private let onTold: @Sendable () -> Void
    private let clock: any DeliveryClock
    private let capacity: Int
    private let state: Mutex<State>
    private let isAborted = Atomic<Bool>(false)
    /// There is something for the thread.
    private let bell = Bell()
    /// The thread has ended.
    private let end = Bell()

    /// - Parameters:
    ///   - told: what it was told before a stop.
    ///   - onTold: called when ``told`` is to be written down anew.
    /// - Throws: `NotifyError` when the endpoint cannot be used or there is no thread.
    init(
        _ receiver: Receiver,
        told: [ToldGroup] = [],
        limits: DeliveryLimits,
        clock: any DeliveryClock,
        logger: Logger,
        onTold: @escaping @Sendable () -> Void = {}
    ) throws(NotifyError) {
        identity = receiver.identity
        name = receiver.name
        self.onTold = onTold
        self.clock = clock
        capacity = limits.capacity
        state = Mutex(
            State(
                receiver: receiver,
                outbox: receiver.outbox(limits, told: told, at: clock.now),
                log: DeliveryLog(destination: receiver.name, logger: logger)
            )
        )
        try Destination.check(receiver)
        do {
            try SenderThread.start { self.run() }
        } catch {
            throw NotifyError("\(receiver.name): \(error.description)")
        }
    }

    /// Shows what is wrong with an endpoint; the thread makes its own, which no other touches.
    static func check(_ receiver: Receiver) throws(NotifyError) {
        do {
            _ = try EndpointClient(receiver.endpoint)
        } catch {
            throw NotifyError("\(receiver.name): \(error.description)")
        }
    }

    /// Goes on with other settings of the same receiver, which have been checked. What waits, and what was told, stays; a
    /// request under way ends as it began.
    func follow(_ receiver: Receiver) {
        let now = clock.now
        change { state in
            guard !state.isClosing, state.receiver != receiver else { return }
            state.receiver = receiver
            state.outbox.follow(receiver, at: now)
        }
        bell.ring()
    }

    /// What has to be remembered over a restart.
    var told: [ToldGroup] {
        let now = clock.now
        return state.withLock { $0.isOver ? $0.toldAtEnd : $0.outbox.told(at: now) }
    }

    /// Hands over; does not block.
    func accept(_ notifications: [AlertNotification]) {
        let now = clock.now
        change { state in
            guard !state.isClosing else { return }
            let dropped = state.outbox.counts.dropped
            state.outbox.accept(notifications, at: now)
            if state.outbox.counts.dropped > dropped { state.log.noteDropped(at: now.uptime) }
        }
        bell.ring()
    }

    /// Changes the state, and says so when what is to be remembered is another thing then.
    private func change<Result: Sendable>(_ body: (inout State) -> Result) -> Result {
        let (result, isNew) = state.withLock { state in
            let revision = state.outbox.revision
            let result = body(&state)
            return (result, state.outbox.revision != revision)
        }
        if isNew { onTold() }
        return result
    }

    /// What it has done and holds.
    var statistics: DestinationStatistics {
        state.withLock { state in
            let counts = state.outbox.counts
            return DestinationStatistics(
                destination: name,
                sent: counts.sent,
                failed: counts.failed,
                dropped: counts.dropped,
                replaced: counts.replaced,
                retries: counts.retries,
                queueLength: state.outbox.length,
                queueCapacity: capacity,
                lastSuccess: state.lastSuccess
            )
        }
    }

    // MARK: - The end

    /// Takes nothing more, and lets the thread try what is left.
    func close() {
        let now = clock.now
        state.withLock { state in
            guard !state.isClosing else { return }
            state.isClosing = true
            state.outbox.drain(at: now)
        }
        bell.ring()
    }

    /// Waits until the thread has ended.
    func waitForEnd(atMost limit: Duration) {
        if state.withLock({ !$0.isOver }) { end.wait(atMost: limit) }
    }

    /// Breaks off what is under way, and counts what is left as dropped. The thread ends within about a second.
    func abort() {
        isAborted.store(true, ordering: .relaxed)
        let now = clock.now
        state.withLock { state in
            guard !state.isOver else { return }
            state.isClosing = true
            finish(&state, at: now)
        }
        bell.ring()
    }

    private func finish(_ state: inout State, at now: Moment) {
        let dropped = state.outbox.counts.dropped
        state.isOver = true
        state.toldAtEnd = state.outbox.told(at: now)
        state.outbox.dropRest(at: now)
        state.log.noteEnd(dropped: state.outbox.counts.dropped - dropped)
    }

    // MARK: - The thread

    private func run() {
        defer { end.ring() }
        var used: (endpoint: EndpointSettings, client: EndpointClient)?
        while let step = nextStep() {
            switch step {
            case .post(let write):
                let endpoint = state.withLock { $0.receiver.endpoint }
                let client: EndpointClient
                if let used, used.endpoint == endpoint {
                    client = used.client
                } else {
                    do throws(NotifyError) {
                        client = try EndpointClient(endpoint)
                        used = (endpoint, client)
                    } catch {
                        // It could be made when it was checked: a file is gone since.
                        note(.retry(reason: error.description, after: nil))
                        continue
                    }
                }
                let outcome = client.post(write()) { self.isAborted.load(ordering: .relaxed) }
                note(outcome)
            case .wait(let uptime): bell.wait(atMost: uptime - clock.now.uptime)
            case .idle: bell.wait(atMost: .seconds(3_600))
            case .finished: break
            }
        }
    }

    /// Nil at the end.
    private func nextStep() -> DeliveryStep? {
        let now = clock.now
        return change { state in
            if state.isOver { return nil }
            let step = state.outbox.next(at: now)
            guard case .finished = step else { return step }
            finish(&state, at: now)
            return nil
        }
    }

    private func note(_ outcome: RequestOutcome) {
        let now = clock.now
        change { state in
            if outcome == .accepted { state.lastSuccess = now.wall }
            // What was given up is counted already.
            if state.isOver { return }
            state.outbox.finish(outcome, at: now)
            state.log.note(outcome, at: now.uptime)
        }
    }

    /// For tests, whose clock does not wake anybody.
    func wake() { bell.ring() }
}
