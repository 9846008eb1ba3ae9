// SPDX-License-Identifier: Apache-2.0

public import TimeSeries

/// Runs rules over the past, in event time: what would have fired, had they been evaluated all along?
///
/// A rule is evaluated for a day of steps at once, as a range query, which gives what single evaluations would; alerts go
/// through their states step by step. Only groups that read one another in a circle, or rules that read what they
/// record, are evaluated one step after the other.
///
/// What the rules record is seen by the rules that follow, and handed over to who wants it; what a store has under the
/// names that the rules record is not seen. The past is what the store knows now: an event that came late counts when it
/// happened.
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

    private let groups: [RuleGroup]
    let settings: RuleSettings
    /// Metric names that the rules record, those of alerts' series among them.
    public let recordedNames: Set<String>

    /// Milliseconds that are evaluated at once.
    static let span: Int64 = 86_400_000

    /// A replay of groups, in the order in which they would be evaluated.
    public init(_ groups: [RuleGroup], settings: RuleSettings = RuleSettings()) {
        self.groups = GroupOrder(groups).places.map { groups[$0] }
        self.settings = settings
        recordedNames = Set(groups.flatMap(\.rules).filter { $0.kind == .recording }.map(\.name))
            .union(["ALERTS", "ALERTS_FOR_STATE"])
    }

    /// Evaluates each group at every multiple of its interval from `start` through `end`.
    ///
    /// - Parameter progress: called now and then with the time that has been reached.
    /// - Precondition: `start` is not after `end`.
    public func run(
        from start: Timestamp,
        through end: Timestamp,
        on source: any SeriesSource,
        progress: (Timestamp) -> Void = { _ in }
    ) -> Outcome {
        run(from: start, through: end, reading: { source }, handOver: { _, _, _ in }, progress: progress)
    }

    /// The same, a day at a time, for who takes what the rules record.
    ///
    /// - Parameters:
    ///   - source: asked before each day for what that is evaluated on, so that nothing old is held on to.
    ///   - take: gets, behind each day, samples of each recorded series: times in milliseconds, ascending, also from one
    ///     call to the next. A series that ends has a staleness marker.
    ///   - progress: called now and then with the time that has been reached.
    /// - Throws: what `source` and `take` throw; nothing more is evaluated then.
    /// - Precondition: `start` is not after `end`.
    public func run<Failure: Error>(
        from start: Timestamp,
        through end: Timestamp,
        reading source: () throws(Failure) -> any SeriesSource,
        handOver take: (Labels, ArraySlice<Int64>, ArraySlice<Double>) throws(Failure) -> Void,
        progress: (Timestamp) -> Void = { _ in }
    ) throws(Failure) -> Outcome {
        precondition(start <= end, "a replay goes forward")
        let recorded = RecordedSeries(over: try source(), replacing: recordedNames)
        var run = ReplayRun(groups: groups, settings: settings, source: recorded, recordedNames: recordedNames)
        var from = start.milliseconds
        while true {
            let through = min(end.milliseconds, from + RuleReplay.span - 1)
            run.evaluate(from: from, through: through)
            try run.handOver(to: take)
            run.forget(before: through)
            progress(Timestamp(milliseconds: through))
            from = through + 1
            guard from <= end.milliseconds else { break }
            recorded.replaceBase(by: try source())
        }
        run.outcome.firings.sort { ($0.firedAt, $0.labels) < ($1.firedAt, $1.labels) }
        return run.outcome
    }
}
