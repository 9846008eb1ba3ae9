// SPDX-License-Identifier: Apache-2.0

import Foundation
import Tidemark

/// Events of many ads, a quarter of an hour at a time, in the order in which they arrive: a daily and a weekly curve, some
/// late by minutes to days, some sent twice. The same bytes for the same seed.
struct SoakTraffic {
    /// What was made, each event once.
    struct Counts: Equatable {
        var impressions = 0
        var clicks = 0
        var conversions = 0
        /// Events that were sent again; they are in none of the others.
        var repeated = 0
    }

    /// Series that each ad comes to: impressions, clicks, conversions, spend, revenue.
    static let seriesOfAd = 5
    private static let quartersOfDay = 96
    private static let channels = ["search", "social", "display", "video", "email"]
    private static let devices = ["mobile", "desktop", "tablet"]
    private static let regions = ["us", "ca", "br", "de", "fr", "uk", "in", "jp"]

    private(set) var counts = Counts()
    /// Of the quarter that was made last.
    private(set) var bytes: [UInt8] = []
    private var random: SplitMix64
    private let perDay: Int
    private let late: Double
    /// The labels of each ad's series.
    let ads: [Labels]
    private let choice: AliasTable
    /// The members of each ad's events, from its campaign to its region.
    private let members: [[UInt8]]
    private var number: UInt64 = 0

    /// - Parameters:
    ///   - ads: how many ads there are.
    ///   - perDay: events of a day in the middle of the week, about.
    ///   - late: the share of events that come later than they happened, 0 to 1.
    init(seed: UInt64, ads: Int, perDay: Int, late: Double) {
        random = SplitMix64(seed: seed)
        self.perDay = perDay
        self.late = late
        var draw = random
        // A few serve all the time, most now and then.
        choice = AliasTable(weights: (0..<ads).map { _ in exp(draw.number(in: -1.5...1.5)) })
        let fields = (0..<ads).map { ad in
            [
                ("campaign", "campaign-\(ad % 50)"), ("ad", "ad-\(ad)"),
                ("channel", Self.channels[draw.index(below: Self.channels.count)]),
                ("device", Self.devices[draw.index(below: Self.devices.count)]),
                ("region", Self.regions[draw.index(below: Self.regions.count)]),
            ]
        }
        self.ads = fields.map { Labels($0.map { ($0.0, $0.1) }) }
        members = fields.map { Array($0.map { "\"\($0.0)\":\"\($0.1)\"" }.joined(separator: ",").utf8) }
        random = draw
    }

    /// Makes the events that arrive in one quarter of an hour.
    ///
    /// - Parameter start: its first millisecond since 1970.
    mutating func makeQuarter(from start: Int64) {
        bytes.removeAll(keepingCapacity: true)
        let quarter = Int(start / 900_000) % Self.quartersOfDay
        let curve = 1 - 0.6 * cos((Double(quarter) / 4 - 4) / 24 * 2 * .pi)
        // 1970-01-01 was a Thursday.
        let weekend = [2, 3].contains(Int(start / 86_400_000) % 7) ? 0.75 : 1
        let count = Int(Double(perDay) / Double(Self.quartersOfDay) * curve * weekend)
        for index in 0..<count {
            var time = start + Int64(index) * 900_000 / Int64(count)
            if random.unit() < late {
                time -= lateness()
            }
            let begin = bytes.count
            appendEvent(at: time)
            if random.unit() < 0.005 {
                bytes.append(contentsOf: bytes[begin...])
                counts.repeated += 1
            }
        }
    }

    /// Milliseconds: half within an hour, most within a day, some up to a week.
    private mutating func lateness() -> Int64 {
        let place = random.unit()
        let most: Double = place < 0.5 ? 3_600_000 : place < 0.9 ? 86_400_000 : 7 * 86_400_000
        return Int64(random.unit() * most)
    }

    private mutating func appendEvent(at milliseconds: Int64) {
        let ad = members[choice.index(for: random.next())]
        number += 1
        let kind = random.unit()
        if kind < 0.9 {
            append(#"{"type":"impression","cost":0.00"#)
            append(100 + random.index(below: 900))
            counts.impressions += 1
        } else if kind < 0.98 {
            append(#"{"type":"click""#)
            counts.clicks += 1
        } else {
            append(#"{"type":"conversion","revenue":"#)
            append(5 + random.index(below: 200))
            append(".25")
            counts.conversions += 1
        }
        append(#","id":"e"#)
        append(Int(number))
        append(#"","time":"#)
        append(Int(milliseconds))
        bytes.append(UInt8(ascii: ","))
        bytes.append(contentsOf: ad)
        append("}\n")
    }

    private mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    private mutating func append(_ value: Int) {
        var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
        withUnsafeMutableBytes(of: &digits) { place in
            var rest = value
            var at = place.count
            repeat {
                at -= 1
                place[at] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            bytes.append(contentsOf: place[at...])
        }
    }
}
