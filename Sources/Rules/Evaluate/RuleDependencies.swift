// SPDX-License-Identifier: Apache-2.0

import PromQL
import TimeSeries

extension Rule {
    /// The metric names that the rule makes samples of.
    public var recordedNames: [String] {
        kind == .recording ? [name] : ["ALERTS", "ALERTS_FOR_STATE"]
    }

    /// Whether the expression may ask for a metric name.
    func reads(_ name: String) -> Bool {
        expression.selectors.contains { selector in
            selector.matchers.allSatisfy { $0.name != "__name__" || $0.matches(name) }
        }
    }

    /// Whether the expression may ask for what another rule makes: for its name, and for no other value of a label that
    /// the other one gives to all it records.
    func reads(_ other: Rule) -> Bool {
        guard other.kind == .recording else { return other.recordedNames.contains { reads($0) } }
        return expression.selectors.contains { selector in
            selector.matchers.allSatisfy { matcher in
                if matcher.name == "__name__" { return matcher.matches(other.name) }
                guard let given = other.labels.first(where: { $0.name == matcher.name }) else { return true }
                return matcher.matches(given.text)
            }
        }
    }
}

/// In which order groups are evaluated that are due at the same instant: those that record before those that read it.
public struct GroupOrder: Sendable {
    /// Places of the groups, in the order of evaluation; otherwise as they came.
    public private(set) var places: [Int] = []
    /// For each group, by its place among those given, the groups before it whose series it may read.
    public private(set) var dependencies: [[Int]] = []

    /// Finds the order. Groups that read one another in a circle stay in the order in which they came.
    ///
    /// - Complexity: O(r²) for r rules.
    public init(_ groups: [RuleGroup]) {
        let names = groups.map { Set($0.rules.flatMap(\.recordedNames)) }
        var needs = groups.indices.map { index in
            Set(
                groups.indices.filter { other in
                    other != index && names[other].contains { name in groups[index].rules.contains { $0.reads(name) } }
                }
            )
        }
        let all = needs
        var rest = Array(groups.indices)
        while !rest.isEmpty {
            let place = rest.firstIndex { needs[$0].isEmpty } ?? 0
            let next = rest.remove(at: place)
            places.append(next)
            for index in rest { needs[index].remove(next) }
        }
        var isBefore = Set<Int>()
        dependencies = Array(repeating: [], count: groups.count)
        for place in places {
            dependencies[place] = all[place].intersection(isBefore).sorted()
            isBefore.insert(place)
        }
    }
}
