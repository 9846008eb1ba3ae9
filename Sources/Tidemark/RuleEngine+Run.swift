// SPDX-License-Identifier: Apache-2.0

import Rules
import Store
import TimeSeries

extension RuleEngine {
    /// Something to be evaluated.
    private struct Task {
        let place: Int
        let evaluator: GroupEvaluator
        let time: Timestamp
        /// The labels of alerts of other groups, where they matter.
        let living: Set<Labels>
    }

    /// How long a group waits for another one whose series it reads, in milliseconds: a group that hangs must not keep
    /// alerts from being evaluated.
    private static let longestWait: Int64 = 10_000

    /// What each thread does until the stop.
    func run() {
        while let task = nextTask() { perform(task) }
        monitor.withLock { $0.threads -= 1 }
        monitor.wake()
    }

    /// Evaluates all groups that are due, on the calling thread, in order. For tests, and programs that have no clock
    /// running.
    public func evaluateDue() {
        while let task = monitor.withLock({ claim(&$0, now: store.options.clock.now) }) { perform(task) }
    }

    // MARK: - What is next

    /// Waits for something to do; nil at the stop.
    private func nextTask() -> Task? {
        while true {
            let now = store.options.clock.now
            let pause = monitor.withLock { state -> Int64 in
                let next = state.entries.filter { !$0.isRunning && !$0.isOver }.map(\.next.milliseconds).min() ?? .max
                // Not longer than a second: the clock may be set.
                return max(1, min(1_000, next &- now.milliseconds))
            }
            let found = monitor.wait(atMostMilliseconds: Int(pause)) { state -> Task?? in
                if state.isStopping { return .some(nil) }
                return claim(&state, now: store.options.clock.now).map { .some($0) }
            }
            if let found { return found }
        }
    }

    /// Takes the group that has been due for longest and waits for no other.
    private func claim(_ state: inout State, now: Timestamp) -> Task? {
        if state.isReloading { return nil }
        var chosen: Int?
        for place in state.entries.indices {
            let interval = state.entries[place].evaluator.interval
            if state.entries[place].next.milliseconds - now.milliseconds > interval {
                // The clock was set back: alerts must not wait until it has caught up.
                state.entries[place].next = RuleEngine.aligned(now, interval)
            }
            let entry = state.entries[place]
            guard !entry.isRunning, !entry.isOver, entry.next <= now else { continue }
            let isLate = now.milliseconds - entry.next.milliseconds > RuleEngine.longestWait
            let waits =
                !isLate
                && entry.dependencies.contains { other in
                    let other = state.entries[other]
                    return other.next <= entry.next
                }
            if waits { continue }
            // The one that has waited longest: a group that is always late must not always be first.
            if let first = chosen, state.entries[first].next <= entry.next { continue }
            chosen = place
        }
        guard let place = chosen else { return nil }
        let entry = state.entries[place]
        // Of several instants that have passed, the last one counts.
        let time = RuleEngine.aligned(now, entry.evaluator.interval)
        if !entry.isGone {
            state.counts.missed += Int((time.milliseconds - entry.next.milliseconds) / entry.evaluator.interval)
        }
        state.entries[place].next = time
        state.entries[place].isRunning = true
        let living = entry.evaluator.hasOrphans ? RuleEngine.alerts(of: state.entries, except: place) : []
        return Task(place: place, evaluator: entry.evaluator, time: time, living: living)
    }

    /// The labels of all alerts that are pending or fire, but for those of one group.
    private static func alerts(of entries: [Entry], except place: Int) -> Set<Labels> {
        let others = entries.indices.filter { $0 != place }
        return Set(others.flatMap { entries[$0].status.rules.flatMap { $0.alerts.map(\.labels) } })
    }

    // MARK: - One evaluation

    private func perform(_ task: Task) {
        let begun = ContinuousClock.now
        let outcome = evaluate(task)
        if outcome.isCancelled {
            monitor.withLock { $0.entries[task.place].isRunning = false }
            monitor.wake()
            return
        }
        for line in outcome.complaints { surroundings.log(line) }
        // A disk that hangs must not keep anybody from being told.
        if !outcome.notifications.isEmpty { surroundings.notify(outcome.notifications) }
        recorder.record(outcome.samples)
        let seconds = (ContinuousClock.now - begun) / .seconds(1)
        let status = task.evaluator.status
        monitor.withLock { state in
            if state.entries[task.place].isGone {
                state.entries[task.place].isOver = !task.evaluator.hasOrphans
            } else {
                state.counts.evaluations += status.rules.count
                state.counts.failures += outcome.failures
                state.counts.seconds += seconds
                state.counts.durations[Counts.bounds.firstIndex { seconds <= $0 } ?? Counts.bounds.count] += 1
            }
            state.entries[task.place].status = status
            state.entries[task.place].isRunning = false
            state.entries[task.place].next = Timestamp(milliseconds: task.time.milliseconds + task.evaluator.interval)
        }
        monitor.wake()
    }

    private func evaluate(_ task: Task) -> GroupEvaluator.Outcome {
        let source: any SeriesSource
        do throws(MetricsStoreError) {
            // Before the view: what is written in between is in both, and nothing is in neither.
            let unwritten = recorder.unwritten
            let view = try store.view()
            let over = unwritten + surroundings.currentSamples(task.time)
            if over.isEmpty {
                source = view
            } else {
                let recorded = RecordedSeries(over: view)
                recorded.append(over)
                source = recorded
            }
        } catch {
            source = UnreadableSource(reason: error)
        }
        return task.evaluator.evaluate(
            at: task.time,
            on: source,
            living: task.living,
            cancellation: stopping
        )
    }
}

/// A store that cannot be read: every rule says why.
private struct UnreadableSource: SeriesSource {
    let reason: MetricsStoreError

    func select(_ selection: SeriesSelection) throws -> any SeriesSet { throw reason }
    func labelNames(_ selection: SeriesSelection, limit: Int) throws -> LabelList { throw reason }
    func labelValues(_ name: String, _ selection: SeriesSelection, limit: Int) throws -> LabelList { throw reason }
    func metadata() -> [MetricFamily] { [] }
}
