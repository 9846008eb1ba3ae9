// SPDX-License-Identifier: Apache-2.0

import Rules
import TimeSeries

/// What a webhook was told of one group: all that has to outlive the process, or a change of settings, for the end to be
/// told once and nothing twice.
struct ToldGroup: Equatable, Sendable {
    /// The labels that made the group.
    var labels: Labels
    /// The alerts that were told as firing and not yet as resolved, as they were heard of last.
    var firing: [AlertNotification]
    /// When the group was told last.
    var toldAt: Timestamp?
    /// Since when the incident is.
    var incident: Timestamp?
    /// Until when no firing alert of it is told.
    var coolUntil: Timestamp?
    /// When all this was so.
    var asOf: Timestamp
}

extension AlertGroups {
    /// What the webhook was told, of those groups of which something is still to be remembered.
    func told(at now: Moment) -> [ToldGroup] {
        func wall(_ uptime: Duration) -> Timestamp {
            Timestamp(milliseconds: now.wall.milliseconds + (uptime - now.uptime).milliseconds)
        }
        return groups.compactMap { key, group in
            // What was pushed out for want of room is not known any more.
            let firing = (group.told?.firing ?? []).compactMap { group.alerts[$0]?.notification }
            let coolUntil = group.coolUntil.flatMap { $0 > now.uptime ? $0 : nil }
            if firing.isEmpty, coolUntil == nil { return nil }
            return ToldGroup(
                labels: key,
                firing: firing.sorted { $0.labels < $1.labels },
                toldAt: group.told.map { wall($0.at) },
                incident: firing.isEmpty ? nil : group.incident,
                coolUntil: coolUntil.map(wall),
                asOf: now.wall
            )
        }
        .sorted { $0.labels < $1.labels }
    }

    /// Takes up what the webhook was told before, as far as it is for this webhook still. Where the labels that make a
    /// group are others now, the alerts go to their new groups.
    ///
    /// An alert of which nothing is heard counts as resolved after as long as it had left then: the rules have that time to
    /// say that it fires on.
    mutating func takeUp(_ told: [ToldGroup], at now: Moment) {
        for record in told {
            for notification in record.firing where isWanted(notification) {
                takeUp(notification, of: record, at: now)
            }
            guard record.firing.isEmpty, groups[record.labels] == nil, let coolUntil = record.coolUntil else {
                continue
            }
            let rest = AlertGroups.rest(of: coolUntil, at: now, atMost: settings.cooldown)
            guard rest > .zero else { continue }
            var group = AlertGroup(due: now.uptime + rest)
            group.coolUntil = group.due
            groups[record.labels] = group
        }
    }

    private mutating func takeUp(_ notification: AlertNotification, of record: ToldGroup, at now: Moment) {
        let key = groupLabels(notification.labels)
        let toldAt = record.toldAt ?? record.asOf
        let turn = Timestamp(milliseconds: toldAt.milliseconds + settings.groupInterval.milliseconds)
        let rest = AlertGroups.rest(of: turn, at: now, atMost: settings.groupInterval)
        var group = groups.removeValue(forKey: key) ?? AlertGroup(due: now.uptime + max(rest, settings.groupWait))
        group.hasFlushed = true
        group.isHeardOf = false
        let age = Duration.milliseconds(max(0, now.wall.milliseconds - toldAt.milliseconds))
        var before = group.told ?? AlertGroup.Told(firing: [], resolved: [], at: now.uptime - age)
        before.firing.insert(notification.labels)
        group.told = before
        if let incident = record.incident { group.incident = min(group.incident ?? incident, incident) }
        if let coolUntil = record.coolUntil {
            let rest = AlertGroups.rest(of: coolUntil, at: now, atMost: settings.cooldown)
            group.coolUntil = max(group.coolUntil ?? now.uptime, now.uptime + rest)
        }
        hold(notification.heard(at: now.wall, asOf: record.asOf), in: &group)
        groups[key] = group
    }

    /// How long it is until a time of the calendar, which may have been set meanwhile.
    private static func rest(of time: Timestamp, at now: Moment, atMost limit: Duration) -> Duration {
        min(max(.milliseconds(time.milliseconds - now.wall.milliseconds), .zero), limit)
    }
}

extension AlertNotification {
    /// As if it had been heard of now what was heard then, with the time that it had left.
    fileprivate func heard(at now: Timestamp, asOf then: Timestamp) -> AlertNotification {
        if isOver(at: then) { return self }
        return AlertNotification(
            labels: labels,
            annotations: annotations,
            startsAt: startsAt,
            endsAt: Timestamp(milliseconds: now.milliseconds + endsAt.milliseconds - then.milliseconds),
            isResolved: false,
            generatorURL: generatorURL
        )
    }
}
