// SPDX-License-Identifier: Apache-2.0

import Foundation
import PromQL
public import Rules
import Synchronization
public import TimeSeries

/// Evaluates rule groups over a store: each at every multiple of its interval, with the samples they make recorded in
/// the store, and what is to be told about alerts handed over.
///
/// Thread safe. Two threads of its own evaluate; a group is evaluated by one at a time, and not before the groups due at
/// the same instant whose series it reads. An evaluation that comes too late is left out and counted as missed.
public final class RuleEngine: Sendable {
    /// What it has done since it was made.
    public struct Counts: Sendable {
        /// Evaluations of rules.
        public var evaluations = 0
        /// Evaluations of rules that gave no answer.
        public var failures = 0
        /// Instants at which a group should have been evaluated and was not.
        public var missed = 0
        /// Samples written to the store.
        public var written = 0
        /// Samples that the store refused.
        public var refused = 0
        /// Samples given up because the store could not be written for too long.
        public var dropped = 0
        /// How long evaluations of groups took, writing included: how many by `bounds`, the last beyond them.
        public var durations = [UInt64](repeating: 0, count: Counts.bounds.count + 1)
        /// The sum of these, in seconds.
        public var seconds = 0.0

        /// Upper bounds of `durations`, inclusive, in seconds.
        public static let bounds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60]
    }

    /// Where it reaches what is around it.
    public struct Surroundings: Sendable {
        /// Samples of now that are not in the store, such as the server's counts about itself.
        public var currentSamples: @Sendable (Timestamp) -> [RuleSample] = { _ in [] }
        /// Takes what is to be told; must not block.
        public var notify: @Sendable ([AlertNotification]) -> Void = { _ in }
        /// A line for the operator.
        public var log: @Sendable (String) -> Void = { _ in }

        /// Nothing around it.
        public init() {}
    }

    struct Entry {
        let evaluator: GroupEvaluator
        /// The instant of the next evaluation.
        var next: Timestamp
        var isRunning = false
        /// As it was after the last evaluation.
        var status: GroupStatus
        /// Places of the groups that are evaluated before this one at the same instant.
        var dependencies: [Int] = []
        /// The group was taken away, and is here for its resolved alerts to be told.
        var isGone = false
        /// They have been.
        var isOver = false
    }

    struct State {
        /// In the order of evaluation.
        var entries: [Entry] = []
        var counts = Counts()
        var isStopping = false
        /// Nothing begins while the groups change hands.
        var isReloading = false
        var threads = 0
    }

    let store: MetricsStore
    let surroundings: Surroundings
    let recorder: RuleRecorder
    let monitor: Monitor<State>
    /// Breaks off what is evaluated at the stop.
    let stopping = QueryCancellation()

    /// Threads that evaluate. With two, one slow group does not hold up all others.
    private static let threads = 2
    /// Expressions are nested, and so is their evaluation.
    private static let stackSize = 16 << 20

    /// An engine that evaluates nothing before `start()`.
    ///
    /// - Parameter restores: whether alerts of before a stop are taken up again from the store.
    public init(
        store: MetricsStore,
        groups: [RuleGroup],
        settings: RuleSettings = RuleSettings(),
        surroundings: Surroundings = Surroundings(),
        restores: Bool = true
    ) {
        self.store = store
        self.surroundings = surroundings
        recorder = RuleRecorder(store, log: surroundings.log)
        monitor = Monitor(State())
        let now = store.options.clock.now
        monitor.withLock { state in
            state.entries = RuleEngine.entries(
                groups.map { GroupEvaluator($0, settings: settings, restores: restores) },
                now: now
            )
        }
    }

    /// How the groups are, in the order in which they are evaluated.
    public var groups: [GroupStatus] {
        monitor.withLock { $0.entries.filter { !$0.isGone }.map(\.status) }
    }

    /// What it has done.
    public var counts: Counts {
        var counts = monitor.withLock { $0.counts }
        let samples = recorder.counts
        (counts.written, counts.refused, counts.dropped) = (samples.written, samples.refused, samples.dropped)
        return counts
    }

    // MARK: - Life

    /// Begins to evaluate, on threads of its own.
    public func start() {
        monitor.withLock { $0.threads += RuleEngine.threads }
        for _ in 0..<RuleEngine.threads {
            let thread = Thread { [self] in run() }
            thread.stackSize = RuleEngine.stackSize
            thread.start()
        }
    }

    /// Evaluates nothing more, and breaks off what is under way. Does not block; ``stop()`` is still to come.
    public func breakOff() {
        monitor.withLock { $0.isStopping = true }
        stopping.cancel()
        monitor.wake()
    }

    /// Stops evaluating, for good. An evaluation under way is broken off, as if it had not begun; returns when what was
    /// recorded before is written, or cannot be.
    public func stop() {
        breakOff()
        monitor.wait { state -> Void? in state.threads == 0 ? () : nil }
        recorder.flush()
    }

    /// Goes on with other groups. Those that are there still keep their state (`GroupEvaluator`).
    ///
    /// Blocks while an evaluation is under way.
    public func reload(_ groups: [RuleGroup], settings: RuleSettings) {
        // Nobody evaluates while the groups change hands.
        let old = monitor.wait { state -> [Entry]? in
            state.isReloading = true
            if state.entries.contains(where: \.isRunning) { return nil }
            // They stay to be looked at until others take their place.
            return state.entries
        }
        let now = store.options.clock.now
        var known = Dictionary(old.map { ($0.evaluator.group.identity, $0) }) { first, _ in first }
        var kept: [GroupEvaluator] = []
        for group in groups {
            guard let entry = known.removeValue(forKey: group.identity) else {
                kept.append(GroupEvaluator(group, settings: settings))
                continue
            }
            kept.append(GroupEvaluator(group, settings: settings, replacing: entry.evaluator, at: now))
        }
        var ended = GroupEvaluator.Outcome()
        var gone: [Entry] = []
        let living = Set(kept.flatMap { $0.status.rules.flatMap(\.alerts).map(\.labels) })
        for var entry in known.values {
            let outcome = entry.evaluator.end(at: now, living: living)
            entry.status = entry.evaluator.status
            ended.samples += outcome.samples
            ended.notifications += outcome.notifications
            guard entry.evaluator.hasOrphans else { continue }
            entry.isGone = true
            entry.dependencies = []
            gone.append(entry)
        }
        let entries = RuleEngine.entries(kept, now: now) + gone
        monitor.withLock { state in
            state.entries = entries
            state.isReloading = false
        }
        monitor.wake()
        recorder.record(ended.samples)
        if !ended.notifications.isEmpty { surroundings.notify(ended.notifications) }
    }

    private static func entries(_ evaluators: [GroupEvaluator], now: Timestamp) -> [Entry] {
        let order = GroupOrder(evaluators.map(\.group))
        var placeOf = [Int](repeating: 0, count: evaluators.count)
        for (place, index) in order.places.enumerated() { placeOf[index] = place }
        return order.places.map { index in
            let evaluator = evaluators[index]
            let last = evaluator.status.lastEvaluation
            let due = aligned(now, evaluator.interval)
            return Entry(
                evaluator: evaluator,
                // Now, unless that instant has been evaluated.
                next: last.map { $0 < due } ?? true
                    ? due : Timestamp(milliseconds: due.milliseconds + evaluator.interval),
                status: evaluator.status,
                dependencies: order.dependencies[index].map { placeOf[$0] }
            )
        }
    }

    /// The last multiple of an interval that is not after a time.
    static func aligned(_ time: Timestamp, _ interval: Int64) -> Timestamp {
        let rest = time.milliseconds % interval
        return Timestamp(milliseconds: time.milliseconds - (rest < 0 ? rest + interval : rest))
    }
}
