// SPDX-License-Identifier: Apache-2.0

import Rules
import Testing
import TimeSeries

@testable import TidemarkServer

/// The decision what is told of which group when, told as tables of what comes in and what goes out.
@Suite struct AlertGroupsTests {
    /// What happens to the groups of a webhook.
    private enum Event {
        /// A firing alert is told by the rules.
        case fires(String, since: Int)
        /// The end of one is.
        case ends(String)
        /// Nothing comes in; what is due is taken, and the receiver takes it.
        case look
        /// The receiver is away.
        case lookInVain
        /// The receiver refuses.
        case lookRefused
    }

    /// Plays events at seconds since the start, and says what went out: `10 firing A B!` for A firing and B resolved.
    private func play(
        _ events: [(Int, Event)],
        _ configure: (inout WebhookSettings) -> Void = { _ in }
    ) -> (told: [String], groups: AlertGroups, keys: [String]) {
        var settings = WebhookSettings(name: "hook", url: "http://h/")
        configure(&settings)
        var groups = AlertGroups(settings: settings, capacity: 100)
        var told: [String] = []
        var keys: [String] = []
        for (second, event) in events {
            let now = beginning + .seconds(second)
            switch event {
            case .fires(let name, let since):
                groups.insert([alert("X", ["n": name], since: .seconds(since), at: .seconds(second))], at: now)
            case .ends(let name):
                groups.insert([alert("X", ["n": name], at: .seconds(second), isResolved: true)], at: now)
            case .look, .lookInVain, .lookRefused:
                while let notice = groups.next(at: now) {
                    let names = notice.members.map {
                        ($0.notification.labels["n"] ?? $0.notification.labels.description) + ($0.isResolved ? "!" : "")
                    }
                    let line = "\(second) \(notice.reason) \(names.joined(separator: " "))"
                    keys.append(notice.idempotencyKey(match: [:]))
                    switch event {
                    case .lookInVain:
                        groups.failed(mayRetry: true, at: now)
                        told.append(line + " (in vain)")
                    case .lookRefused:
                        groups.failed(mayRetry: false, at: now)
                        told.append(line + " (refused)")
                    default:
                        groups.delivered(at: now)
                        told.append(line)
                    }
                    if case .lookInVain = event { break }
                }
            }
        }
        return (told, groups, keys)
    }

    @Test func `a group waits for more alerts, and then tells them together`() {
        let (told, groups, _) = play([
            (0, .fires("A", since: 0)), (5, .look), (6, .fires("B", since: 6)), (9, .look), (10, .look), (11, .look),
        ])
        #expect(told == ["10 firstFiring A B"])
        #expect(groups.due == beginning.uptime + .seconds(310))
    }

    @Test func `an alert that has fired for long is told at once`() {
        #expect(play([(100, .fires("A", since: 0)), (100, .look)]).told == ["100 firstFiring A"])
        #expect(play([(10, .fires("A", since: 0)), (10, .look)]).told == [])
        #expect(play([(0, .fires("A", since: 0)), (0, .look)], { $0.groupWait = .zero }).told == ["0 firstFiring A"])
    }

    @Test func `changes wait for the next turn of their group`() {
        let (told, _, _) = play([
            (0, .fires("A", since: 0)), (10, .look), (20, .fires("B", since: 20)), (100, .look), (309, .look),
            (309, .fires("A", since: 0)), (309, .fires("B", since: 20)), (310, .look), (400, .ends("A")),
            (609, .fires("B", since: 20)), (610, .look), (700, .ends("B")), (910, .look), (1_300, .look),
        ])
        #expect(told == ["10 firstFiring A", "310 newFiring A B", "610 newResolved A! B", "910 allResolved B!"])
    }

    @Test func `what still fires is told again after a while`() {
        var events: [(Int, Event)] = []
        for minute in 0...600 {
            events.append((minute * 60, .fires("A", since: 0)))
            events.append((minute * 60 + 10, .look))
        }
        #expect(play(events).told == ["10 firstFiring A", "14710 repeated A", "29410 repeated A"])
    }

