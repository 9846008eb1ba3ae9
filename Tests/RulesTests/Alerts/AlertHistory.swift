// SPDX-License-Identifier: Apache-2.0

import TestSupport

@testable import Rules

/// A rule and, for each evaluation, when it was and the hosts for which its condition held; seconds.
struct AlertHistory {
    var hold: Int64
    var keep: Int64
    var times: [Int64] = []
    var held: [Set<String>] = []

    static let hosts = ["a", "b", "c"]

    /// - Parameter gaps: whether evaluations are now and then late or left out.
    static func random(_ random: inout SeededRandom, steps: Int, gaps: Bool = true) -> AlertHistory {
        var history = AlertHistory(
            hold: [0, 10, 60, 90, 180, 600][random.below(6)],
            keep: [0, 0, 30, 60, 150, 400][random.below(6)]
        )
        var time: Int64 = 1_000
        var set: Set<String> = []
        let calm = [60.0, 80, 95][random.below(3)]
        for _ in 0..<steps {
            for host in hosts where !random.chance(calm) { set.formSymmetricDifference([host]) }
            history.times.append(time)
            history.held.append(set)
            time += 60
            if gaps, random.chance(10) { time += Int64(1 + random.below(600)) }
        }
        return history
    }

    /// The file of the rule, `more` being more of its keys.
    func file(more: String = "") -> String { alertFile(for: "\(hold)s", keep: "\(keep)s", more: more) }

    /// Evaluates one step.
    @discardableResult func evaluate(_ step: Int, in world: RuleWorld) -> GroupEvaluator.Outcome {
        world.evaluate(Array(held[step]), of: AlertHistory.hosts, at: times[step])
    }
}
