// SPDX-License-Identifier: Apache-2.0

import Rules
import Testing
import TimeSeries

@testable import TidemarkServer

/// What a webhook was told outlives its process: the decisions after a stop.
@Suite struct `Groups after a stop` {
    private static func settings(_ configure: (inout WebhookSettings) -> Void = { _ in }) -> WebhookSettings {
        var settings = WebhookSettings(name: "hook", url: "http://h/")
        configure(&settings)
        return settings
    }

    /// Groups that have told of these alerts at second 10.
    private func told(_ names: [String] = ["A"], _ settings: WebhookSettings = settings()) -> AlertGroups {
        var groups = AlertGroups(settings: settings, capacity: 100)
        groups.insert(names.map { alert("X", ["n": $0]) }, at: beginning)
        while groups.next(at: beginning + .seconds(10)) != nil { groups.delivered(at: beginning + .seconds(10)) }
        return groups
    }

    /// The same after a stop from second 20 on, at a second at which the machine has been up for as long as ever.
    private func restarted(
        _ groups: AlertGroups,
        at second: Int,
        _ settings: WebhookSettings = settings()
    ) -> (AlertGroups, Moment) {
        let now = Moment(wall: (beginning + .seconds(second)).wall, uptime: .seconds(3))
        var next = AlertGroups(settings: settings, capacity: 100)
        next.takeUp(groups.told(at: beginning + .seconds(20)), at: now)
        return (next, now)
    }

    /// Looks, and says what was told: `firstFiring A B!` for A firing and B resolved.
    private func look(_ groups: inout AlertGroups, _ now: Moment) -> (lines: [String], keys: [String]) {
        var told: ([String], [String]) = ([], [])
        while let notice = groups.next(at: now) {
            let names = notice.members.map { ($0.notification.labels["n"] ?? "") + ($0.isResolved ? "!" : "") }
            told.0.append("\(notice.reason) \(names.joined(separator: " "))")
            told.1.append(notice.idempotencyKey(match: [:]))
            groups.delivered(at: now)
        }
        return told
    }

    @Test func `what fires on is not told anew, and its end is, once`() {
        var (groups, now) = restarted(told(), at: 60)
        groups.insert([alert("X", ["n": "A"], at: .seconds(240))], at: now)
        // The next turn is 300 s after the last one.
        #expect(groups.due == now.uptime + .seconds(250))
        #expect(look(&groups, now + .seconds(250)).lines == [])
        groups.insert([alert("X", ["n": "A"], at: .seconds(320), isResolved: true)], at: now + .seconds(260))
        #expect(look(&groups, now + .seconds(549)).lines == [])
        #expect(look(&groups, now + .seconds(550)).lines == ["allResolved A!"])
        groups.insert([alert("X", ["n": "A"], at: .seconds(320), isResolved: true)], at: now + .seconds(560))
        #expect(look(&groups, now + .seconds(2_000)).lines == [])
        #expect(groups.told(at: now + .seconds(2_000)) == [])
    }

    @Test func `what ended meanwhile is told, though the rules say no more than that`() {
        var (groups, now) = restarted(told(), at: 2_000)
        groups.insert([alert("X", ["n": "A"], at: .seconds(2_000), isResolved: true)], at: now)
        #expect(look(&groups, now + .seconds(10)).lines == ["allResolved A!"])
    }

    @Test func `what nobody speaks of any more is told as ended when the time that it had left is over`() {
        // It was heard of at second 0 and holds for 240 s; 220 were left.
        var (groups, now) = restarted(told(), at: 90_000)
        #expect(look(&groups, now + .seconds(219)).lines == [])
        #expect(look(&groups, now + .seconds(600)).lines == ["allResolved A!"])
    }

