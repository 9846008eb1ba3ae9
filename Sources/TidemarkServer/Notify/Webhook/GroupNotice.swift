// SPDX-License-Identifier: Apache-2.0

import Rules
import TimeSeries

/// What is to be told about one group at one moment.
struct GroupNotice: Equatable, Sendable {
    /// One alert of it.
    struct Member: Equatable, Sendable {
        var notification: AlertNotification
        /// Whether it is told as resolved: it is, or its end has passed without a word.
        var isResolved: Bool
    }

    /// Why it is told now. Source: Alertmanager, `notify/dedup_stage.go`.
    enum Reason: Equatable, Sendable {
        /// Nothing of the group was told as firing.
        case firstFiring
        /// An alert fires that was not told.
        case newFiring
        /// What was told as firing no longer does, all of it.
        case allResolved
        /// Some of it no longer does.
        case newResolved
        /// Nothing is new, but it was told long ago.
        case repeated
    }

    /// The labels that make the group.
    var group: Labels
    /// Why.
    var reason: Reason
    /// What is told, ordered by labels.
    var members: [Member]
    /// Since when the incident is that this is about: the earliest begin of what fired when it was first to be told.
    var incident: Timestamp

    /// Whether anything fires.
    var isFiring: Bool { members.contains { !$0.isResolved } }

    /// How Alertmanager writes the group's key: the route, here with what the webhook's alerts have to match, and the
    /// labels of the group. Source: Alertmanager, `dispatch/dispatch.go`, `GroupKey`, and `dispatch/route.go`, `Key`.
    func key(match: [String: String]) -> String {
        func text(_ labels: Labels, separator: String) -> String {
            "{" + labels.pairs.map { $0.name + "=" + QuotedText.string($0.value) }.joined(separator: separator) + "}"
        }
        let names = match.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let matchers = names.map { $0 + "=" + QuotedText.string(match[$0] ?? "") }.joined(separator: ",")
        let route = match.isEmpty ? "{}" : "{}/{" + matchers + "}"
        return route + ":" + text(group, separator: ", ")
    }

    /// The same for all that is told about one incident as long as it fires, and another when it is over: a receiver
    /// that passes by what it knows must not pass by the end.
    func idempotencyKey(match: [String: String]) -> String {
        var hash = FNV1a()
        hash.add(key(match: match))
        hash.add(String(incident.milliseconds))
        return sixteenDigits(hash.value) + (isFiring ? "" : "-resolved")
    }
}