    @Test func `an alert of which nothing more is heard counts as resolved once its end has passed`() {
        let (told, _, _) = play([
            (0, .fires("A", since: 0)), (10, .look), (230, .fires("A", since: 0)), (310, .look), (610, .look),
        ])
        #expect(told == ["10 firstFiring A", "610 allResolved A!"])
    }

    @Test func `the end is not told where it is not wanted`() {
        let (told, groups, _) = play([
            (0, .fires("A", since: 0)), (0, .fires("B", since: 0)), (10, .look), (300, .ends("A")),
            (300, .fires("B", since: 0)), (310, .look), (600, .ends("B")), (610, .look), (700, .fires("B", since: 700)),
            (710, .look),
        ]) { $0.sendsResolved = false }
        #expect(told == ["10 firstFiring A B", "710 firstFiring B"])
        #expect(groups.count == 1)
    }

    @Test func `what ended before it was told is not told, and ends of what is not known are passed by`() {
        let (told, groups, _) = play([(0, .fires("A", since: 0)), (5, .ends("A")), (10, .look), (11, .ends("B"))])
        #expect(told == [])
        #expect(groups.count == 0)
        #expect(groups.due == nil)
        #expect(groups.failed == 0)
    }

    @Test func `a failed telling is tried again as things are then`() {
        let (told, groups, _) = play([
            (0, .fires("A", since: 0)), (10, .lookInVain), (11, .fires("B", since: 11)), (12, .lookInVain), (13, .look),
            (14, .look),
        ])
        #expect(told == ["10 firstFiring A (in vain)", "12 firstFiring A B (in vain)", "13 firstFiring A B"])
        #expect(groups.failed == 0)
    }

    @Test func `a telling that has been tried for as long as a group's turn counts as failed, and the next begins`() {
        let (told, groups, _) = play([
            (0, .fires("A", since: 0)), (10, .lookInVain), (200, .fires("A", since: 0)), (309, .lookInVain),
            (310, .lookInVain), (311, .look),
        ])
        #expect(told.last == "311 firstFiring A")
        #expect(groups.failed == 1)
    }

    @Test func `an alert that ended while its receiver was away counts as failed`() {
        let (told, groups, _) = play([(0, .fires("A", since: 0)), (10, .lookInVain), (11, .ends("A")), (12, .look)])
        #expect(told == ["10 firstFiring A (in vain)"])
        #expect(groups.failed == 1)
        #expect(groups.count == 0)
    }

    @Test func `what is refused waits for the group's next turn`() {
        let (told, groups, _) = play([
            (0, .fires("A", since: 0)), (10, .lookRefused), (11, .look), (200, .fires("A", since: 0)), (310, .look),
        ])
        #expect(told == ["10 firstFiring A (refused)", "310 firstFiring A"])
        #expect(groups.failed == 1)
    }

    @Test func `what changes while it is told is told the next time`() throws {
        var groups = AlertGroups(settings: WebhookSettings(name: "hook", url: ""), capacity: 10)
        groups.insert([alert("X")], at: beginning)
        #expect(groups.next(at: beginning + .seconds(10)) != nil)
        groups.delivered(at: beginning + .seconds(10))
        groups.insert([alert("X", at: .seconds(20), isResolved: true)], at: beginning + .seconds(20))
        #expect(groups.next(at: beginning + .seconds(310))?.reason == .allResolved)
        groups.insert([alert("X", since: .seconds(311), at: .seconds(311))], at: beginning + .seconds(311))
        groups.delivered(at: beginning + .seconds(312))
        #expect(groups.count == 1)
        groups.insert([alert("X", since: .seconds(311), at: .seconds(600))], at: beginning + .seconds(600))
        let next = groups.next(at: beginning + .seconds(610))
        let notice = try #require(next)
        #expect(notice.reason == .firstFiring)
        #expect(notice.incident == (beginning + .seconds(311)).wall)
    }

