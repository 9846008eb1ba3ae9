// SPDX-License-Identifier: Apache-2.0

import Rules
import Synchronization
import TestSupport
import Testing
import TimeSeries

@testable import Tidemark

/// What an engine told.
final class Told: Sendable {
    private let state = Mutex<(notifications: [AlertNotification], lines: [String])>(([], []))

    var notifications: [AlertNotification] { state.withLock { $0.notifications } }
    var lines: [String] { state.withLock { $0.lines } }

    /// Takes what was told since the last call.
    func take() -> [AlertNotification] {
        state.withLock { state in
            defer { state.notifications = [] }
            return state.notifications
        }
    }

    var surroundings: RuleEngine.Surroundings {
        var surroundings = RuleEngine.Surroundings()
        surroundings.notify = { told in self.state.withLock { $0.notifications += told } }
        surroundings.log = { line in self.state.withLock { $0.lines.append(line) } }
        return surroundings
    }
}

/// An engine over a store with a clock of its own.
struct RuleBench {
    let directory: TemporaryDirectory
    let clock: ManualClock
    let store: MetricsStore
    let told = Told()
    let engine: RuleEngine

    init(_ rules: String, in directory: TemporaryDirectory, at path: String? = nil, clock: ManualClock) throws {
        self.directory = directory
        self.clock = clock
        var options = StoreOptions()
        options.clock = clock
        store = try MetricsStore.open(at: path ?? directory.store, definitions: .campaigns, options: options)
        engine = RuleEngine(
            store: store,
            groups: try RuleGroup.parse(rules, file: "r.yml"),
            surroundings: told.surroundings
        )
    }

    func advance(_ seconds: Int64) {
        clock.advance(seconds: seconds)
        engine.evaluateDue()
    }

    func click(_ count: Int, campaign: String = "spring", prefix: String) throws {
        try store.record((0..<count).map { Event("click", id: "\(prefix)-\($0)", ["campaign": .text(campaign)]) })
    }

    /// The instant query's values by labels.
    func values(_ query: String) throws -> [Labels: Double] {
        guard case .vector(_, let columns) = try store.query(query, at: clock.now).value else { return [:] }
        return Dictionary(uniqueKeysWithValues: zip(columns.labels, columns.values))
    }
}

@Suite struct `An engine of rules` {
    private let directory: TemporaryDirectory
    private let clock = ManualClock()

    init() throws {
        directory = try TemporaryDirectory()
    }

    private func bench(_ rules: String) throws -> RuleBench {
        try RuleBench(rules, in: directory, clock: clock)
    }

    private static let counting = """
        groups:
          - name: alerts
            rules:
              - alert: Busy
                expr: clicks:sum > 2
                for: 2m
                labels: {severity: page}
          - name: recording
            rules:
              - record: clicks:sum
                expr: sum by (campaign) (clicks_total)
        """

