// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Rules

@Suite struct `Alerts after a stop and those of a process that was never stopped` {
    private static func views(_ world: RuleWorld) -> [String: String] {
        Dictionary(
            uniqueKeysWithValues: world.alerts.map { alert in
                let fired = alert.firedAt.map { "\($0.milliseconds)" } ?? "never"
                let kept = alert.keepFiringSince.map { "\($0.milliseconds)" } ?? "no"
                return (
                    alert.labels["host"] ?? "",
                    "\(alert.text) fired \(fired) kept \(kept) \(alert.value) \(alert.annotations)"
                )
            }
        )
    }

    @Test func `are the same from then on, whenever it was, unless they waited or were kept firing`() throws {
        var random = SeededRandom(for: "restoration")
        var firing = 0
        for _ in 0..<30 {
            let history = AlertHistory.random(&random, steps: 16)
            let text = history.file(more: "annotations: {text: plain}")
            let whole = try RuleWorld(text)
            let expected = history.times.indices.map { step in
                history.evaluate(step, in: whole)
                return Self.views(whole)
            }
            for stop in history.times.indices.dropLast() {
                let before = try RuleWorld(text)
                for step in 0...stop { history.evaluate(step, in: before) }
                let comparable = AlertHistory.hosts.filter { host in
                    let alert = before.alerts.first { $0.labels["host"] == host }
                    return alert?.state != .pending && alert?.keepFiringSince == nil
                }
                firing += comparable.count { expected[stop][$0] != nil }
                let after = try before.restarted()
                for step in history.times.indices.dropFirst(stop + 1) {
                    history.evaluate(step, in: after)
                    let views = Self.views(after)
                    for host in comparable {
                        try #require(views[host] == expected[step][host], "stop \(stop), step \(step): \(history)")
                    }
                }
            }
        }
        #expect(firing > 100)
    }

    @Test func `never fire earlier, and never have waited less than they should`() throws {
        var random = SeededRandom(for: "restoration of what waits")
        for _ in 0..<100 {
            let history = AlertHistory.random(&random, steps: 24)
            let stop = random.below(23)
            let whole = try RuleWorld(history.file())
            let before = try RuleWorld(history.file())
            var after = before
            for step in history.times.indices {
                history.evaluate(step, in: whole)
                if step == stop + 1 { after = try before.restarted() }
                history.evaluate(step, in: after)
                let firing = Set(after.alerts.filter { $0.state == .firing }.map { $0.labels["host"] })
                let uninterrupted = Set(whole.alerts.filter { $0.state == .firing }.map { $0.labels["host"] })
                let (waiting, all) = (Set(after.alerts.map(\.labels)), Set(whole.alerts.map(\.labels)))
                // What keep_firing_for holds in the one may never have fired in the other.
                if history.keep == 0 {
                    try #require(firing.isSubset(of: uninterrupted), "\(stop) \(step) \(history)")
                    try #require(waiting == all, "\(stop) \(step) \(history)")
                }
                for alert in after.alerts where alert.state == .firing {
                    let waited = (alert.firedAt ?? alert.activeAt).milliseconds - alert.activeAt.milliseconds
                    try #require(waited >= history.hold * 1_000, "\(stop) \(step) \(history)")
                }
            }
        }
    }
}
