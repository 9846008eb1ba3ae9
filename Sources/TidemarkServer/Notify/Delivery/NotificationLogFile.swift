// SPDX-License-Identifier: Apache-2.0

import Rules
import TimeSeries

/// The form of the file in which a `NotificationLog` is kept: JSON, times as milliseconds since 1970.
struct NotificationLogFile: Codable {
    private struct Group: Codable {
        /// Each a name and a value.
        var labels: [[String]]
        var firing: [Alert]
        var toldAt: Int64?
        var incident: Int64?
        var coolUntil: Int64?
        var asOf: Int64
    }

    private struct Alert: Codable {
        var labels: [[String]]
        var annotations: [[String]]
        var startsAt: Int64
        var endsAt: Int64
        var isResolved: Bool
        var generatorURL: String
    }

    /// What the file has that no other program can know.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    private var version = 1
    private var webhooks: [String: [Group]]

    init(_ content: NotificationLog.Content) {
        webhooks = content.mapValues { groups in
            groups.map { group in
                Group(
                    labels: group.labels.asPairs,
                    firing: group.firing.map { alert in
                        Alert(
                            labels: alert.labels.asPairs,
                            annotations: alert.annotations.asPairs,
                            startsAt: alert.startsAt.milliseconds,
                            endsAt: alert.endsAt.milliseconds,
                            isResolved: alert.isResolved,
                            generatorURL: alert.generatorURL
                        )
                    },
                    toldAt: group.toldAt?.milliseconds,
                    incident: group.incident?.milliseconds,
                    coolUntil: group.coolUntil?.milliseconds,
                    asOf: group.asOf.milliseconds
                )
            }
        }
    }

    /// What is in it.
    ///
    /// - Throws: `Fault` when this program cannot have written it.
    var content: NotificationLog.Content {
        get throws {
            guard version == 1 else { throw Fault(description: "version \(version)") }
            return try webhooks.mapValues { try $0.map(Self.told) }
        }
    }

    private static func told(_ group: Group) throws -> ToldGroup {
        let times = [group.toldAt, group.incident, group.coolUntil, group.asOf]
        try times.forEach { try $0.map(check) }
        return ToldGroup(
            labels: try labels(group.labels),
            firing: try group.firing.map { alert in
                AlertNotification(
                    labels: try labels(alert.labels),
                    annotations: try labels(alert.annotations),
                    startsAt: Timestamp(milliseconds: try check(alert.startsAt)),
                    endsAt: Timestamp(milliseconds: try check(alert.endsAt)),
                    isResolved: alert.isResolved,
                    generatorURL: alert.generatorURL
                )
            },
            toldAt: group.toldAt.map { Timestamp(milliseconds: $0) },
            incident: group.incident.map { Timestamp(milliseconds: $0) },
            coolUntil: group.coolUntil.map { Timestamp(milliseconds: $0) },
            asOf: Timestamp(milliseconds: group.asOf)
        )
    }

    /// A time with which can be reckoned: no further than 100,000 years away.
    @discardableResult private static func check(_ milliseconds: Int64) throws -> Int64 {
        guard milliseconds.magnitude < 3_200_000_000_000_000 else { throw Fault(description: "a time out of range") }
        return milliseconds
    }

    private static func labels(_ pairs: [[String]]) throws -> Labels {
        guard pairs.allSatisfy({ $0.count == 2 }), Set(pairs.map { Array($0[0].utf8) }).count == pairs.count else {
            throw Fault(description: "labels that are none")
        }
        return Labels(pairs.map { (name: $0[0], value: $0[1]) })
    }
}

extension Labels {
    fileprivate var asPairs: [[String]] { pairs.map { [$0.name, $0.value] } }
}
