// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// Runs rules over the past, in event time: what would have fired, had they been evaluated all along?
///
/// A rule is evaluated for a day of steps at once, as a range query, which gives what single evaluations would; alerts go
/// through their states step by step. Only groups that read one another in a circle, or rules that read what they
/// record, are evaluated one step after the other.
///
/// What the rules record is seen by the rules that follow, and handed over to who wants it; what a store has under the names that the
/// rules record is not seen. The past is what the store knows now: an event that came late counts when it happened.
public struct RuleReplay: Sendable {
    /// One alert from when it fired to when it was resolved.
    public struct Firing: Sendable {
        /// The alert's name.
        public let alert: String
        /// All labels, `alertname` among them.
        public let labels: Labels
        /// When the condition began to hold.
        public let activeAt: Timestamp
        /// When it began to fire.
        public let firedAt: Timestamp
        /// When it ceased to; nil when it fired at the end.
        public var resolvedAt: Timestamp?
        /// The value of the expression when it began to fire.
        public let value: Double
    }

    /// What a replay came to.
    public struct Outcome: Sendable {
        /// In the order of `firedAt`.
        public var firings: [Firing] = []
        /// How many evaluations of rules there were.
        public var evaluations = 0
        /// How many of them gave no answer.
        public var failures = 0
        /// For each rule that failed, the first reason, in the order of evaluation.
        public var reasons: [(rule: String, time: Timestamp, reason: String)] = []
    }

    /// Takes samples of one recorded series, times in milliseconds, ascending, also from one call to the next; a series that
    /// ends has a staleness marker. Says whether to go on.
    public typealias HandOver = (_ series: Labels, _ times: ArraySlice<Int64>, _ values: ArraySlice<Double>) -> Bool

    /// In the order in which they are evaluated.
    public let groups: [RuleGroup]
    let settings: RuleSettings

    /// Milliseconds that are evaluated at once.
    static let span: Int64 = 86_400_000

    /// A replay of groups, in the order in which they would be evaluated.
    public init(_ groups: [RuleGroup], settings: RuleSettings = RuleSettings()) {
        self.groups = GroupOrder(groups).places.map { groups[$0] }
        self.settings = settings
    }

    /// Evaluates each group at every multiple of its interval from `start` through `end`.
    ///
    /// - Parameters:
    ///   - progress: called now and then with the time that has been reached.
    ///   - renewed: asked for the source of each day but the first, so that nothing old is held on to; nil ends the replay.
    ///   - handOver: gets what the rules record, `ALERTS` and `ALERTS_FOR_STATE` among it, a day at a time.
    /// - Precondition: `start` is not after `end`.
    public func run(
        from start: Timestamp,
        through end: Timestamp,
        on source: any SeriesSource,
        renewed: (() -> (any SeriesSource)?)? = nil,
        handOver: HandOver? = nil,
        progress: (Timestamp) -> Void = { _ in }
    ) -> Outcome {
        precondition(start <= end, "a replay goes forward")
        let names = Set(groups.flatMap(\.rules).filter { $0.kind == .recording }.map(\.name))
            .union(["ALERTS", "ALERTS_FOR_STATE"])
        let recorded = RecordedSeries(over: source, replacing: names)
        var run = ReplayRun(
            groups: groups,
            settings: settings,
            source: recorded,
            recordedNames: names,
            handOver: handOver
        )
        var from = start.milliseconds
        while from <= end.milliseconds {
            let through = min(end.milliseconds, from + RuleReplay.span - 1)
            guard run.evaluate(from: from, through: through) else { break }
            progress(Timestamp(milliseconds: through))
            from = through + 1
            if let renewed, from <= end.milliseconds {
                guard let next = renewed() else { break }
                recorded.replaceBase(by: next)
            }
        }
        run.outcome.firings.sort { ($0.firedAt, $0.labels) < ($1.firedAt, $1.labels) }
        return run.outcome
    }
}
