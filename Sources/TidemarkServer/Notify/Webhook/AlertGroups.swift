// SPDX-License-Identifier: Apache-2.0

import Rules
import TimeSeries

/// The alerts of one webhook, in groups, and the decision what is to be told of which group when.
///
/// A group is looked at `group_wait` after its first alert, at once when that has been firing for longer already, and
/// then every `group_interval` as long as it has alerts. Each time all of it is told, or nothing. The clock comes from
/// outside, and one notice is under way at most: ``delivered(at:)`` or ``failed(mayRetry:at:)`` comes before the next.
///
/// Source: Alertmanager, `dispatch/dispatch.go`, `aggrGroup`.
struct AlertGroups: Sendable {
    /// A notice under way.
    private struct Flight: Sendable {
        var notice: GroupNotice
        var firing: Set<Labels>
        var resolved: [Labels: AlertNotification]
        var startedAt: Duration
    }

    private(set) var settings: WebhookSettings
    private let capacity: Int
    /// By the labels that make them.
    var groups: [Labels: AlertGroup] = [:]
    private var flight: Flight?
    private var arrivals: UInt64 = 0
    /// Alerts that are held.
    private(set) var count = 0
    /// Alerts that were pushed out for want of room.
    private(set) var dropped: UInt64 = 0
    /// Alerts whose telling was refused, was tried for long enough, or came to an end before it succeeded.
    private(set) var failed: UInt64 = 0
    /// Grows whenever ``told(at:)`` is to be written down anew.
    private(set) var revision: UInt64 = 0

    init(settings: WebhookSettings, capacity: Int) {
        self.settings = settings
        self.capacity = capacity
    }

    /// Goes on with other settings. Where they make other groups, what is held and what was told is put into these; a
    /// notice under way of a group that is no more counts for nothing then.
    mutating func follow(_ settings: WebhookSettings, at now: Moment) {
        let isGroupedAlike = settings.groupBy == self.settings.groupBy && settings.match == self.settings.match
        self.settings = settings
        revision += 1
        if isGroupedAlike { return }
        let told = told(at: now)
        let held = groups.values.flatMap(\.alerts.values).sorted { $0.arrival < $1.arrival }.map(\.notification)
        groups = [:]
        count = 0
        takeUp(told, at: now)
        insert(held, at: now)
    }

    // MARK: - In

    /// Takes notifications, those of them that are for this webhook.
    ///
    /// - Complexity: O(n) in what is inserted; where there is no room, O(n log n) in what is held.
    mutating func insert(_ notifications: [AlertNotification], at now: Moment) {
        for notification in notifications { insert(notification, at: now) }
        if count > capacity { dropOldest(count - capacity, at: now) }
        if groups.count > capacity { forgetCooledGroups(groups.count - capacity) }
    }

    private mutating func insert(_ notification: AlertNotification, at now: Moment) {
        let labels = notification.labels
        guard isWanted(notification) else { return }
        let key = groupLabels(labels)
        let isOver = notification.isOver(at: now.wall)
        let wasTold = groups[key]?.told?.firing.contains(labels) ?? false
        // The end of something that nobody was told of.
        if isOver, !wasTold, groups[key]?.alerts[labels] == nil { return }
        // That it ended must not be forgotten before it is told.
        if isOver, wasTold, groups[key]?.alerts[labels]?.notification != notification { revision += 1 }

        // Taken out, so that its alerts are not copied.
        var group = groups.removeValue(forKey: key) ?? AlertGroup(due: now.uptime + settings.groupWait)
        if group.alerts.isEmpty {
            group.hasFlushed = false
            group.due = now.uptime + settings.groupWait
        }
        group.isHeardOf = true
        hold(notification, in: &group)
        let age = now.wall.milliseconds - notification.startsAt.milliseconds
        if !group.hasFlushed, age > settings.groupWait.milliseconds { group.due = min(group.due, now.uptime) }
        groups[key] = group
    }

    /// Puts a notification into the group of its alert, which has been taken out.
    mutating func hold(_ notification: AlertNotification, in group: inout AlertGroup) {
        arrivals += 1
        let held = AlertGroup.Held(notification: notification, arrival: arrivals)
        if group.alerts.updateValue(held, forKey: notification.labels) == nil { count += 1 }
    }

    /// Whether it is for this webhook.
    func isWanted(_ notification: AlertNotification) -> Bool {
        settings.match.allSatisfy { (notification.labels[$0.key] ?? "") == $0.value }
    }

    /// The labels that make the group of an alert.
    func groupLabels(_ labels: Labels) -> Labels {
        if settings.groupBy == ["..."] { return labels }
        let pairs = labels.pairs.filter { settings.groupBy.contains($0.name) }
        return Labels(ordered: pairs.map { (name: $0.name, value: $0.value) })
    }

    /// Drops the alerts that were heard of longest ago.
    private mutating func dropOldest(_ excess: Int, at now: Moment) {
        let held = groups.flatMap { key, group in
            group.alerts.map { (group: key, alert: $0.key, arrival: $0.value.arrival) }
        }
        for oldest in held.sorted(by: { $0.arrival < $1.arrival }).prefix(excess) {
            guard var group = groups.removeValue(forKey: oldest.group) else { continue }
            group.alerts[oldest.alert] = nil
            count -= 1
            dropped += 1
            put(group, oldest.group, at: now)
        }
    }

    /// Groups without alerts are kept for their cool-down only, and not without bound.
    private mutating func forgetCooledGroups(_ excess: Int) {
        let cooling = groups.filter { $0.value.alerts.isEmpty && $0.key != flight?.notice.group }
        for first in cooling.sorted(by: { $0.value.due < $1.value.due }).prefix(excess) { groups[first.key] = nil }
    }