    @Test func `records at the multiples of the interval, what is read first`() throws {
        let bench = try bench(Self.counting)
        try bench.click(3, prefix: "a")
        clock.advance(seconds: 67)
        bench.engine.evaluateDue()
        // The alert's group stands first in the file, and yet saw what was recorded at the same instant.
        let alerts = bench.engine.groups.flatMap(\.rules).flatMap(\.alerts)
        #expect(alerts.map(\.state) == [.pending])
        #expect(alerts.first?.activeAt == Timestamp(seconds: 1_772_366_460))
        #expect(
            try bench.values("clicks:sum") == [["__name__": "clicks:sum", "campaign": "spring"]: 3]
        )
        let range = try bench.store.query("clicks:sum[5m]", at: clock.now)
        guard case .matrix(let columns) = range.value else { throw TestFailure("not a matrix") }
        // Before the first event there is nothing, at the event's own slot boundary 0.
        #expect(columns.timestamps.last == 1_772_366_460_000)
        #expect(columns.timestamps.allSatisfy { $0 % 60_000 == 0 })
        try bench.store.close()
    }

    @Test func `tells of an alert when it fires, again after the delay, and when it is resolved`() throws {
        let bench = try bench(
            """
            groups:
              - name: g
                rules:
                  - alert: Busy
                    expr: sum(increase(clicks_total[5m])) > 2
                    for: 1m
            """
        )
        try bench.click(5, prefix: "a")
        bench.advance(60)
        #expect(bench.told.take().isEmpty)
        bench.advance(60)
        let fired = bench.told.take()
        #expect(fired.map(\.labels) == [["alertname": "Busy"]])
        #expect(fired.first?.startsAt == clock.now && fired.first?.isResolved == false)
        #expect(fired.first?.endsAt == Timestamp(milliseconds: clock.now.milliseconds + 240_000))
        bench.advance(60)
        #expect(bench.told.take().isEmpty, "not before more than a minute has passed")
        bench.advance(60)
        #expect(bench.told.take().map(\.isResolved) == [false])
        bench.advance(60)
        let resolved = bench.told.take()
        #expect(resolved.map(\.isResolved) == [true])
        #expect(resolved.first?.endsAt == clock.now && resolved.first?.startsAt == fired.first?.startsAt)
        #expect(try bench.values("ALERTS").isEmpty, "the series has ended with a marker")
        bench.advance(60)
        #expect(bench.told.take().isEmpty)
        bench.advance(60)
        #expect(bench.told.take().map(\.isResolved) == [true])
        try bench.store.close()
    }

    @Test func `tells before it writes: a disk that hangs keeps nobody from being told`() throws {
        let store = try MetricsStore.open(directory, clock: clock)
        let written = Mutex<[Int]>([])
        let box = Mutex<RuleEngine?>(nil)
        var surroundings = RuleEngine.Surroundings()
        surroundings.notify = { _ in
            let engine = box.withLock { $0 }
            written.withLock { $0.append(engine?.counts.written ?? -1) }
        }
        let engine = RuleEngine(
            store: store,
            groups: try RuleGroup.parse("groups: [{name: g, rules: [{alert: A, expr: '1'}]}]", file: "r.yml"),
            surroundings: surroundings
        )
        box.withLock { $0 = engine }
        engine.evaluateDue()
        #expect(written.withLock { $0 } == [0])
        #expect(engine.counts.written == 2)
        box.withLock { $0 = nil }
        try store.close()
    }

    @Test func `leaves what comes while another thread writes to that thread`() throws {
        let store = try MetricsStore.open(directory, clock: clock)
        func sample(_ name: String) -> RuleSample {
            RuleSample(labels: ["__name__": name], time: clock.now, value: 1)
        }
        let box = Mutex<RuleRecorder?>(nil)
        let late = sample("late")
        // The log is told in the middle of a write; to wait for that write here would be for ever.
        let recorder = RuleRecorder(store) { _ in box.withLock { $0 }?.record([late]) }
        box.withLock { $0 = recorder }
        recorder.record([sample("clicks_total"), sample("fine")])
        #expect(recorder.counts.written == 2 && recorder.counts.refused == 1)
        #expect(recorder.unwritten.isEmpty)
        box.withLock { $0 = nil }
        try store.close()
    }

    @Test func `leaves out instants that it came too late for, and counts them`() throws {
        let bench = try bench(Self.counting)
        bench.engine.evaluateDue()
        let before = bench.engine.counts
        clock.advance(seconds: 300)
        bench.engine.evaluateDue()
        let after = bench.engine.counts
        #expect(after.evaluations - before.evaluations == 2)
        #expect(after.missed - before.missed == 8)
        bench.engine.evaluateDue()
        #expect(bench.engine.counts.evaluations == after.evaluations, "an instant is evaluated once")
        try bench.store.close()
    }

    @Test func `goes on when the clock is set back`() throws {
        let bench = try bench(Self.counting)
        bench.advance(60)
        let before = bench.engine.counts.evaluations
        bench.advance(-3_600)
        bench.advance(60)
        #expect(bench.engine.counts.evaluations - before == 4)
        #expect(bench.engine.groups.allSatisfy { $0.lastEvaluation == clock.now })
        try bench.store.close()
    }

    @Test func `tells once of a name that the store refuses, and counts the samples`() throws {
        let bench = try bench(
            "groups: [{name: g, rules: [{record: clicks_total, expr: vector(1)}, {record: fine, expr: vector(2)}]}]"
        )
        bench.advance(60)
        bench.advance(60)
        #expect(bench.told.lines.count == 1, "\(bench.told.lines)")
        #expect(bench.told.lines.first?.contains("clicks_total") == true)
        #expect(bench.engine.counts.refused == 2)
        #expect(try bench.values("fine").values.map { $0 } == [2])
        try bench.store.close()
    }

    @Test func `a rule that fails does not keep the others from their answers`() throws {
        let bench = try bench(
            """
            groups:
              - name: g
                rules:
                  - {record: bad, expr: 'clicks_total * on () clicks_total'}
                  - {record: good, expr: 'vector(1)'}
            """
        )
        try bench.click(1, campaign: "a", prefix: "a")
        try bench.click(1, campaign: "b", prefix: "b")
        bench.advance(60)
        let rules = bench.engine.groups[0].rules
        #expect(rules.map(\.health) == [.failed, .ok])
        #expect(rules[0].lastError?.contains("many-to-many") == true, "\(rules[0].lastError ?? "")")
        #expect(bench.engine.counts.failures == 1)
        try bench.store.close()
    }

    @Test func `evaluates on its own threads until it is stopped`() throws {
        let options = StoreOptions()
        let store = try MetricsStore.open(at: directory.store, definitions: .campaigns, options: options)
        let seen = Monitor(0)
        var surroundings = RuleEngine.Surroundings()
        surroundings.currentSamples = { _ in
            seen.withLock { $0 += 1 }
            seen.wake()
            return []
        }
        let engine = RuleEngine(
            store: store,
            groups: try RuleGroup.parse(
                "groups: [{name: g, interval: 20ms, rules: [{record: x, expr: vector(1)}]}]",
                file: "r.yml"
            ),
            surroundings: surroundings
        )
        engine.start()
        // The last one may be broken off by the stop.
        #expect(seen.wait(atMostMilliseconds: 30_000) { $0 >= 4 ? true : nil } == true)
        engine.stop()
        let evaluations = engine.counts.evaluations
        #expect(evaluations >= 3)
        #expect(engine.counts.written >= 3)
        try store.close()
        #expect(engine.counts.evaluations == evaluations)
    }
}

struct TestFailure: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}
