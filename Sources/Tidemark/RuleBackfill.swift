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
    /// Samples that are made into one commit.
    private static let slice = 100_000
    /// Milliseconds for which a sample is seen.
    private static let lookback: Int64 = 300_000

    /// A backfill of groups, in the order in which they would be evaluated.
    public init(_ store: MetricsStore, _ groups: [RuleGroup], settings: RuleSettings = RuleSettings()) {
        self.store = store
        replay = RuleReplay(groups, settings: settings)
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
        /// Whether that was possible.
        func write() -> Bool {
            recorder.record(samples)
            samples.removeAll(keepingCapacity: true)
            return recorder.unwritten.isEmpty
        }
        let outcome = replay.run(
            from: start,
            through: end,
            on: try store.view(),
            renewed: { [store] in try? store.view() },
            handOver: { labels, times, values in
                for (time, value) in zip(times, values) {
                    samples.append(RuleSample(labels: labels, time: Timestamp(milliseconds: time), value: value))
                    if samples.count == RuleBackfill.slice, !write() { return false }
                }
                return true
            },
            progress: progress
        )
        guard write() else {
            var reason = "the store was closed"
            if case .poisoned(let why) = store.health { reason = why }
            throw MetricsStoreError(.poisoned, "what rules record could not be written: \(reason)")
        }
        let counts = recorder.counts
        return Outcome(replay: outcome, written: counts.written, refused: counts.refused)
    }

    private func check(_ start: Timestamp) throws(MetricsStoreError) {
        if let floor = store.statistics().days.floor, start < floor {
            throw MetricsStoreError(.invalidOptions, "days before \(floor.rfc3339) have been dropped: begin there")
        }
        let names = Set(replay.groups.flatMap(\.rules).filter { $0.kind == .recording }.map(\.name)).union(["ALERTS"])
        let before = Timestamp(milliseconds: start.milliseconds - 1)
        let view = try store.view()
        for name in names.sorted() {
            let selection: SeriesSelection
            do {
                selection = SeriesSelection(
                    [try LabelMatcher("__name__", .equal, name)],
                    from: Timestamp(milliseconds: start.milliseconds - RuleBackfill.lookback),
                    through: before
                )
                let set = try view.select(selection)
                let columns = SampleColumns()
                for index in 0..<set.count {
                    try set.read(index, into: columns)
                    guard columns.count > 0, !SampleColumns.isStale(columns.values[columns.count - 1]) else { continue }
                    throw MetricsStoreError(
                        .invalidOptions,
                        "'\(name)' was recorded until right before \(start.rfc3339): begin where that began, or more than "
                            + "five minutes behind it; what is there stays"
                    )
                }
            } catch let error as MetricsStoreError {
                throw error
            } catch {
                throw MetricsStoreError(.io, "\(error)")
            }
        }
    }
}
