// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestSupport
import Testing
import Tidemark

/// Real impressions, clicks and plays; their files lie beside the project and are not part of it.
@Suite(.enabled("needs the real data in ../shared/data") { Project.hasData })
struct `Real data` {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    private static let definitions = [
        MetricDefinition(
            name: "campaign_impressions_total",
            help: "Impressions.",
            events: ["impression"],
            labels: ["campaign", "variant", "ad"]
        ),
        MetricDefinition(
            name: "campaign_clicks_total",
            help: "Clicks.",
            events: ["click"],
            labels: ["campaign", "variant", "ad"]
        ),
        MetricDefinition(name: "plays_total", help: "Plays.", events: ["play"], labels: ["device"]),
    ]

    private func openBandit(_ variant: String) throws -> EventMapping {
        try EventMapping(
            """
            format: csv
            columns: {time: timestamp, ad: item_id, position: position}
            set: {campaign: men, variant: \(variant)}
            id: [campaign, variant, _row]
            emit:
              - {type: impression}
              - {type: click, when: {click: "1"}}
            """,
            file: "openbandit_\(variant).yml"
        )
    }

    private static let music = """
        format: csv
        header: [event_id, customer, track, time, mobile, zip]
        columns: {time: time, device: mobile, customer: customer}
        id: [event_id]
        time: {format: "yyyy-MM-dd HH:mm:ss"}
        emit: [{type: play}]
        """

    /// The total of a metric over all series that have these labels in their text.
    private func sum(_ store: MetricsStore, _ metric: String, _ parts: String...) -> Int128 {
        let snapshot = store.snapshot()
        var sum: Int128 = 0
        for family in snapshot.families where family.family.name == metric {
            for row in family.rows {
                let text = snapshot.withLabelText(row) { String(decoding: $0, as: UTF8.self) }
                if parts.allSatisfy({ text.contains($0) }) { sum += snapshot.total(row).units }
            }
        }
        return sum
    }

    @Test func `of Open Bandit gives the impressions and clicks that are in it, once`() throws {
        let variants = [("random", 46), ("bts", 69)]
        var rows = 0
        var store = try MetricsStore.open(at: directory.store, definitions: Self.definitions)
        for round in 0..<3 {
            for (variant, clicks) in variants {
                let file = "\(Project.data)/openbandit/\(variant)_men.csv"
                let report = try store.ingest(file: file, mapping: try openBandit(variant))
                let events = 10_000 + clicks
                rows += events
                #expect(report.accepted == (round == 0 ? events : 0) && report.rejected == 0, "\(report.errors)")
                #expect(report.duplicates == (round == 0 ? 0 : events) && report.conflicts == 0)
            }
            for (variant, clicks) in variants {
                let labels = "variant=\"\(variant)\""
                #expect(sum(store, "campaign_impressions_total", "campaign=\"men\"", labels) == 10_000)
                #expect(sum(store, "campaign_clicks_total", "campaign=\"men\"", labels) == Int128(clicks))
            }
            #expect(store.snapshot().families[1].rows.count <= 68, "34 ads, two variants")
            if round == 1 {
                try store.close()
                store = try MetricsStore.open(at: directory.store, definitions: Self.definitions)
            }
        }
        try store.close()
        print("Open Bandit: \(rows) events ran in three rounds")
    }

    @Test func `of plays, a quarter of them replayed, gives each play once`() throws {
        var store = try MetricsStore.open(at: directory.store, definitions: Self.definitions)
        let mapping = try EventMapping(Self.music, file: "music.yml")
        let file = Project.data + "/music/tracks_live.csv"
        for round in 0..<3 {
            let report = try store.ingest(file: file, mapping: mapping)
            #expect(report.accepted == (round == 0 ? 2_682 : 0) && report.rejected == 0, "\(report.errors)")
            #expect(report.duplicates == (round == 0 ? 792 : 3_474) && report.conflicts == 0)
            #expect(sum(store, "plays_total") == 2_682)
            #expect(sum(store, "plays_total", "device=\"1\"") == 1_634)
            if round == 1 {
                try store.close()
                store = try MetricsStore.open(at: directory.store, definitions: Self.definitions)
            }
        }
        try store.close()
        print("plays: 3,474 rows ran three times")
    }
}
