// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Rules

@Suite struct `Notifications of alerts` {
    private func settings(resend: Int64 = 60_000) -> RuleSettings {
        var settings = RuleSettings()
        settings.resendDelay = resend
        return settings
    }

    /// At which of some seconds something is told of an alert that fires all along.
    private func told(resend: Int64, times: [Int64]) throws -> [Int64] {
        let world = try RuleWorld(alertFile(), settings: settings(resend: resend))
        return times.filter { !world.evaluate(["a"], at: $0).told.isEmpty }
    }

    @Test func `are made at once when an alert fires, and never of one that waits`() throws {
        let world = try RuleWorld(alertFile(for: "1m"))
        #expect(world.evaluate(["a"], at: 60).told == [])
        #expect(world.evaluate(["a", "b"], at: 120).told == ["a firing"])
    }

    @Test func `are made again when more than the delay has passed`() throws {
        // 3 s of delay and an interval of 1 s: every 4 s, as Prometheus does.
        #expect(try told(resend: 3_000, times: Array(1...10)) == [1, 5, 9])
        #expect(try told(resend: 60_000, times: [60, 120, 121, 181, 182]) == [60, 121, 182])
        #expect(try told(resend: 0, times: [1, 2, 3]) == [1, 2, 3])
    }

    @Test func `are made of all alerts, ordered by labels`() throws {
        let world = try RuleWorld(alertFile())
        let hosts = (0..<20).map { "h\($0)" }
        let outcome = world.evaluate(hosts, of: hosts, at: 60)
        #expect(outcome.notifications.map { $0.labels["host"] } == hosts.sorted())
    }

    @Test func `of an alert that is resolved are made at once, and again for a quarter of an hour`() throws {
        let world = try RuleWorld(alertFile())
        world.evaluate(["a"], at: 0)
        var times: [Int64] = []
        for time in stride(from: 10, through: 2_000, by: 10) as StrideThrough<Int64> {
            let outcome = world.evaluate([], at: time)
            if outcome.notifications.isEmpty { continue }
            #expect(outcome.told == ["a resolved"])
            #expect(outcome.notifications.first?.startsAt == Timestamp(seconds: 0))
            #expect(outcome.notifications.first?.endsAt == Timestamp(seconds: 10))
            times.append(time)
        }
        #expect(times == Array(stride(from: 10, through: 910, by: 70)))
    }

    @Test(arguments: [(910, ["a resolved"]), (911, [])] as [(Int64, [String])])
    func `of an alert that is resolved may be made until exactly then`(_ time: Int64, _ told: [String]) throws {
        let world = try RuleWorld(alertFile())
        world.evaluate(["a"], at: 0)
        world.evaluate([], at: 10)
        #expect(world.evaluate([], at: time).told == told)
    }

    @Test func `of an alert that was resolved cease when it begins anew`() throws {
        let world = try RuleWorld(alertFile(for: "10m"))
        world.evaluate(["a"], at: 0)
        world.evaluate(["a"], at: 600)
        #expect(world.evaluate([], at: 660).told == ["a resolved"])
        #expect(world.evaluate(["a"], at: 780).told == [])
        #expect(world.evaluate([], at: 900).told == [])
    }

    @Test(
        arguments: [("1m", 60, 240), ("1m", 300, 1_200), ("10m", 60, 2_400), ("1s", 3, 12), ("1s", 0, 4)]
            as [(String, Int64, Int64)]
    )
    func `of an alert that fires hold for four times the interval or the delay`(
        _ interval: String,
        _ resend: Int64,
        _ seconds: Int64
    ) throws {
        let world = try RuleWorld(alertFile(keys: "interval: \(interval)"), settings: settings(resend: resend * 1_000))
        var ends: [Int64] = []
        for time in [100, 100 + 5_000, 100 + 10_000] as [Int64] {
            for told in world.evaluate(["a"], at: time).notifications {
                #expect(told.startsAt == Timestamp(seconds: 100) && !told.isResolved)
                ends.append(told.endsAt.milliseconds / 1_000 - time)
            }
        }
        #expect(ends == [seconds, seconds, seconds])
    }

    @Test func `take the interval of the settings when the group names none`() throws {
        var settings = settings()
        settings.interval = 100_000
        let world = try RuleWorld(alertFile(), settings: settings)
        #expect(world.evaluator.interval == 100_000)
        #expect(world.evaluate(["a"], at: 60).notifications.first?.endsAt == Timestamp(seconds: 460))
    }

    @Test func `start when the alert began to fire, not when its condition began to hold`() throws {
        let world = try RuleWorld(alertFile(for: "90s"))
        world.evaluate(["a"], at: 60)
        world.evaluate(["a"], at: 120)
        #expect(world.evaluate(["a"], at: 180).notifications.first?.startsAt == Timestamp(seconds: 180))
        #expect(world.evaluate([], at: 240).notifications.first?.startsAt == Timestamp(seconds: 180))
    }

    @Test func `have the alert's labels, and under them the external ones`() throws {
        var settings = settings()
        settings.externalLabels = ["site": "s", "host": "outer", "alertname": "outer"]
        let world = try RuleWorld(alertFile(more: "annotations: {text: plain}"), settings: settings)
        let outcome = world.evaluate(["a"], at: 60)
        #expect(outcome.notifications.map(\.labels) == [["alertname": "A", "host": "a", "site": "s"]])
        #expect(outcome.notifications.map(\.annotations) == [["text": "plain"]])
    }

    @Test(arguments: [
        ("x > 0", "x+%3E+0"), ("sum by (a) (x) != 1", "sum+by+%28a%29+%28x%29+%21%3D+1"),
        ("x{a=\"é&b#c%d+e\"}", "x%7Ba%3D%22%C3%A9%26b%23c%25d%2Be%22%7D"), ("x\n+ y", "x%0A%2B+y"),
        ("a_b-c.d~e:f/g?h", "a_b-c.d~e%3Af%2Fg%3Fh"), ("", ""),
    ])
    func `link to the expression, escaped`(_ query: String, _ escaped: String) {
        #expect(
            "https://t.example/tide" + QueryText.tablePath(of: query)
                == "https://t.example/tide/graph?g0.expr=\(escaped)&g0.tab=1"
        )
    }

    @Test func `link to the expression as the file has it`() throws {
        var settings = settings()
        settings.externalURL = "http://t:9090"
        let world = try RuleWorld(alertFile(), settings: settings)
        #expect(
            world.evaluate(["a"], at: 60).notifications.first?.generatorURL
                == "http://t:9090/graph?g0.expr=x+%3E+0&g0.tab=1"
        )
    }
}
