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
        var outbox: any Outbox
        var log: DeliveryLog
        var isClosing = false
        var isOver = false
        var lastSuccess: Timestamp?
    }

    /// What it is called in logs and metrics.
    let name: String
    private let clock: any DeliveryClock
    private let capacity: Int
    private let state: Mutex<State>
    private let isAborted = Atomic<Bool>(false)
    /// There is something for the thread.
    private let bell = Bell()
    /// The thread has ended.
    private let end = Bell()

    /// - Throws: `NotifyError` when the endpoint cannot be used or there is no thread.
    init(
        name: String,
        endpoint: EndpointSettings,
        outbox: any Outbox,
        capacity: Int,
        clock: any DeliveryClock,
        logger: Logger
    ) throws(NotifyError) {
        self.name = name
        self.clock = clock
        self.capacity = capacity
        state = Mutex(State(outbox: outbox, log: DeliveryLog(destination: name, logger: logger)))
        // What is wrong with the endpoint shows here; the thread makes its own, which no other touches.
        _ = try EndpointClient(endpoint)
        try SenderThread.start { self.run(endpoint) }
    }

    /// Hands over; does not block.
    func accept(_ notifications: [AlertNotification]) {
        let now = clock.now
        state.withLock { state in
            guard !state.isClosing else { return }
            let dropped = state.outbox.counts.dropped
            state.outbox.accept(notifications, at: now)
            if state.outbox.counts.dropped > dropped { state.log.noteDropped(at: now.uptime) }
        }
        bell.ring()
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
        state.outbox.dropRest(at: now)
        state.log.noteEnd(dropped: state.outbox.counts.dropped - dropped)
    }

    // MARK: - The thread

    private func run(_ endpoint: EndpointSettings) {
        defer { end.ring() }
        // It could be made a moment ago.
        guard let client = try? EndpointClient(endpoint) else { return abort() }
        while let step = nextStep() {
            switch step {
            case .post(let write):
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
        return state.withLock { state in
            if state.isOver { return nil }
            let step = state.outbox.next(at: now)
            guard case .finished = step else { return step }
            finish(&state, at: now)
            return nil
        }
    }

    private func note(_ outcome: RequestOutcome) {
        let now = clock.now
        state.withLock { state in
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
