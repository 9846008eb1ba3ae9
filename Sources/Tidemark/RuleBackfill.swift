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
        /// Samples that the store refused, because their series has newer ones.
        public let refused: Int
    }

    private let store: MetricsStore
    private let replay: RuleReplay
    /// Samples that are made into one commit.
    private static let slice = 100_000

    /// A backfill of groups, in the order in which they would be evaluated.
    public init(_ store: MetricsStore, _ groups: [RuleGroup], settings: RuleSettings = RuleSettings()) {
        self.store = store
        replay = RuleReplay(groups, settings: settings)
    }

    /// Evaluates each group at every multiple of its interval from `start` through `end`, on the store as it is now, and
    /// writes what the rules record, `ALERTS` and `ALERTS_FOR_STATE` among it. Nobody is told of alerts. Blocks.
    ///
    /// - Parameter progress: called now and then with the time that has been reached.
    /// - Throws: `closed`, and `poisoned` when a write failed: what was recorded until then may be there or not.
    /// - Precondition: `start` is not after `end`.
    public func run(
        from start: Timestamp,
        through end: Timestamp,
        progress: (Timestamp) -> Void = { _ in }
    ) throws(MetricsStoreError) -> Outcome {
        let recorder = RuleRecorder(store) { _ in }
        var samples: [RuleSample] = []
        func write() {
            recorder.record(samples)
            samples.removeAll(keepingCapacity: true)
        }
        let outcome = replay.run(
            from: start,
            through: end,
            on: try store.view(),
            handOver: { labels, times, values in
                for (time, value) in zip(times, values) {
                    samples.append(RuleSample(labels: labels, time: Timestamp(milliseconds: time), value: value))
                    if samples.count == RuleBackfill.slice { write() }
                }
            },
            progress: progress
        )
        write()
        let counts = recorder.counts
        guard recorder.unwritten.isEmpty, counts.dropped == 0 else {
            throw MetricsStoreError(.poisoned, "\(store.directory): what rules record could not be written")
        }
        return Outcome(replay: outcome, written: counts.written, refused: counts.refused)
    }
}