    @Test func `alerts are grouped by the labels that are asked for`() {
        let events: [(Int, Event)] = [(0, .fires("A", since: 0)), (0, .fires("B", since: 0)), (10, .look)]
        #expect(play(events) { $0.groupBy = ["alertname"] }.told == ["10 firstFiring A B"])
        #expect(play(events) { $0.groupBy = [] }.told == ["10 firstFiring A B"])
        #expect(play(events) { $0.groupBy = ["absent"] }.told == ["10 firstFiring A B"])
        #expect(Set(play(events) { $0.groupBy = ["n"] }.told) == ["10 firstFiring A", "10 firstFiring B"])
        #expect(Set(play(events) { $0.groupBy = ["..."] }.told) == ["10 firstFiring A", "10 firstFiring B"])
    }

    @Test func `only alerts that match are told`() {
        let events: [(Int, Event)] = [(0, .fires("A", since: 0)), (0, .fires("B", since: 0)), (10, .look)]
        #expect(play(events) { $0.match = ["n": "B"] }.told == ["10 firstFiring B"])
        #expect(play(events) { $0.match = ["n": "B", "other": ""] }.told == ["10 firstFiring B"])
        #expect(play(events) { $0.match = ["n": ""] }.told == [])
    }

    @Test func `many alerts, in one group or in many, take no time worth speaking of`() {
        for groupBy in [["alertname"], ["..."]] {
            var settings = WebhookSettings(name: "hook", url: "")
            settings.groupBy = groupBy
            var groups = AlertGroups(settings: settings, capacity: 5_000)
            // Copying a group for each alert would take a minute.
            groups.insert((0..<10_000).map { alert("X", ["n": "\($0)"]) }, at: beginning)
            groups.insert((5_000..<10_000).map { alert("X", ["n": "\($0)"]) }, at: beginning)
            if groups.next(at: beginning + .seconds(10)) != nil { groups.delivered(at: beginning + .seconds(10)) }
            #expect(groups.count == 5_000)
            #expect(groups.dropped == 5_000)
        }
    }

    @Test func `beyond the bound the alert that was heard of longest ago is dropped`() {
        var groups = AlertGroups(settings: WebhookSettings(name: "hook", url: ""), capacity: 2)
        for name in ["A", "B", "A", "C"] { groups.insert([alert(name)], at: beginning) }
        #expect(groups.count == 2)
        #expect(groups.dropped == 1)
        #expect(groups.next(at: beginning + .seconds(10))?.group["alertname"] != "B")
        groups.delivered(at: beginning + .seconds(10))
        #expect(groups.next(at: beginning + .seconds(10))?.group["alertname"] != "B")
    }
}

/// Retraining: once for one incident, and not too often.
@Suite struct CooldownTests {
    private struct Played {
        var told: [String] = []
        var keys: [String] = []
    }

    /// Looks every 10 s for `hours`, with an alert that fires in these spans of seconds, told every 10 s.
    private func play(_ spans: [Range<Int>], hours: Int, _ configure: (inout WebhookSettings) -> Void) -> Played {
        var settings = WebhookSettings(name: "hook", url: "http://h/")
        settings.groupWait = .zero
        settings.groupInterval = .seconds(60)
        settings.cooldown = .seconds(3_600)
        configure(&settings)
        var groups = AlertGroups(settings: settings, capacity: 100)
        var played = Played()
        for second in stride(from: 0, through: hours * 3_600, by: 10) {
            let now = beginning + .seconds(second)
            if let span = spans.first(where: { $0.contains(second) }) {
                groups.insert([alert(since: .seconds(span.lowerBound), at: .seconds(second))], at: now)
            } else if let span = spans.last(where: { $0.upperBound <= second }), second - span.upperBound <= 900 {
                groups.insert(
                    [alert(since: .seconds(span.lowerBound), at: .seconds(span.upperBound), isResolved: true)],
                    at: now
                )
            }
            while let notice = groups.next(at: now) {
                played.told.append("\(second) \(notice.isFiring ? "firing" : "resolved")")
                played.keys.append(notice.idempotencyKey(match: settings.match))
                groups.delivered(at: now)
            }
        }
        return played
    }

