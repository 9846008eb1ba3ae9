// SPDX-License-Identifier: Apache-2.0

import PromQL
import TimeSeries

/// A replay under way: the state of all rules, span after span.
struct ReplayRun {
    let groups: [RuleGroup]
    let settings: RuleSettings
    let source: RecordedSeries
    var outcome = RuleReplay.Outcome()

    /// By group and rule.
    private var rules: [[ReplayRule]]
    /// For each recorded name, how far back it is read.
    private let reaches: [(name: String, milliseconds: Int64?)]
    /// Whether every rule reads only what rules before it record.
    private let isOrdered: Bool
    /// Alerts that fire now, by their labels: where they are among the firings.
    private var firing: [Labels: Int] = [:]
    /// By series, the time of the last sample that was handed over.
    private var handed: [Labels: Int64] = [:]

    init(groups: [RuleGroup], settings: RuleSettings, source: RecordedSeries, recordedNames: Set<String>) {
        self.groups = groups
        self.settings = settings
        self.source = source
        rules = groups.map { $0.rules.map(ReplayRule.init) }
        let flat = groups.flatMap(\.rules)
        let expressions = groups.flatMap { group in group.rules.map { ($0.expression, group.queryOffset) } }
        let lookback = Lookback(expressions, lookback: settings.queryOptions.lookback)
        reaches = recordedNames.sorted().map { ($0, lookback.milliseconds(of: $0)) }
        isOrdered = flat.indices.allSatisfy { index in
            flat[index...].allSatisfy { !flat[index].reads($0) } && !flat[index].dependsOnQueryTimes
        }
    }

    /// Evaluates what falls into a span of time, both ends inclusive.
    mutating func evaluate(from start: Int64, through end: Int64) {
        if isOrdered {
            for place in groups.indices { evaluate(group: place, from: start, through: end) }
        } else {
            evaluateStepwise(from: start, through: end)
        }
    }

    /// Hands over what was recorded since the last time.
    mutating func handOver<Failure: Error>(
        to take: (Labels, ArraySlice<Int64>, ArraySlice<Double>) throws(Failure) -> Void
    ) throws(Failure) {
        for (name, _) in reaches {
            for (labels, column) in source.series(of: name) {
                let last = handed[labels] ?? .min
                // What is kept may be far more than what is new.
                var first = column.times.count
                while first > 0, column.times[first - 1] > last { first -= 1 }
                guard first < column.times.count else { continue }
                handed[labels] = column.times.last
                try take(labels, column.times[first...], column.values[first...])
            }
        }
    }

    /// Forgets what nobody reads behind a time: what nothing reads at all, and what lies too far back.
    func forget(before end: Int64) {
        for (name, reach) in reaches { source.removeSamples(of: name, before: reach.map { end &- $0 } ?? .max) }
    }

    // MARK: - Many steps at once

    private mutating func evaluate(group place: Int, from start: Int64, through end: Int64) {
        let group = groups[place]
        let interval = group.interval ?? settings.interval
        let first = start + (interval - start % interval) % interval
        guard first <= end else { return }
        let last = end - (end - first) % interval
        let steps = ReplaySteps(first: first, last: last, interval: interval, queryOffset: group.queryOffset)
        for index in group.rules.indices {
            let rule = group.rules[index]
            let matrix = ReplayMatrix(
                rule.query,
                first: first - group.queryOffset,
                last: last - group.queryOffset,
                step: interval,
                on: source,
                settings.queryOptions
            )
            outcome.evaluations += steps.count
            note(matrix.failures, rule)
            switch rule.kind {
            case .recording:
                note(rules[place][index].record(matrix, steps, group: group, into: source), rule)
            case .alerting: advance(place, index, matrix, steps)
            }
        }
    }

    private mutating func note(_ failures: [(time: Int64, reason: String)], _ rule: Rule) {
        guard let first = failures.first else { return }
        outcome.failures += failures.count
        if !outcome.reasons.contains(where: { $0.rule == rule.name }) {
            outcome.reasons.append((rule.name, Timestamp(milliseconds: first.time), first.reason))
        }
    }

