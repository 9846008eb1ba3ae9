// SPDX-License-Identifier: Apache-2.0

public import Rules
public import TimeSeries

/// Writes into a store what rules would have recorded, had they been evaluated all along: for events that were imported
/// with their past. `promtool tsdb create-blocks-from rules` does the same for a Prometheus, but for alerts.
public struct RuleBackfill {
    /// What a backfill came to.
    public struct Outcome: Sendable {
        /// As of a replay.
        public let replay: RuleReplay.Outcome
        /// Samples written.
        public let written: Int
        /// Samples that the store refused: their series has newer ones, or their name belongs to events.
        public let refused: Int
    }

    private let store: MetricsStore
    private let replay: RuleReplay
    /// Milliseconds for which a sample is seen.
    private let lookback: Int64
    /// Samples that are made into one commit.
    private static let slice = 100_000

    /// A backfill of groups, in the order in which they would be evaluated.
    public init(_ store: MetricsStore, _ groups: [RuleGroup], settings: RuleSettings = RuleSettings()) {
        self.store = store
        replay = RuleReplay(groups, settings: settings)
        lookback = settings.queryOptions.lookback
    }

    /// Evaluates each group at every multiple of its interval from `start` through `end`, on the store as it is, and
    /// writes what the rules record, `ALERTS` and `ALERTS_FOR_STATE` among it. Nobody is told of alerts. Blocks.
    ///
    /// - Parameters:
    ///   - log: gets a line for each name that the store refuses.
    ///   - progress: called now and then with the time that has been reached.
    /// - Throws: `invalidOptions` when rules were recording right before `start`: alerts and series of then would begin
    ///   anew; or when days from `start` on have been dropped. `closed`; `poisoned` when a write failed: nothing more is
    ///   evaluated then, and the same call again writes the rest.
    /// - Precondition: `start` is not after `end`.
    public func run(
        from start: Timestamp,
        through end: Timestamp,
        log: @escaping @Sendable (String) -> Void = { _ in },
        progress: (Timestamp) -> Void = { _ in }
    ) throws(MetricsStoreError) -> Outcome {
        try check(start)
        let recorder = RuleRecorder(store, log: log)
        var samples: [RuleSample] = []
        // What the day under way is read from.
        var engine = store.monitor.withLock { $0.engine }
        func write() throws(MetricsStoreError) {
            // A store that was opened again has closed the view of the day: what came of it may be half of the truth.
            let isSame = store.monitor.withLock { $0.engine === engine }
            if isSame { recorder.record(samples) }
            guard isSame, recorder.unwritten.isEmpty else { throw failure }
            samples.removeAll(keepingCapacity: true)
        }
        let outcome = try replay.run(
            from: start,
            through: end,
            reading: { () throws(MetricsStoreError) in
                try write()
                engine = store.monitor.withLock { $0.engine }
                return try store.view()
            },
            handOver: { labels, times, values throws(MetricsStoreError) in
                for (time, value) in zip(times, values) {
                    samples.append(RuleSample(labels: labels, time: Timestamp(milliseconds: time), value: value))
                    if samples.count == RuleBackfill.slice { try write() }
                }
            },
            progress: progress
        )
        try write()
        let counts = recorder.counts
        return Outcome(replay: outcome, written: counts.written, refused: counts.refused)
    }

    /// Why nothing can be written.
    private var failure: MetricsStoreError {
        switch store.health {
        case .closed: MetricsStoreError(.closed, "the store was closed")
        case .healthy: MetricsStoreError(.poisoned, "a write failed meanwhile; backfill again")
        case .poisoned(let reason): MetricsStoreError(.poisoned, "what rules record could not be written: \(reason)")
        }
    }

    private func check(_ start: Timestamp) throws(MetricsStoreError) {
        if let floor = store.statistics().days.floor, start < floor {
            throw MetricsStoreError(.invalidOptions, "days before \(floor.rfc3339) have been dropped: begin there")
        }
        if let name = try recordedName(before: start) {
            throw MetricsStoreError(
                .invalidOptions,
                "'\(name)' was recorded until right before \(start.rfc3339): begin where that began, or more than five "
                    + "minutes behind it; what is there stays"
            )
        }
    }

    /// A name that the rules record and that has a value right before a time.
    private func recordedName(before time: Timestamp) throws(MetricsStoreError) -> String? {
        let view = try store.view()
        do {
            let names = replay.recordedNames.sorted().joined(separator: "|")
            let set = try view.select(
                SeriesSelection(
                    [try LabelMatcher("__name__", .matches, names)],
                    from: Timestamp(milliseconds: time.milliseconds - lookback),
                    through: Timestamp(milliseconds: time.milliseconds - 1)
                )
            )
            let columns = SampleColumns()
            for index in 0..<set.count {
                try set.read(index, into: columns)
                if columns.count > 0, !SampleColumns.isStale(columns.values[columns.count - 1]) {
                    return set.labels(index)["__name__"]
                }
            }
            return nil
        } catch {
            throw MetricsStoreError(.io, "\(error)")
        }
    }
}