    @Test func `an alert that comes and goes is delivered once within the cool-down`() {
        let played = play([0..<300, 600..<900, 1_200..<1_500, 1_800..<2_100], hours: 3) { $0.sendsResolved = false }
        #expect(played.told == ["0 firing"])
    }

    @Test func `what still fires when the cool-down is over is delivered then`() {
        let played = play([0..<300, 600..<7_000], hours: 1) { $0.sendsResolved = false }
        #expect(played.told == ["0 firing", "3600 firing"])
        #expect(Set(played.keys).count == 2)
    }

    @Test func `the end may be told within the cool-down`() {
        let played = play([0..<300, 600..<900], hours: 2) { _ in }
        #expect(played.told == ["0 firing", "300 resolved"])
        #expect(played.keys[1] == played.keys[0] + "-resolved")
    }

    @Test func `the cool-down is longer than the repeat interval where it is`() {
        let played = play([0..<20_000], hours: 3) { $0.repeatInterval = .seconds(600) }
        #expect(played.told == ["0 firing", "3600 firing", "7200 firing", "10800 firing"])
        #expect(Set(played.keys).count == 1)
    }

    @Test func `nothing is remembered once the cool-down is over`() {
        var settings = WebhookSettings(name: "hook", url: "http://h/")
        settings.cooldown = .seconds(3_600)
        var groups = AlertGroups(settings: settings, capacity: 100)
        groups.insert([alert()], at: beginning)
        #expect(groups.next(at: beginning + .seconds(10)) != nil)
        groups.delivered(at: beginning + .seconds(10))
        groups.insert([alert(at: .seconds(20), isResolved: true)], at: beginning + .seconds(20))
        #expect(groups.next(at: beginning + .seconds(310)) != nil)
        groups.delivered(at: beginning + .seconds(310))
        #expect(groups.due == beginning.uptime + .seconds(3_610))
        #expect(groups.next(at: beginning + .seconds(3_610)) == nil)
        #expect(groups.due == nil)
    }

    @Test func `the key stays while alerts join and leave an incident`() {
        var settings = WebhookSettings(name: "hook", url: "http://h/")
        settings.groupInterval = .seconds(10)
        var groups = AlertGroups(settings: settings, capacity: 100)
        var keys: [String] = []
        func look(_ second: Int) {
            while let notice = groups.next(at: beginning + .seconds(second)) {
                keys.append(notice.idempotencyKey(match: [:]))
                groups.delivered(at: beginning + .seconds(second))
            }
        }
        groups.insert([alert("X", ["n": "A"])], at: beginning)
        look(10)
        groups.insert([alert("X", ["n": "B"], since: .seconds(15), at: .seconds(15))], at: beginning + .seconds(15))
        look(20)
        groups.insert([alert("X", ["n": "A"], at: .seconds(25), isResolved: true)], at: beginning + .seconds(25))
        look(30)
        #expect(keys.count == 3)
        #expect(Set(keys).count == 1)
        groups.insert(
            [alert("X", ["n": "B"], since: .seconds(15), at: .seconds(35), isResolved: true)],
            at: beginning + .seconds(35)
        )
        look(40)
        groups.insert([alert("X", ["n": "A"], since: .seconds(45), at: .seconds(45))], at: beginning + .seconds(45))
        look(60)
        #expect(keys.count == 5)
        #expect(Set(keys).count == 3)
    }

    @Test func `the key is another for another group, and the same in another process`() {
        let notice = GroupNotice(
            group: ["alertname": "X"],
            reason: .firstFiring,
            members: [GroupNotice.Member(notification: alert("X"), isResolved: false)],
            incident: noon
        )
        var other = notice
        other.group = ["alertname": "Y"]
        #expect(notice.idempotencyKey(match: [:]) != other.idempotencyKey(match: [:]))
        #expect(notice.idempotencyKey(match: [:]) == "111bfed254a48869")
    }
}
