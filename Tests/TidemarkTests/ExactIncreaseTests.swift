// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import Tidemark

/// `increase(x[1d] anchored)` is the number of events of the day, to the unit, however they came in.
@Suite(.enabled("needs the real data in ../shared/data") { Project.hasData })
struct `Exact increases` {
    private static let day: Int64 = 86_400_000
    /// 2019-11-24T00:00:00Z, the first day of the data.
    private static let first: Int64 = 1_574_553_600_000
    private static let days = 7

    /// A row of Open Bandit: when, and whether it was clicked.
    private struct Row {
        let id: String
        let variant: String
        let ad: String
        let milliseconds: Int64
        let isClick: Bool
    }

    private static func rows() throws -> [Row] {
        var rows: [Row] = []
        let formatter = ISO8601DateFormatter()
        for variant in ["random", "bts"] {
            let text = try String(contentsOfFile: "\(Project.data)/openbandit/\(variant)_men.csv", encoding: .utf8)
            for line in text.split(separator: "\n").dropFirst() {
                let fields = line.split(separator: ",", maxSplits: 5)
                let time = String(fields[1]).replacingOccurrences(of: " ", with: "T")
                let whole = try #require(formatter.date(from: String(time.prefix(19)) + "Z"))
                rows.append(
                    Row(
                        id: "\(variant)-\(fields[0])",
                        variant: variant,
                        ad: String(fields[2]),
                        milliseconds: Int64(whole.timeIntervalSince1970) * 1_000,
                        isClick: fields[4] == "1"
                    )
                )
            }
        }
        return rows
    }

    private static let definitions = ["impression", "click"].map {
        MetricDefinition(name: "\($0)s_total", help: "Events.", events: [$0], labels: ["campaign", "variant", "ad"])
    }

    @Test func `of Open Bandit, shuffled, sent twice, with restarts and checkpoints between`() throws {
        let directory = try TemporaryDirectory()
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededRandom(seed: seed)
        let rows = try Self.rows()
        let shuffled = rows.shuffled(using: &random)
        var store = try MetricsStore.open(at: directory.store, definitions: Self.definitions)
        let size = 1_500
        for start in stride(from: 0, to: shuffled.count, by: size) {
            // A part of the batch before comes again.
            let batch = shuffled[max(0, start - 200)..<min(start + size, shuffled.count)]
            var events: [Event] = []
            for row in batch {
                let time = Timestamp(milliseconds: row.milliseconds)
                let fields: [String: Event.Value] = [
                    "campaign": "men", "variant": .text(row.variant), "ad": .text(row.ad),
                ]
                events.append(Event("impression", id: row.id, time: time, fields))
                if row.isClick { events.append(Event("click", id: row.id + "-click", time: time, fields)) }
            }
            try store.record(events)
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                try store.close()
                store = try MetricsStore.open(at: directory.store, definitions: Self.definitions)
            case 1: try store.compact()
            default: break
            }
        }
        var checked = 0
        for (metric, rows) in [("impressions_total", rows), ("clicks_total", rows.filter(\.isClick))] {
            var expected: [String: Double] = [:]
            for row in rows {
                expected["\(row.variant) \(row.ad) \((row.milliseconds - Self.first) / Self.day)", default: 0] += 1
            }
            let result = try store.query(
                "increase(\(metric)[1d] anchored) > 0",
                from: Timestamp(milliseconds: Self.first + Self.day),
                through: Timestamp(milliseconds: Self.first + Int64(Self.days) * Self.day),
                step: Self.day
            )
            guard case .matrix(let columns) = result.value else {
                Issue.record("not a matrix")
                continue
            }
            var found: [String: Double] = [:]
            for series in 0..<columns.count {
                let labels = columns.labels[series]
                for sample in columns.samples(of: series) {
                    let day = (columns.timestamps[sample] - Self.first) / Self.day - 1
                    found["\(labels["variant"] ?? "") \(labels["ad"] ?? "") \(day)"] = columns.values[sample]
                }
            }
            #expect(found == expected, "seed \(seed), \(metric)")
            checked += found.count
        }
        print("exact increases: \(checked) counts of series and day equal the events, seed \(seed)")
        #expect(checked > 300)
        try store.close()
    }
}
