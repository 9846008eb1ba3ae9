// SPDX-License-Identifier: Apache-2.0

import Logging
import Synchronization
import Tidemark
import TimeSeries

/// Sends what is in the store to one receiver, window by window, behind a cursor that is on the disk.
///
/// It has a thread of its own, reads a view as a query does, and holds nothing that could be lost: a receiver that is away
/// for hours leaves a cursor behind, and the store is the queue. Any thread may call.
final class RemoteWriteSender: Sendable {
    /// Where samples come from, and what the time is.
    struct Source: Sendable {
        /// The series as they are now.
        var view: @Sendable () throws -> any SeriesSource
        var clock: any WallClock
        /// The milliseconds of a slot.
        var slot: Int64
    }

    /// How it waits; tests have another way.
    struct Waiting: Sendable {
        /// Waits that long, or less.
        var pause: @Sendable (Duration) -> Void
        /// Ends a pause, this one or the next.
        var wake: @Sendable () -> Void
        /// 0 to 1.
        var random: @Sendable () -> Double = { .random(in: 0...1) }

        /// The machine's time.
        static var machine: Waiting {
            let bell = Bell()
            return Waiting(pause: { bell.wait(atMost: $0) }, wake: { bell.ring() })
        }
    }

    struct State {
        var cursor: Timestamp
        /// What is sent; falls back to version 1 when the receiver does not know another.
        var version: RemoteWriteVersion
        var statistics: RemoteWriteStatistics
        var log: DeliveryLog
        /// How many more requests a refused batch may be cut into.
        var patience = RemoteWriteSender.mostPieces
        /// The disk did not take the cursor, which was told.
        var hasCursorFailed = false
        /// The store could not be read, which was told.
        var hasReadFailed = false
    }

    /// A refused request is sent again in pieces so often at most, so that one bad sample does not cost the good ones.
    static let mostPieces = 64
    /// And so often while everything is refused.
    static let fewestPieces = 2
    /// How long a store that cannot be read is left alone.
    private static let pauseAfterFault: Duration = .seconds(5)

    let settings: RemoteWriteSettings
    let source: Source
    let waiting: Waiting
    let state: Mutex<State>
    private let bounds: WriteWindow.Bounds
    private let cursors: RemoteWriteCursors
    private let logger: Logger
    private let isStopping = Atomic<Bool>(false)
    private let isRunning = Atomic<Bool>(false)
    private let end = Bell()

    /// - Throws: `NotifyError` when the endpoint cannot be used, or the disk does not take the cursor of a new receiver.
    init(
        _ settings: RemoteWriteSettings,
        source: Source,
        cursors: RemoteWriteCursors,
        bounds: WriteWindow.Bounds? = nil,
        waiting: Waiting = .machine,
        logger: Logger
    ) throws(NotifyError) {
        self.settings = settings
        self.source = source
        self.cursors = cursors
        self.bounds = bounds ?? WriteWindow.Bounds(slot: source.slot)
        self.waiting = waiting
        self.logger = logger
        do {
            _ = try EndpointClient(settings.endpoint)
        } catch {
            throw NotifyError("\(settings.name): \(error.description)")
        }
        let start: Timestamp
        if let known = cursors.cursor(of: settings.name) {
            start = known
        } else {
            // The first sample is the one at `from`.
            let from = settings.from.map { Timestamp(milliseconds: max(0, $0.milliseconds - 1)) }
            start = from ?? Timestamp(milliseconds: max(0, source.clock.now.milliseconds))
            // A kill before the first window must not make "now" a later time.
            do {
                try cursors.move(settings.name, to: start)
            } catch {
                throw NotifyError("\(settings.name): the cursor cannot be written: \(error.description)")
            }
        }
        state = Mutex(
            State(
                cursor: start,
                version: settings.version,
                statistics: RemoteWriteStatistics(name: settings.name),
                log: DeliveryLog(destination: settings.name, subject: "samples", logger: logger)
            )
        )
    }