    /// Takes the alerts of a rule through the steps.
    private mutating func advance(_ place: Int, _ index: Int, _ matrix: ReplayMatrix, _ steps: ReplaySteps) {
        let group = groups[place]
        let rows = matrix.rows(steps)
        let failed = Set(matrix.failures.map(\.time))
        for step in 0..<steps.count {
            let elements = rows[step]
            if elements.isEmpty, rules[place][index].state.isIdle { continue }
            let queryTime = steps.queryTime(step)
            if failed.contains(queryTime) { continue }
            let evaluation = RuleEvaluation(
                group: group,
                settings: settings,
                interval: steps.interval,
                time: Timestamp(milliseconds: steps.time(step)),
                source: source
            )
            let vector = elements.map { element in
                VectorElement(labels: matrix.labels[element.series], value: element.value, histogram: nil)
            }
            take(evaluation, vector, place, index)
        }
    }

    private mutating func take(_ evaluation: RuleEvaluation, _ vector: [VectorElement], _ place: Int, _ index: Int) {
        do throws(RuleFault) {
            source.append(try evaluation.advance(&rules[place][index].state, by: vector, annotates: false))
        } catch {
            note([(evaluation.queryTime.milliseconds, error.description)], groups[place].rules[index])
        }
        noteTransitions(rules[place][index].state, at: evaluation.time)
    }

    /// Writes down what began to fire and what ceased to at a step.
    private mutating func noteTransitions(_ state: RuleState, at time: Timestamp) {
        for (labels, alert) in state.alerting.alerts {
            if alert.state == .firing, alert.firedAt == time {
                firing[labels] = outcome.firings.count
                outcome.firings.append(
                    RuleReplay.Firing(
                        alert: state.rule.name,
                        labels: labels,
                        activeAt: alert.activeAt,
                        firedAt: time,
                        value: alert.value
                    )
                )
            } else if alert.resolvedAt == time, let place = firing.removeValue(forKey: labels) {
                outcome.firings[place].resolvedAt = time
            }
        }
    }

    // MARK: - One step after the other

    private mutating func evaluateStepwise(from start: Int64, through end: Int64) {
        var next = groups.map { group in
            let interval = group.interval ?? settings.interval
            return start + (interval - start % interval) % interval
        }
        while let time = next.min(), time <= end {
            for place in groups.indices where next[place] == time {
                let interval = groups[place].interval ?? settings.interval
                next[place] += interval
                evaluate(group: place, at: time, interval)
            }
        }
    }

    private mutating func evaluate(group place: Int, at time: Int64, _ interval: Int64) {
        let evaluation = RuleEvaluation(
            group: groups[place],
            settings: settings,
            interval: interval,
            time: Timestamp(milliseconds: time),
            source: source
        )
        for index in groups[place].rules.indices {
            outcome.evaluations += 1
            let rule = groups[place].rules[index]
            do throws(RuleFault) {
                switch rule.kind {
                case .recording: source.append(try evaluation.record(&rules[place][index].state))
                case .alerting:
                    take(evaluation, try evaluation.query(rule.query, at: evaluation.queryTime), place, index)
                }
            } catch {
                note([(evaluation.queryTime.milliseconds, error.description)], rule)
            }
        }
    }
}

/// The steps of a group in a span of time.
struct ReplaySteps {
    let first: Int64
    let last: Int64
    let interval: Int64
    let queryOffset: Int64

    var count: Int { Int((last - first) / interval) + 1 }

    /// The instant of an evaluation.
    func time(_ step: Int) -> Int64 { first + Int64(step) * interval }

    /// The time that it asks for.
    func queryTime(_ step: Int) -> Int64 { time(step) - queryOffset }

    /// The step that asks for a time.
    func step(ofQueryTime time: Int64) -> Int { Int((time + queryOffset - first) / interval) }
}

extension ReplayMatrix {
    /// The elements of the vector at each step.
    func rows(_ steps: ReplaySteps) -> [[(series: Int, value: Double)]] {
        var rows = [[(series: Int, value: Double)]](repeating: [], count: steps.count)
        for (series, column) in columns.enumerated() {
            for (time, value) in zip(column.times, column.values) {
                rows[steps.step(ofQueryTime: time)].append((series, value))
            }
        }
        return rows
    }
}

extension Rule {
    /// Whether the expression means something else in a range query than at each of its steps.
    fileprivate var dependsOnQueryTimes: Bool {
        let text = expression.description
        return ["start()", "end()", "range()", "step()"].contains { text.contains($0) }
    }
}
