// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Rules

/// One group of rules that is evaluated over series in memory, which take in what it records: a server without a clock
/// and without a disk. Times are seconds.
final class RuleWorld {
    let series: InMemorySeries
    var settings: RuleSettings
    private(set) var evaluator: GroupEvaluator

    /// The first group of a file.
    init(
        _ text: String,
        settings: RuleSettings = RuleSettings(),
        over series: InMemorySeries = InMemorySeries(),
        restores: Bool = false
    ) throws {
        self.series = series
        self.settings = settings
        evaluator = GroupEvaluator(try group(text), settings: settings, restores: restores)
    }

    /// Adds a sample to the series of a name and labels.
    func set(_ name: String, _ labels: Labels = [:], to value: Double, at seconds: Int64) {
        series.add(labels.changing([("__name__", name)]), [(seconds * 1_000, value)])
    }

    /// Evaluates the group and records what comes of it.
    @discardableResult func evaluate(at seconds: Int64) -> GroupEvaluator.Outcome {
        record(evaluator.evaluate(at: Timestamp(seconds: seconds), on: series))
    }

    /// Sets `x` of each host to whether it is one of these, and evaluates.
    @discardableResult func evaluate(_ hosts: [String], of all: [String] = ["a", "b"], at seconds: Int64)
        -> GroupEvaluator.Outcome
    {
        for host in all { set("x", ["host": host], to: hosts.contains(host) ? 1 : 0, at: seconds) }
        return evaluate(at: seconds)
    }

    /// Puts another group in the place of this one.
    func replace(by text: String, at seconds: Int64) throws {
        evaluator = GroupEvaluator(
            try group(text),
            settings: settings,
            replacing: evaluator,
            at: Timestamp(seconds: seconds)
        )
    }

    /// Takes the group away.
    @discardableResult func end(at seconds: Int64) -> GroupEvaluator.Outcome {
        record(evaluator.end(at: Timestamp(seconds: seconds)))
    }

    /// The same rules after a stop, by default with the same file.
    func restarted(_ text: String? = nil) throws -> RuleWorld {
        let world = try RuleWorld("groups: [{name: none}]", settings: settings, over: series)
        let restored = try text.map(group) ?? evaluator.group
        world.evaluator = GroupEvaluator(restored, settings: settings, restores: true)
        return world
    }

    /// The alerts of all rules that are pending or fire.
    var alerts: [Alert] { evaluator.status.rules.flatMap(\.alerts) }

    private func record(_ outcome: GroupEvaluator.Outcome) -> GroupEvaluator.Outcome {
        for sample in outcome.samples {
            let value =
                sample.histogram.map { InMemorySeries.Sample($0) } ?? InMemorySeries.Sample(sample.value)
            series.add(sample.labels, samples: [(sample.time.milliseconds, value)])
        }
        return outcome
    }
}

/// The first group of a file.
func group(_ text: String) throws -> RuleGroup {
    try #require(RuleGroup.parse(text, file: "rules.yml").first)
}

extension RuleFileFaults {
    /// Each as `file:line: reason`.
    var texts: [String] { faults.map { String(describing: $0) } }

    /// The `file:line:` of each.
    var places: [String] { texts.map { String($0.prefix { $0 != " " }) } }
}

/// A file with one group of these rules, `keys` being more of the group's.
func file(_ rules: String, keys: String = "") -> String {
    """
    groups:
      - name: g
    \(keys.isEmpty ? "" : keys.indented(by: 4) + "\n")    rules:
    \(rules.indented(by: 6))
    """
}

/// A file with the alerting rule `A`: a host whose `x` is more than nothing.
func alertFile(for hold: String = "0s", keep: String = "0s", keys: String = "", more: String = "") -> String {
    file(
        """
        - alert: A
          expr: x > 0
          for: \(hold)
          keep_firing_for: \(keep)
        \(more.indented(by: 2))
        """,
        keys: keys
    )
}

extension String {
    fileprivate func indented(by count: Int) -> String {
        split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : String(repeating: " ", count: count) + $0 }
            .joined(separator: "\n")
    }
}

extension RuleSample {
    /// `y{host="a"} 1 @60`: what it is at which second.
    var text: String {
        let number = value.rounded() == value && value.magnitude < 1e15 ? "\(Int64(value))" : "\(value)"
        let shown = SampleColumns.isStale(value) ? "stale" : histogram != nil ? "histogram" : number
        return "\(labels["__name__"] ?? "")\(labels.withoutName.expositionText) \(shown) @\(time.seconds.shown)"
    }
}

extension GroupEvaluator.Outcome {
    /// The samples, as text.
    var lines: [String] { samples.map(\.text) }

    /// The notifications as `a firing` or `a resolved`, by the label `host`.
    var told: [String] {
        notifications.map { "\($0.labels["host"] ?? "") \($0.isResolved ? "resolved" : "firing")" }
    }
}

extension Alert {
    /// `a firing since 60`: the label `host`, the state, and the second at which the condition began.
    var text: String { "\(labels["host"] ?? "") \(state.rawValue) since \(activeAt.seconds.shown)" }
}

extension Double {
    /// Without a fraction where there is none.
    fileprivate var shown: String { rounded() == self ? "\(Int64(self))" : "\(self)" }
}
