// SPDX-License-Identifier: Apache-2.0

import Glibc
public import Ingest
public import Store
public import TimeSeries

/// A data directory of metrics: events in, exact totals out.
///
/// Thread safe. Events are decoded on the calling thread, added to the open commit under one lock, and written by one
/// thread of the store's own; while one commit is being synced the next one fills, so that many callers share a sync.
///
/// When a write fails the store stops accepting, goes on answering from memory, and tries to open its directory again
/// until that works (for instance when a full disk has room again).
public final class MetricsStore: Sendable {
    /// The data directory.
    public let directory: String
    /// As it was opened.
    public let options: StoreOptions

    let monitor: Monitor<State>

    /// Whether the store takes events.
    public enum Health: Sendable, Equatable {
        /// It does.
        case healthy
        /// It does not, because a write failed.
        case poisoned(reason: String)
        /// It was closed.
        case closed
    }

    /// What the callers, the commit thread and the readers share.
    struct State {
        var engine: Engine
        var definitions: [MetricDefinition]
        /// The commit being filled, its number and those who wait for it.
        var filling: Commit
        var number: UInt32 = 0
        var group = CommitGroup()
        var hasWaiters = false
        /// Someone waits for the open commit now. Otherwise it may fill, which saves syncs.
        var isUrgent = false
        /// Those who wait for the commit being written.
        var writing: CommitGroup?
        /// Bytes of text whose events are in neither of the two on the disk yet.
        var fillingBytes = 0
        var writingBytes = 0
        var health = Health.healthy
        var isClosing = false
        var isStopped = false
        var isCheckpointing = false
        var isBackingUp = false
        var backups = BackupStatistics()
        /// Why the last rotation failed, if it did.
        var rotationFailure: String?
        var durations = CommitDurations()
        /// What became of samples since the store was opened.
        var samples = SampleReport()
    }

    /// Opens a data directory, or makes one.
    ///
    /// - Parameters:
    ///   - definitions: which events count in which metrics.
    /// - Throws: `inUse`, `corrupt`, `incompatible`, `diskFull`, `io`, `invalidOptions`.
    public static func open(
        at directory: String,
        definitions: [MetricDefinition],
        options: StoreOptions = StoreOptions()
    ) throws(MetricsStoreError) -> MetricsStore {
        let engine = try Engine.open(at: directory, definitions: definitions, options: options)
        let store = MetricsStore(directory: directory, options: options, engine: engine, definitions: definitions)
        store.startCommitting()
        return store
    }

    private init(directory: String, options: StoreOptions, engine: Engine, definitions: [MetricDefinition]) {
        self.directory = directory
        self.options = options
        monitor = Monitor(
            State(
                engine: engine,
                definitions: definitions,
                filling: MetricsStore.emptyCommit(after: engine.store, arrival: options.clock.now)
            )
        )
    }

    static func emptyCommit(after store: SeriesStore, arrival: Timestamp) -> Commit {
        var commit = Commit(arrival: arrival)
        commit.counts = store.counts
        commit.watermark = store.watermark
        return commit
    }

    // MARK: - Events in

    /// Takes the events of a text: decodes, validates and deduplicates them and adds them to the open commit.
    ///
    /// - Parameters:
    ///   - text: may go when this returns.
    ///   - format: how it is to be read; CSV needs a mapping.
    /// - Returns: before the events are durable; its `committed()` says when they are.
    /// - Throws: `queueFull`, `poisoned`, `closed`, `invalidMapping`; no event of the text counts then.
    /// - Complexity: O(bytes), about 0.3 µs an event.
    public func submit(
        _ text: UnsafeRawBufferPointer,
        format: EventFormat = .auto,
        mapping: EventMapping? = nil
    ) throws(MetricsStoreError) -> PendingIngest {
        try add(bytes: text.count) { engine, arrival throws(MetricsStoreError) in
            let format = EventDecoder.format(format, mapping: mapping, text: text)
            guard format != .csv || mapping != nil else {
                throw MetricsStoreError(.invalidMapping, "CSV is read through a mapping, and none was named")
            }
            let decoder = EventDecoder(schema: engine.schema, key: engine.key, mapping: mapping)
            return decoder.decode(text, format: format, arrival: arrival)
        }
    }

    /// Takes events made in code, and returns once they are durable.
    ///
    /// - Returns: what became of them; the lines of rejects are 1-based places in `events`.
    @discardableResult
    public func record(_ events: [Event]) throws(MetricsStoreError) -> IngestReport {
        try submit(events).wait()
    }

    /// Takes events made in code; `committed()` or `wait()` of the result say when they are durable.
    public func submit(_ events: [Event]) throws(MetricsStoreError) -> PendingIngest {
        try add(bytes: events.count * 64) { engine, arrival throws(MetricsStoreError) in
            EventDecoder(schema: engine.schema, key: engine.key).batch(of: events, arrival: arrival)
        }
    }

