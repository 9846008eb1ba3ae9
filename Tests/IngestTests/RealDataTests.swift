// SPDX-License-Identifier: Apache-2.0

import Testing
import TimeSeries

@testable import Ingest

@Suite(.enabled(if: hasSharedData, "../shared/data is not there")) struct `Real data` {
    private func bandit(_ variant: String) throws -> EventMapping {
        try mapping(
            """
            columns: {time: timestamp, ad: item_id, position: position}
            set: {campaign: men, variant: \(variant)}
            id: [campaign, variant, _row]
            time: rfc3339
            emit:
              - {type: impression}
              - {type: click, when: {click: "1"}}
            """
        )
    }

    @Test func `the men campaign has its impressions and clicks, and a second pass adds nothing`() throws {
        let ingestion = Ingestion(try shippedDefinitions())
        for pass in 0..<2 {
            for (variant, clicks) in [("random", 46), ("bts", 69)] {
                let text = try #require(sharedData("openbandit/\(variant)_men.csv"))
                let batch = decode(text, .csv, mapping: try bandit(variant), schema: ingestion.schema)
                let report = try ingestion.add(batch)
                print(
                    "IngestTests: \(variant)_men.csv, pass \(pass): \(report.accepted) accepted, \(report.duplicates) duplicates"
                )
                #expect(report.accepted == (pass == 0 ? 10_000 + clicks : 0))
                #expect(report.duplicates == (pass == 0 ? 0 : 10_000 + clicks))
                #expect((report.rejected, report.conflicts, report.unmatched) == (0, 0, 0))
            }
            for (variant, clicks) in [("random", Int64(46)), ("bts", 69)] {
                func total(_ metric: String) -> Int64 {
                    ingestion.totals.filter {
                        $0.key.hasPrefix(metric + "{") && $0.key.contains("campaign=\"men\"")
                            && $0.key.contains("variant=\"\(variant)\"")
                    }.values.reduce(0, +)
                }
                #expect(total("campaign_impressions_total") == 10_000)
                #expect(total("campaign_clicks_total") == clicks)
            }
        }
        #expect(ingestion.total("campaign_spend_total") == 0)
        #expect(Set(ingestion.directory.names.compactMap { $0.labels["ad"] }).count == 34)
        // The newest of both files, 2019-11-30T23:59:…
        #expect(try #require(ingestion.commit.watermark) < Timestamp(seconds: 1_575_158_400))
    }

    static let music = """
        header: [event_id, customer, track, time, mobile, zip]
        columns: {id: event_id, time: time, customer: customer, track: track, mobile: mobile, zip: zip}
        set: {source: tracks_live}
        time: {format: "yyyy-MM-dd HH:mm:ss", timezone: %}
        emit:
          - {type: play}
        """

    static let plays = [
        MetricDefinition(name: "plays_total", help: "Plays.", events: ["play"], labels: ["mobile"]),
        MetricDefinition(name: "zip_plays_total", help: "Plays.", events: ["play"], labels: ["zip"]),
        MetricDefinition(name: "track_plays_total", help: "Plays.", events: ["play"], labels: ["track"]),
    ]

    @Test func `the replayed plays count once, and the golden figures hold`() throws {
        let text = try #require(sharedData("music/tracks_live.csv"))
        let mapping = try mapping(Self.music.replacing("%", with: "UTC"))
        let ingestion = Ingestion(Self.plays, resolution: try #require(SlotResolution(seconds: 3_600)))
        let report = try ingestion.add(decode(text, .csv, mapping: mapping, schema: ingestion.schema))
        print("IngestTests: tracks_live.csv: \(report.accepted) accepted of \(report.accepted + report.duplicates)")
        #expect((report.accepted, report.duplicates, report.conflicts, report.rejected) == (2_682, 792, 0, 0))
        #expect(ingestion.total("plays_total{mobile=\"1\"}") == 1_634)
        #expect(ingestion.total("plays_total{") == 2_682)
        #expect(ingestion.directory.names.count { $0.family.name == "track_plays_total" } == 1_212)
        #expect(ingestion.directory.names.count { $0.family.name == "zip_plays_total" } == 2_576)
        // Leading zeros of a zip survive.
        #expect(ingestion.total("zip_plays_total{zip=\"0") == 176)
        #expect(ingestion.total("zip_plays_total{zip=\"57445\"") == 3)
        #expect(
            ["0": 33, "1": 20, "2": 19, "11": 15].allSatisfy {
                ingestion.totals["track_plays_total{track=\"\($0.key)\"}"] == $0.value
            }
        )
        var hours = [Int64](repeating: 0, count: 24)
        for increment in ingestion.commit.increments
        where ingestion.directory.name(of: increment.series).hasPrefix("plays_total") {
            hours[Int(increment.slot.number % 24)] += increment.units
        }
        #expect(
            hours == [
                104, 106, 102, 114, 122, 106, 104, 109, 100, 135, 111, 129, 133, 102, 111, 108, 99, 111, 126, 102, 118,
                107, 109, 114,
            ]
        )
        #expect(ingestion.commit.watermark == Timestamp(seconds: 1_419_983_244))
        #expect(try ingestion.add(decode(text, .csv, mapping: mapping, schema: ingestion.schema)).duplicates == 3_474)
    }

    @Test func `the same file in another zone is shifted by its offset`() throws {
        let text = try #require(sharedData("music/tracks_live.csv"))
        let ingestion = Ingestion(Self.plays, resolution: try #require(SlotResolution(seconds: 3_600)))
        try ingestion.add(
            decode(
                text,
                .csv,
                mapping: try mapping(Self.music.replacing("%", with: "Asia/Seoul")),
                schema: ingestion.schema
            )
        )
        #expect(ingestion.commit.watermark == Timestamp(seconds: 1_419_983_244 - 9 * 3_600))
    }

    @Test func `a fused line among the plays is one reject and every other line counts`() throws {
        let text = try #require(sharedData("music/tracks_live.csv"))
        var lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        lines[0...1] = [lines[0] + lines[1]]
        let batch = decode(
            lines.joined(separator: "\n"),
            .csv,
            mapping: try mapping(Self.music.replacing("%", with: "UTC")),
            schema: EventSchema(Self.plays)
        )
        #expect(batch.count == 3_472)
        #expect(batch.faults == ["1 malformed"])
    }
}