    @Test func `an end that was known before the stop has its time`() {
        var before = told()
        let revision = before.revision
        before.insert([alert("X", ["n": "A"], at: .seconds(15), isResolved: true)], at: beginning + .seconds(15))
        #expect(before.revision > revision)
        var (groups, now) = restarted(before, at: 1_000)
        let notice = groups.next(at: now + .seconds(10))
        #expect(notice?.members.first?.notification.endsAt == (beginning + .seconds(15)).wall)
        #expect(notice?.reason == .allResolved)
        now = now + .seconds(10)
        groups.delivered(at: now)
    }

    @Test func `the key is the same, though the alert that began the incident is over`() {
        var before = AlertGroups(settings: Self.settings { $0.groupInterval = .seconds(1) }, capacity: 100)
        before.insert([alert("X", ["n": "A"])], at: beginning)
        let first = look(&before, beginning + .seconds(10)).keys
        before.insert([alert("X", ["n": "B"], since: .seconds(12), at: .seconds(12))], at: beginning + .seconds(12))
        before.insert([alert("X", ["n": "A"], at: .seconds(14), isResolved: true)], at: beginning + .seconds(14))
        #expect(look(&before, beginning + .seconds(15)).lines == ["newFiring A! B"])
        var (groups, now) = restarted(before, at: 60)
        groups.insert([alert("X", ["n": "B"], since: .seconds(12), at: .seconds(60), isResolved: true)], at: now)
        now = now + .seconds(300)
        #expect(look(&groups, now).keys == first.map { $0 + "-resolved" })
    }

    @Test func `a cool-down goes on, also of a group without alerts, and no longer than is set`() {
        let settings = Self.settings { $0.cooldown = .seconds(3_600) }
        var before = told(["A"], settings)
        before.insert([alert("X", ["n": "A"], at: .seconds(12), isResolved: true)], at: beginning + .seconds(12))
        #expect(look(&before, beginning + .seconds(310)).lines == ["allResolved A!"])
        let record = before.told(at: beginning + .seconds(400))
        #expect(record.map(\.firing.count) == [0])
        let now = Moment(wall: (beginning + .seconds(610)).wall, uptime: .seconds(3))
        for (cooldown, left) in [(3_600, 3_000), (60, 60)] {
            var groups = AlertGroups(settings: Self.settings { $0.cooldown = .seconds(cooldown) }, capacity: 100)
            groups.takeUp(record, at: now)
            groups.insert([alert("X", ["n": "A"], since: .seconds(600), at: .seconds(100_000))], at: now)
            #expect(look(&groups, now + .seconds(left - 1)).lines == [])
            #expect(look(&groups, now + .seconds(left)).lines == ["firstFiring A"])
        }
    }

    @Test func `what still fires is repeated when its time has come`() {
        var (groups, now) = restarted(told(), at: 7_210)
        groups.insert([alert("X", ["n": "A"], at: .seconds(1_000_000))], at: now)
        #expect(look(&groups, now + .seconds(7_000)).lines == [])
        now = now + .seconds(7_300)
        #expect(look(&groups, now).lines == ["repeated A"])
    }

    @Test func `other settings take along what was told, into other groups too`() {
        var groups = told(["A", "B"])
        let now = beginning + .seconds(20)
        groups.follow(Self.settings { $0.groupBy = ["n"] }, at: now)
        #expect(groups.groups.count == 2 && groups.count == 2)
        groups.insert([alert("X", ["n": "A"], at: .seconds(20), isResolved: true)], at: now)
        #expect(look(&groups, now + .seconds(300)).lines.contains("allResolved A!"))
        groups.follow(Self.settings { $0.match = ["n": "C"] }, at: now + .seconds(300))
        #expect(groups.groups.isEmpty && groups.count == 0)
    }

    @Test func `a clock that was set back by years makes nothing wait for longer than a turn`() {
        var (groups, now) = restarted(told(), at: -100_000_000)
        #expect(groups.due == now.uptime + .seconds(300))
        groups.insert([alert("X", ["n": "A"], at: .seconds(-100_000_000), isResolved: true)], at: now)
        now = now + .seconds(300)
        #expect(look(&groups, now).lines == ["allResolved A!"])
    }
}
