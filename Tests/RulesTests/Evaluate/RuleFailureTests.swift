// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import TimeSeries

@testable import Rules

@Suite struct `Rules that fail` {
    private static let rules = """
        - {record: before, expr: '1'}
        - {record: y, expr: x, labels: {host: ''}}
        - {record: after, expr: '2'}
        """

    private static let sameLabels = "vector contains metrics with the same labelset after applying rule labels"

    @Test func `by giving two series of the same labels record none, and the others go on`() throws {
        let world = try RuleWorld(file(Self.rules))
        let outcome = world.evaluate(["a"], at: 60)
        #expect(outcome.lines == ["before 1 @60", "after 2 @60"] && outcome.failures == 1)
        let rules = world.evaluator.status.rules
        #expect(rules.map(\.health) == [.ok, .failed, .ok])
        #expect(rules.map(\.lastError) == [nil, Self.sameLabels, nil])
        #expect(rules.allSatisfy { $0.lastEvaluation == Timestamp(seconds: 60) && $0.evaluationSeconds > 0 })
    }

    @Test func `are well again when they give an answer`() throws {
        let world = try RuleWorld(file(Self.rules))
        world.evaluate(["a"], at: 60)
        #expect(world.evaluate(["a"], of: ["a"], at: 400).lines.contains("y 1 @400"))
        #expect(world.evaluator.status.rules[1].health == .ok && world.evaluator.status.rules[1].lastError == nil)
    }

    @Test(arguments: [(0, nil), (3, nil), (2, nil), (1, "exceeded limit of 1 with 2 series")])
    func `by giving more series than the limit record none`(_ limit: Int, _ error: String?) throws {
        let world = try RuleWorld(file("- {record: y, expr: x}\n- {record: one, expr: '1'}", keys: "limit: \(limit)"))
        let outcome = world.evaluate(["a"], at: 60)
        #expect(outcome.samples.count == (error == nil ? 3 : 1) && outcome.failures == (error == nil ? 0 : 1))
        #expect(world.evaluator.status.rules[0].lastError == error)
        #expect(world.evaluator.status.rules[1].health == .ok)
    }

    @Test func `because the query does tell the engine's reason`() throws {
        let world = try RuleWorld(file("- {record: y, expr: x + on (job) group_left () x}\n- {record: z, expr: '1'}"))
        let outcome = world.evaluate(["a"], at: 60)
        #expect(outcome.lines == ["z 1 @60"] && outcome.failures == 1)
        #expect(world.evaluator.status.rules[0].lastError?.contains("many-to-many") == true)
    }

    @Test func `because the store does tell its reason, each for itself`() throws {
        let group = try group(file("- {record: y, expr: x}\n- {record: z, expr: '1'}\n- {alert: A, expr: x}"))
        let evaluator = GroupEvaluator(group, settings: RuleSettings())
        let outcome = evaluator.evaluate(at: Timestamp(seconds: 60), on: BrokenSource())
        #expect(outcome.lines == ["z 1 @60"] && outcome.failures == 2)
        #expect(evaluator.status.rules.map(\.health) == [.failed, .ok, .failed])
        #expect(evaluator.status.rules[0].lastError?.contains("the disk is gone") == true)
    }

    @Test func `by giving histograms record none, unless they are kept`() throws {
        var settings = RuleSettings()
        for keeps in [false, true] {
            settings.keepsHistograms = keeps
            let world = try RuleWorld(file("- {record: y, expr: h}"), settings: settings)
            var histogram = NativeHistogram()
            (histogram.count, histogram.sum, histogram.zeroCount) = (2, 3, 2)
            world.series.add(["__name__": "h"], samples: [(60_000, .init(histogram))])
            let outcome = world.evaluate(at: 60)
            #expect(outcome.lines == (keeps ? ["y histogram @60"] : []) && outcome.failures == (keeps ? 0 : 1))
            #expect(outcome.samples.first?.histogram?.count == (keeps ? 2 : nil))
        }
    }

    @Test func `have no health before they are evaluated`() throws {
        let status = try RuleWorld(file(Self.rules)).evaluator.status
        #expect(
            status.lastEvaluation == nil && status.rules.allSatisfy { $0.health == .unknown && $0.lastError == nil }
        )
    }

    @Test func `to restore their alerts say so`() throws {
        let group = try group(file("- {alert: A, expr: '1'}"))
        let evaluator = GroupEvaluator(group, settings: RuleSettings(), restores: true)
        #expect(evaluator.evaluate(at: Timestamp(seconds: 60), on: BrokenSource()).told == [" firing"])
        #expect(evaluator.status.rules[0].lastError?.contains("cannot restore") == true)
    }
}

@Suite struct `Alerts that cannot be restored at once` {
    private static let rules = "groups: [{name: g, rules: [{alert: A, expr: 'x > bool 0 == 1', for: 1m}]}]"

    /// What an evaluator wrote that was stopped while its alert fired, since 60.
    private func past() throws -> RecordedSeries {
        let base = InMemorySeries()
        base.add(["__name__": "x", "host": "a"], (0...20).map { (Int64($0) * 60_000, 1) })
        let recorded = RecordedSeries(over: base)
        let before = GroupEvaluator(try RuleGroup.parse(Self.rules, file: "r.yml")[0], settings: RuleSettings())
        for second in [60, 120, 180] as [Int64] {
            recorded.append(before.evaluate(at: Timestamp(seconds: second), on: recorded).samples)
        }
        return recorded
    }

    @Test func `are tried again, and nothing takes the place of what is to be read`() throws {
        let past = try past()
        let group = try RuleGroup.parse(Self.rules, file: "r.yml")[0]
        let evaluator = GroupEvaluator(group, settings: RuleSettings(), restores: true)
        let broken = evaluator.evaluate(at: Timestamp(seconds: 300), on: BrokenSource())
        #expect(broken.samples.isEmpty && broken.failures == 1)
        past.append(broken.samples)
        let outcome = evaluator.evaluate(at: Timestamp(seconds: 360), on: past)
        #expect(outcome.notifications.map(\.startsAt) == [Timestamp(seconds: 120)])
        #expect(evaluator.status.rules[0].alerts.map(\.activeAt) == [Timestamp(seconds: 60)])
        #expect(evaluator.status.rules[0].health == .ok)
    }

    @Test func `are restored though the expression has another answer for that time now`() throws {
        let edited = Self.rules.replacingOccurrences(of: "bool 0", with: "bool 5")
        let group = try RuleGroup.parse(edited, file: "r.yml")[0]
        let evaluator = GroupEvaluator(group, settings: RuleSettings(), restores: true)
        let outcome = evaluator.evaluate(at: Timestamp(seconds: 360), on: try past())
        #expect(outcome.notifications.map(\.isResolved) == [true])
        #expect(outcome.notifications.map(\.startsAt) == [Timestamp(seconds: 120)])
    }
}

/// A store whose disk is gone.
private struct BrokenSource: SeriesSource {
    struct Fault: Error, CustomStringConvertible {
        let description = "the disk is gone"
    }

    func select(_ selection: SeriesSelection) throws -> any SeriesSet { throw Fault() }
    func labelNames(_ selection: SeriesSelection, limit: Int) throws -> LabelList { throw Fault() }
    func labelValues(_ name: String, _ selection: SeriesSelection, limit: Int) throws -> LabelList { throw Fault() }
    func metadata() -> [MetricFamily] { [] }
}