    // MARK: - Out

    /// When some group is to be looked at; nil: not before something is inserted.
    var due: Duration? { groups.values.map(\.due).min() }

    /// The next that is to be told now, if there is anything: of the group that has been due for longest.
    ///
    /// - Complexity: O(n log n) in the groups that are due.
    mutating func next(at now: Moment) -> GroupNotice? {
        precondition(flight == nil, "one notice at a time")
        let due = groups.filter { $0.value.due <= now.uptime }.sorted { $0.value.due < $1.value.due }
        for (key, _) in due {
            if let group = groups[key], let notice = flush(group, key, at: now) { return notice }
        }
        return nil
    }

    private mutating func flush(_ group: AlertGroup, _ key: Labels, at now: Moment) -> GroupNotice? {
        var group = group
        group.hasFlushed = true
        group.due = now.uptime + max(settings.groupInterval, .milliseconds(1))
        let members = group.members(at: now.wall)
        // Its cool-down is over, or its alerts were pushed out.
        if members.isEmpty {
            groups[key] = nil
            return nil
        }
        let firing = Set(members.filter { !$0.isResolved }.map(\.notification.labels))
        let resolved = members.filter(\.isResolved).map(\.notification)
        var reason = AlertGroup.reason(
            firing: firing,
            resolved: Set(resolved.map(\.labels)),
            told: group.told,
            now: now.uptime,
            settings: settings
        )
        if reason == .repeated, !group.isHeardOf { reason = nil }
        let begin = members.filter { !$0.isResolved }.map(\.notification.startsAt).min()
        if let begin, group.incident == nil { group.incident = begin }
        if reason != nil, !firing.isEmpty, let coolUntil = group.coolUntil, coolUntil > now.uptime {
            group.due = min(group.due, coolUntil)
            groups[key] = group
            return nil
        }
        guard let reason, reason != .allResolved || settings.sendsResolved else {
            if reason == .allResolved {
                group.told = AlertGroup.Told(firing: [], resolved: [], at: now.uptime)
                revision += 1
            }
            // It was to be told, could not be, and is no more.
            if let trying = group.trying { failed += UInt64(trying.alerts) }
            group.trying = nil
            if firing.isEmpty { group.incident = nil }
            for notification in resolved { remove(notification, from: &group) }
            put(group, key, at: now)
            return nil
        }
        groups[key] = group
        let notice = GroupNotice(
            group: key,
            reason: reason,
            members: settings.sendsResolved ? members : members.filter { !$0.isResolved },
            incident: group.incident ?? members.map(\.notification.startsAt).min() ?? now.wall
        )
        flight = Flight(
            notice: notice,
            firing: firing,
            resolved: Dictionary(uniqueKeysWithValues: resolved.map { ($0.labels, $0) }),
            startedAt: now.uptime
        )
        return notice
    }

    /// The notice was taken.
    mutating func delivered(at now: Moment) {
        guard let flight, var group = groups[flight.notice.group] else {
            self.flight = nil
            return
        }
        self.flight = nil
        revision += 1
        group.trying = nil
        group.told = AlertGroup.Told(firing: flight.firing, resolved: Set(flight.resolved.keys), at: now.uptime)
        if flight.firing.isEmpty {
            group.incident = nil
        } else if settings.cooldown > .zero {
            group.coolUntil = now.uptime + settings.cooldown
        }
        // What has changed meanwhile stays: it may fire again.
        for notification in flight.resolved.values { remove(notification, from: &group) }
        put(group, flight.notice.group, at: now)
    }

    /// The notice was not taken.
    ///
    /// - Parameter mayRetry: whether it is due again at once, as the group will be then; no longer than until its next
    ///   turn, as in Alertmanager. Otherwise its next turn is awaited.
    mutating func failed(mayRetry: Bool, at now: Moment) {
        guard let flight, var group = groups[flight.notice.group] else {
            self.flight = nil
            return
        }
        self.flight = nil
        let alerts = flight.notice.members.count
        let since = group.trying?.since ?? flight.startedAt
        let isTried = since + max(settings.groupInterval, .seconds(10)) <= now.uptime
        if mayRetry { group.due = now.uptime }
        if mayRetry, !isTried {
            group.trying = (since, alerts)
        } else {
            group.trying = nil
            failed += UInt64(alerts)
        }
        groups[flight.notice.group] = group
    }

    /// Makes every group due: there will be no later.
    mutating func hurry(at now: Moment) {
        for (key, group) in groups where !group.alerts.isEmpty { groups[key]?.due = now.uptime }
    }

    /// Forgets everything, and counts as dropped what was still to be told.
    mutating func dropAll(at now: Moment) {
        let failures = failed
        for (key, group) in groups {
            flight = nil
            guard let notice = flush(group, key, at: now), notice.reason != .repeated else { continue }
            dropped += UInt64(notice.members.count)
        }
        flight = nil
        dropped += failed - failures
        failed = failures
        groups = [:]
        count = 0
    }

    // MARK: - Keeping

    private mutating func remove(_ notification: AlertNotification, from group: inout AlertGroup) {
        guard group.alerts[notification.labels]?.notification == notification else { return }
        group.alerts[notification.labels] = nil
        count -= 1
    }

    /// Keeps a group that has alerts, or has to be remembered for its cool-down.
    private mutating func put(_ group: AlertGroup, _ key: Labels, at now: Moment) {
        var group = group
        if group.alerts.isEmpty {
            guard let coolUntil = group.coolUntil, coolUntil > now.uptime else {
                groups[key] = nil
                return
            }
            group.due = coolUntil
        }
        groups[key] = group
    }
}
