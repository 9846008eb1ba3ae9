// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing
import TimeSeries

@testable import Rules

/// What an alert should be, found anew for each step by walking over all that happened to its host before: no state is
/// kept from one step to the next.
private struct AlertTwin {
    let history: AlertHistory
    /// Of the last 15 minutes.
    private let retention: Int64 = 900
    private let resend: Int64 = 60

    struct Told: Hashable {
        let host: String
        let isResolved: Bool
        let start: Int64
        let end: Int64
    }

    struct View: Equatable {
        var state = "none"
        var active: Int64 = 0
        var told: Told?
    }

    /// One host's alert after a step.
    func view(_ host: String, after last: Int) -> View {
        // Each stretch of steps in which there is an alert: [first, end), and the step at which it fires.
        var begin: Int?
        var fires: Int?
        var absent: Int?
        var resolved: (time: Int64, start: Int64)?
        var sent: Int64?
        var told: Told?
        for step in 0...last {
            let time = history.times[step]
            told = nil
            if history.held[step].contains(host) {
                if begin == nil { (begin, fires, resolved, sent) = (step, nil, nil, nil) }
                absent = nil
            } else if let first = begin {
                if fires == nil {
                    begin = nil
                } else {
                    absent = absent ?? step
                    if time - history.times[absent ?? step] >= history.keep {
                        resolved = (time, history.times[fires ?? first])
                        (begin, fires, absent) = (nil, nil, nil)
                    }
                }
            }
            if let first = begin, fires == nil, time - history.times[first] >= history.hold { fires = step }
            if let gone = resolved, time - gone.time > retention { resolved = nil }

            if let firing = fires, begin != nil {
                if sent.map({ time > $0 + resend }) ?? true {
                    told = Told(host: host, isResolved: false, start: history.times[firing], end: time + 240)
                    sent = time
                }
            } else if let gone = resolved {
                if gone.time == time || time > (sent ?? 0) + resend {
                    told = Told(host: host, isResolved: true, start: gone.start, end: gone.time)
                    sent = time
                }
            }
        }
        guard let first = begin else { return View(told: told) }
        return View(state: fires == nil ? "pending" : "firing", active: history.times[first], told: told)
    }
}

@Suite struct `Alerts and their twin` {
    private func check(_ history: AlertHistory) throws {
        let twin = AlertTwin(history: history)
        let world = try RuleWorld(history.file())
        var before: Set<Labels> = []
        for step in history.times.indices {
            let time = history.times[step]
            let outcome = history.evaluate(step, in: world)
            let views = AlertHistory.hosts.map { ($0, twin.view($0, after: step)) }
            let living = views.filter { $0.1.state != "none" }

            let alerts = living.map { "\($0.0) \($0.1.state) since \($0.1.active)" }
            try #require(world.alerts.map(\.text) == alerts, "step \(step) of \(history)")

            let told = outcome.notifications.map { told in
                AlertTwin.Told(
                    host: told.labels["host"] ?? "",
                    isResolved: told.isResolved,
                    start: told.startsAt.milliseconds / 1_000,
                    end: told.endsAt.milliseconds / 1_000
                )
            }
            try #require(told == views.compactMap(\.1.told), "step \(step) of \(history)")

            // Of the series only what is alive has a sample, and what was alive and is not has its end.
            var samples: [String] = []
            var now: Set<Labels> = []
            for (host, view) in living {
                let labels: Labels = ["alertname": "A", "host": host]
                let alerts = labels.changing([("__name__", "ALERTS"), ("alertstate", view.state)])
                let forState = labels.changing([("__name__", "ALERTS_FOR_STATE")])
                samples.append("\(alerts) 1.0 \(time)")
                samples.append("\(forState) \(Double(view.active)) \(time)")
                now.formUnion([alerts, forState])
            }
            samples += before.subtracting(now).map { "\($0) end \(time)" }
            before = now
            let given = outcome.samples.map { sample in
                let value = SampleColumns.isStale(sample.value) ? "end" : "\(sample.value)"
                return "\(sample.labels) \(value) \(sample.time.milliseconds / 1_000)"
            }
            try #require(given.sorted() == samples.sorted(), "step \(step) of \(history)")
        }
    }

    @Test func `agree after every step of random histories`() throws {
        var random = SeededRandom(for: "alert histories")
        for _ in 0..<250 { try check(AlertHistory.random(&random, steps: 40)) }
    }

    @Test(arguments: [0, 60, 61, 120] as [Int64], [0, 60, 61, 120] as [Int64])
    func `agree on all short histories of one host`(_ hold: Int64, _ keep: Int64) throws {
        for pattern in 0..<64 {
            var history = AlertHistory(hold: hold, keep: keep)
            for step in 0..<6 {
                history.times.append(Int64(step) * 60)
                history.held.append(pattern >> step & 1 == 1 ? ["a"] : [])
            }
            try check(history)
        }
    }
}
