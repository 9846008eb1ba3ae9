// SPDX-License-Identifier: Apache-2.0

import Foundation
import Ingest
import Store
import TimeSeries

/// The thread that writes commits, one after the other.
extension MetricsStore {
    /// How long the commit thread waits before it tries to open a poisoned store again.
    private static let retryMilliseconds = 1_000

    func startCommitting() {
        // The thread holds the store: an open store lives until it is closed.
        let thread = Thread { self.commitLoop() }
        thread.stackSize = 1 << 20
        thread.start()
        thread.name = "tidemark commit"  // behind the start: Foundation on Linux loses a name given before
    }

    private enum Work {
        case write(Engine, Commit, CommitGroup)
        case reopen
        /// With the last open commit, when its counts are still to be written.
        case stop(Engine?, Commit)
    }

    private func commitLoop() {
        var lastTrim = Timestamp(milliseconds: 0)
        while true {
            switch nextWork() {
            case .write(let engine, let commit, let group):
                write(commit, to: engine, group)
                makeJoinPages()
                let now = options.clock.now
                startCheckpointIfDue(engine, now)
                if now.milliseconds - lastTrim.milliseconds >= 60_000 {
                    lastTrim = now
                    trim(engine, now)
                    startRotationIfDue(engine, now)
                }
            case .reopen:
                reopen()
            case .stop(let engine, let last):
                if let engine { writeCounts(last, to: engine) }
                monitor.withLock { $0.isStopped = true }
                monitor.wake()
                return
            }
        }
    }

    private func nextWork() -> Work {
        while true {
            let isPoisoned = monitor.withLock { if case .poisoned = $0.health { true } else { false } }
            if isPoisoned {
                // Nothing to do but to wait for the end, or for another try.
                let isClosing = monitor.wait(atMostMilliseconds: MetricsStore.retryMilliseconds) {
                    $0.isClosing ? true : nil
                }
                return isClosing == true ? .stop(nil, monitor.withLock { $0.filling }) : .reopen
            }
            let work = monitor.wait { state -> Work?? in
                if case .poisoned = state.health { return .some(nil) }
                if isDue(state) { return .some(takeFilling(&state)) }
                guard state.isClosing else { return .none }
                return .some(.stop(state.engine, state.filling))
            }
            if let work { return work }
        }
    }

    /// Whether the open commit is to be written: someone waits for it, or it has filled.
    private func isDue(_ state: borrowing State) -> Bool {
        state.hasWaiters
            && (state.isUrgent || state.isClosing || state.fillingBytes >= min(16 << 20, options.queue / 4))
    }

    /// Has the open commit written without waiting for it to fill.
    func commitNow() {
        monitor.withLock { $0.isUrgent = true }
        monitor.wake()
    }

    /// Closes the open commit and opens the next one.
    private func takeFilling(_ state: inout State) -> Work {
        let (commit, group) = MetricsStore.take(&state)
        return .write(state.engine, commit, group)
    }

    private static func take(_ state: inout State) -> (Commit, CommitGroup) {
        var commit = state.filling
        commit.newSeries = state.engine.store.takeNewSeries()
        commit.joinBlocks = state.engine.joins.takeBlocks()
        let group = state.group
        state.writing = group
        state.writingBytes = state.fillingBytes
        state.filling = Commit(arrival: commit.arrival)
        state.filling.counts = commit.counts
        state.filling.watermark = commit.watermark
        state.fillingBytes = 0
        state.number &+= 1
        state.group = CommitGroup()
        state.hasWaiters = false
        state.isUrgent = false
        return (commit, group)
    }

    private func write(_ commit: Commit, to engine: Engine, _ group: CommitGroup) {
        let started = ContinuousClock.now
        do throws(StoreError) {
            if !commit.isEmpty { try engine.store.commit(commit) }
            monitor.withLock { MetricsStore.didWrite(commit, since: started, &$0) }
            monitor.wake()
            group.finish(nil)
        } catch {
            poison(error, group)
        }
    }

    private static func didWrite(_ commit: Commit, since started: ContinuousClock.Instant, _ state: inout State) {
        state.writing = nil
        state.writingBytes = 0
        if !commit.isEmpty { state.durations.add((ContinuousClock.now - started).seconds) }
    }

    /// Makes the counts of events that were not accepted durable, when nothing else is left to write.
    private func writeCounts(_ last: Commit, to engine: Engine) {
        guard last.counts != engine.store.counts else { return }
        do throws(StoreError) {
            try engine.store.commit(last)
        } catch {
            poison(error, nil)
        }
    }

    /// Stops accepting: everything that is not durable is void, and those who wait for it are told.
    func poison(_ error: any Error, _ writing: CommitGroup?) {
        let failure = MetricsStoreError(.poisoned, "\(error)")
        let filling = monitor.withLock { state -> CommitGroup in
            state.health = .poisoned(reason: failure.message)
            state.writing = nil
            state.writingBytes = 0
            state.fillingBytes = 0
            state.hasWaiters = false
            state.isUrgent = false
            defer { state.group = CommitGroup() }
            return state.group
        }
        monitor.wake()
        writing?.finish(failure)
        filling.finish(failure)
    }