    /// Decodes outside the lock, then adds; once more when the definitions were reloaded in between.
    private func add(
        bytes: Int,
        _ decode: (Engine, Timestamp) throws(MetricsStoreError) -> EventBatch
    ) throws(MetricsStoreError) -> PendingIngest {
        while true {
            let engine = try monitor.withLock { state throws(MetricsStoreError) in
                try MetricsStore.checkAccepting(state)
                guard
                    state.fillingBytes + state.writingBytes + bytes <= options.queue || state.fillingBytes == 0,
                    !state.engine.store.isBehind
                else {
                    throw MetricsStoreError(.queueFull, "the queue of events to be written is full")
                }
                return state.engine
            }
            let batch = try decode(engine, options.clock.now)
            if let pending = try add(batch, bytes: bytes, to: engine, isUrgent: true) { return pending }
        }
    }

    static func checkAccepting(_ state: borrowing State) throws(MetricsStoreError) {
        if state.isClosing { throw MetricsStoreError(.closed, "the store is closed") }
        if case .poisoned(let reason) = state.health { throw MetricsStoreError(.poisoned, reason) }
    }

    /// The engine, while the store takes events.
    func acceptingEngine() throws(MetricsStoreError) -> Engine {
        try monitor.withLock { state throws(MetricsStoreError) in
            try MetricsStore.checkAccepting(state)
            return state.engine
        }
    }

    /// Adds a decoded batch to the open commit; nil when the engine is no longer the present one.
    ///
    /// - Parameter isUrgent: whether the commit is to be written as soon as it can be, or may fill first until
    ///   `commitNow`.
    func add(
        _ batch: EventBatch,
        bytes: Int,
        to engine: Engine,
        isUrgent: Bool
    ) throws(MetricsStoreError) -> PendingIngest? {
        var failure: (any Error)?
        let pending = try monitor.withLock { state throws(MetricsStoreError) -> PendingIngest? in
            try MetricsStore.checkAccepting(state)
            guard state.engine === engine else { return nil }
            if !state.hasWaiters { state.filling.arrival = batch.arrival }
            let report: IngestReport
            do {
                report = try engine.pipeline.add(
                    batch,
                    to: &state.filling,
                    number: state.number,
                    checkpointed: engine.store.checkpointedSlot
                )
            } catch {
                // Identities or records of joins on the disk could not be read: nobody can say what has been seen, or what it
                // makes. What the batch has left in the open commit must not be written, so at once:
                failure = error
                state.health = .poisoned(reason: "\(error)")
                return nil
            }
            state.fillingBytes += bytes
            state.hasWaiters = true
            state.isUrgent = state.isUrgent || isUrgent
            return PendingIngest(group: state.group, report: report)
        }
        if let failure {
            poison(failure, nil)
            throw MetricsStoreError(.poisoned, "\(failure)")
        }
        monitor.wake()
        return pending
    }

    // MARK: - Definitions

    /// Goes on with other definitions, from the next event on. Series of metrics that are no longer defined stay.
    ///
    /// - Throws: `incompatible` when a metric would change its unit; nothing is changed then.
    public func reload(definitions: [MetricDefinition]) throws(MetricsStoreError) {
        try monitor.withLock { state throws(MetricsStoreError) in
            try MetricsStore.checkAccepting(state)
            state.engine = try state.engine.redefined(definitions)
            state.definitions = definitions
        }
    }

    // MARK: - Totals out

    /// Whether the store takes events.
    public var health: Health {
        monitor.withLock { $0.health }
    }

    /// The totals after the last commit, of the series that have grown within `options.idleTimeout`.
    public func snapshot() -> TotalsSnapshot {
        let store = monitor.withLock { $0.engine.store }
        return store.snapshot(now: options.clock.now, idleTimeout: options.idleTimeout)
    }

    /// The durable total of one series, or nil when nothing has counted in it: `total(of: "campaign_clicks_total",
    /// ["campaign": "spring"])`. The labels are all of the series' labels.
    public func total(of metric: String, _ labels: Labels = [:]) -> Double? {
        monitor.withLock { $0.engine.store }.total(of: metric, labels)
    }

    // MARK: - The end

    /// Commits what is open, then closes. Idempotent; blocks until all is written.
    ///
    /// - Throws: `poisoned` when the last commit could not be written.
    public func close() throws(MetricsStoreError) {
        let group = monitor.withLock { state in
            state.isClosing = true
            return state.group
        }
        monitor.wake()
        monitor.wait { state -> Void? in
            guard state.isStopped, !state.isCheckpointing, !state.isBackingUp else { return nil }
            // Nobody begins a checkpoint any more.
            state.isCheckpointing = true
            return ()
        }
        let (store, health) = monitor.withLock { state in
            defer { state.health = .closed }
            return (state.engine.store, state.health)
        }
        store.close()
        monitor.withLock { $0.isCheckpointing = false }
        monitor.wake()
        if case .poisoned(let reason) = health {
            group.finish(MetricsStoreError(.poisoned, reason))
            throw MetricsStoreError(.poisoned, reason)
        }
    }
}
