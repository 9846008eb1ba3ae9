// SPDX-License-Identifier: Apache-2.0

import Rules
import TimeSeries

/// Notifications in the order in which their alerts came up, one for each alert: a newer takes the place of the older.
struct NotificationQueue: Sendable {
    /// A notification and when it was handed over, as uptime.
    struct Entry: Equatable, Sendable {
        var notification: AlertNotification
        var handedAt: Duration
    }

    /// The most entries.
    let capacity: Int
    /// From `head` on; before it, room that is cleared now and then.
    private var order: [Labels] = []
    private var head = 0
    private var newest: [Labels: Entry] = [:]

    /// - Precondition: `capacity` is at least 1.
    init(capacity: Int) {
        precondition(capacity > 0, "a queue has room for something")
        self.capacity = capacity
    }

    var count: Int { newest.count }

    /// What became of an entry that was put in.
    enum Placing { case added, replaced, addedForOldest }

    /// Adds at the end, or replaces what is there about the same alert. The oldest goes when there is no room.
    mutating func append(_ entry: Entry) -> Placing {
        let labels = entry.notification.labels
        guard newest.updateValue(entry, forKey: labels) == nil else { return .replaced }
        order.append(labels)
        guard newest.count > capacity else { return .added }
        newest[order[head]] = nil
        advance(by: 1)
        return .addedForOldest
    }

    /// Takes the oldest out.
    mutating func take(atMost limit: Int) -> [Entry] {
        let taken = order[head..<min(order.count, head + limit)].compactMap { newest.removeValue(forKey: $0) }
        advance(by: taken.count)
        return taken
    }

    /// Puts entries that were taken out back to the front, in their order.
    ///
    /// - Returns: those that are replaced by newer ones, and those for which there is no room, the oldest.
    mutating func putBack(_ entries: [Entry]) -> (replaced: Int, dropped: Int) {
        let current = entries.filter { newest[$0.notification.labels] == nil }
        let kept = current.suffix(max(0, capacity - newest.count))
        for entry in kept { newest[entry.notification.labels] = entry }
        order.replaceSubrange(..<head, with: kept.map(\.notification.labels))
        head = 0
        return (entries.count - current.count, current.count - kept.count)
    }

    private mutating func advance(by count: Int) {
        head += count
        guard head > order.count / 2 else { return }
        order.removeFirst(head)
        head = 0
    }
}