    /// Tries to read everything back from the disk. Readers keep the old totals until that has worked.
    private func reopen() {
        let (old, definitions) = monitor.withLock { ($0.engine, $0.definitions) }
        // The store that is open can be read: it is given up only when there is room to open it again.
        guard old.store.canWrite() else { return }
        monitor.wait { state -> Void? in
            if state.isCheckpointing || state.isBackingUp { return nil }
            state.isCheckpointing = true
            return ()
        }
        defer {
            monitor.withLock { $0.isCheckpointing = false }
            monitor.wake()
        }
        old.store.close()
        do throws(MetricsStoreError) {
            let engine = try Engine.open(at: directory, definitions: definitions, options: options)
            monitor.withLock { state in
                state.engine = engine
                state.filling = MetricsStore.emptyCommit(after: engine.store, arrival: options.clock.now)
                state.number &+= 1
                state.health = .healthy
            }
        } catch {
            monitor.withLock { $0.health = .poisoned(reason: error.description) }
        }
    }

    // MARK: - Beside the commits

    private func startCheckpointIfDue(_ engine: Engine, _ now: Timestamp) {
        let isDue = engine.store.wantsCheckpoint || engine.store.wantsMaintenance(clock: now)
        if isDue { startBesideCommits { self.checkpoint(engine, now) } }
    }

    private func startRotationIfDue(_ engine: Engine, _ now: Timestamp) {
        if engine.store.wantsRotation(at: now) { startBesideCommits { self.rotate(engine) } }
    }

    /// Runs a checkpoint or a rotation on a thread of its own, unless one is under way.
    private func startBesideCommits(_ body: @escaping @Sendable () -> Void) {
        let starts = monitor.withLock { state in
            guard !state.isCheckpointing, state.health == .healthy else { return false }
            state.isCheckpointing = true
            return true
        }
        guard starts else { return }
        let thread = Thread {
            body()
            self.monitor.withLock { $0.isCheckpointing = false }
            self.monitor.wake()
        }
        thread.start()
        thread.name = "tidemark checkpoint"
    }

    private func checkpoint(_ engine: Engine, _ now: Timestamp) {
        do throws(StoreError) {
            try engine.store.checkpoint()
            while try engine.store.maintain(clock: now, isCancelled: { self.isStopping }) {
                if isStopping { break }
                // One day after the other, so that commits that go on meanwhile do not wait long for a checkpoint.
                if engine.store.wantsCheckpoint { try engine.store.checkpoint() }
            }
        } catch {
            // A day that was left half done because of `isStopping` is gone on with by the next opening.
            if error.code != .interrupted { poison(error, nil) }
        }
    }

    /// One that fails leaves the store as it was, and is counted; if it was in the last step, the next commit fails.
    private func rotate(_ engine: Engine) {
        do throws(StoreError) {
            try engine.store.rotate { self.isStopping }
        } catch {
            monitor.withLock { $0.rotationFailure = error.description }
        }
    }

    /// Whether what runs beside the commits is to be given up.
    var isStopping: Bool {
        monitor.withLock { $0.isClosing || $0.health != .healthy }
    }

    /// Moves records of joins to the disk while they are more than their bound, day by day. What the open commit has changed
    /// of them must not get there before it, so it is written first, under the lock.
    private func makeJoinPages() {
        var makesPages = true
        while makesPages {
            var group: CommitGroup?
            var isWritten = false
            do {
                makesPages = try monitor.withLock { state in
                    guard state.health == .healthy, state.engine.joins.wantsPages else { return false }
                    if state.hasWaiters {
                        let (commit, waiting) = MetricsStore.take(&state)
                        group = waiting
                        let started = ContinuousClock.now
                        if !commit.isEmpty { try state.engine.store.commit(commit) }
                        MetricsStore.didWrite(commit, since: started, &state)
                        isWritten = true
                    }
                    try state.engine.joins.makePages()
                    return true
                }
                group?.finish(nil)
                if group != nil { monitor.wake() }
            } catch {
                if isWritten { group?.finish(nil) }
                return poison(error, isWritten ? nil : group)
            }
        }
    }

    /// Forgets identities that the window has passed, and keeps those in memory within their bound. Between two
    /// commits, so that everything in memory but the open commit is durable; under load there always is one, and its
    /// identities are those of its arrival.
    func trim(_ engine: Engine, _ now: Timestamp) {
        let error = monitor.withLock { state -> (any Error)? in
            let durable = state.hasWaiters ? min(now, state.filling.arrival) : now
            do {
                if options.expiresIdentities {
                    try engine.store.expireIdentities(before: engine.deduplicator.firstHour(at: durable))
                }
                try engine.deduplicator.trim(at: durable)
                for (join, day) in engine.joins.expire(watermark: engine.store.watermark, now: now) {
                    try engine.pages.forget(join, day: day)
                }
                return nil
            } catch {
                return error
            }
        }
        if let error { poison(error, nil) }
    }
}

extension Duration {
    /// The whole duration in seconds.
    var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