    /// What it has done.
    var statistics: RemoteWriteStatistics {
        let now = source.clock.now.milliseconds
        return state.withLock { state in
            var statistics = state.statistics
            statistics.lag = max(0, now - state.cursor.milliseconds)
            return statistics
        }
    }

    // MARK: - Life

    /// Begins, on a thread of its own.
    ///
    /// - Throws: `NotifyError` when there is no thread.
    func start() throws(NotifyError) {
        isRunning.store(true, ordering: .releasing)
        do {
            try SenderThread.start { [self] in
                run()
                isRunning.store(false, ordering: .releasing)
                end.ring()
            }
        } catch {
            isRunning.store(false, ordering: .releasing)
            throw error
        }
    }

    /// Whether ``breakOff()`` was called.
    var isAborted: Bool { isStopping.load(ordering: .relaxed) }

    /// Breaks off what is under way. Does not block.
    func breakOff() {
        isStopping.store(true, ordering: .relaxed)
        waiting.wake()
    }

    /// Returns when the thread has ended, which is within about a second after ``breakOff()``.
    func waitForEnd(atMost limit: Duration) {
        if isRunning.load(ordering: .acquiring) { end.wait(atMost: limit) }
    }

    private func run() {
        do throws(NotifyError) {
            // Libcurl's handle belongs to one thread.
            let client = try EndpointClient(settings.endpoint)
            while !isAborted {
                let wait = step(client)
                if wait > .zero { waiting.pause(wait) }
            }
        } catch {
            // It could be made when it was checked: a file is gone since.
            logger.error("remote write has ended", metadata: ["reason": .string(error.description)])
        }
    }

    // MARK: - One window

    /// Sends the next window, when there is one.
    ///
    /// - Returns: how long there is nothing to do.
    func step(_ client: EndpointClient) -> Duration {
        let (cursor, version) = state.withLock { ($0.cursor, $0.version) }
        let now = source.clock.now.milliseconds
        let settled = now - settings.settle.milliseconds
        let horizon = settled - settled % source.slot
        guard horizon > cursor.milliseconds else {
            let next = cursor.milliseconds - cursor.milliseconds % source.slot + source.slot
            // Not longer than a second: the clock may be set.
            return .milliseconds(min(1_000, max(1, next + settings.settle.milliseconds - now)))
        }
        let window: WriteWindow?
        do {
            window = try WriteWindow.read(
                source.view(),
                after: cursor,
                through: Timestamp(milliseconds: horizon),
                settings: settings,
                version: version,
                bounds: bounds,
                isAborted: { isAborted }
            )
        } catch {
            noteRead(fault: "\(error)")
            return RemoteWriteSender.pauseAfterFault
        }
        noteRead(fault: nil)
        guard let window else { return .zero }
        for batch in window.batches {
            // Otherwise the window is sent from its beginning: another time, or in the other version.
            guard send(batch, client) == .done else { return .zero }
        }
        move(to: window, isLast: window.end.milliseconds >= horizon)
        return .zero
    }

    private func noteRead(fault: String?) {
        let isNew = state.withLock { state in
            defer { state.hasReadFailed = fault != nil }
            return !state.hasReadFailed
        }
        guard let fault, isNew, !isAborted else { return }
        logger.warning(
            "what is to be sent cannot be read, trying again",
            metadata: ["destination": .string(settings.name), "reason": .string(fault)]
        )
    }

    /// All of a window was answered. Of many windows without a sample, as after a long pause, only the last is written.
    private func move(to window: WriteWindow, isLast: Bool) {
        state.withLock { $0.cursor = window.end }
        guard !window.batches.isEmpty || isLast else { return }
        do throws(NotifyError) {
            try cursors.move(settings.name, to: window.end)
            state.withLock { $0.hasCursorFailed = false }
        } catch {
            let isNew = state.withLock { state in
                defer { state.hasCursorFailed = true }
                return !state.hasCursorFailed
            }
            guard isNew else { return }
            logger.warning(
                "how far remote write has come is not kept: after a restart samples are sent again",
                metadata: ["destination": .string(settings.name), "reason": .string(error.description)]
            )
        }
    }
}
