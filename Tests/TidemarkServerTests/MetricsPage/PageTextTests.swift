// SPDX-License-Identifier: Apache-2.0

import NIOCore
import Testing
import Tidemark

@testable import TidemarkServer

@Suite struct PageTextTests {
    private var totals: FakeTotals {
        var totals = FakeTotals()
        totals.add(
            "campaign_clicks_total",
            help: "Clicks on \"ads\".\nBack\\slash.",
            [
                .init(labels: #"{campaign="a"}"#, units: 46),
                .init(labels: #"{campaign="quote \" backslash \\ newline \n"}"#, units: 0),
            ]
        )
        totals.add("campaign_impressions_total", help: "No series yet.", [])
        totals.add(
            "campaign_spend_total",
            help: "Money.",
            decimals: 6,
            [
                .init(labels: "", units: 1_234_500, created: 1_700_000_000_000)
            ]
        )
        totals.add(
            "model_predictions_pending",
            help: "A gauge.",
            kind: .gauge,
            [.init(labels: #"{model="m"}"#, units: 0, value: 3)]
        )
        totals.add(
            "model_latency_seconds",
            help: "A histogram.",
            kind: .histogram,
            decimals: 6,
            bounds: [0.5, 1],
            [
                .init(labels: #"{model="m"}"#, units: 2_250_000, bins: [1, 2]),
                .init(labels: "", units: -1, bins: [0, 0, 4]),
            ]
        )
        totals.add("plain_counter", help: "Without the suffix.", [.init(labels: "", units: 1)])
        return totals
    }

    private func page(_ format: PageFormat) -> String {
        var page = PageText(format: format, capacity: 16)
        totals.append(to: &page)
        page.end()
        return String(buffer: page.bytes)
    }

    @Test func `text 0 0 4 has the names as they are and no created lines`() {
        #expect(
            page(.text) == #"""
                # HELP campaign_clicks_total Clicks on "ads".\nBack\\slash.
                # TYPE campaign_clicks_total counter
                campaign_clicks_total{campaign="a"} 46
                campaign_clicks_total{campaign="quote \" backslash \\ newline \n"} 0
                # HELP campaign_impressions_total No series yet.
                # TYPE campaign_impressions_total counter
                # HELP campaign_spend_total Money.
                # TYPE campaign_spend_total counter
                campaign_spend_total 1.2345
                # HELP model_predictions_pending A gauge.
                # TYPE model_predictions_pending gauge
                model_predictions_pending{model="m"} 3
                # HELP model_latency_seconds A histogram.
                # TYPE model_latency_seconds histogram
                model_latency_seconds_bucket{model="m",le="0.5"} 1
                model_latency_seconds_bucket{model="m",le="1"} 3
                model_latency_seconds_bucket{model="m",le="+Inf"} 3
                model_latency_seconds_sum{model="m"} 2.25
                model_latency_seconds_count{model="m"} 3
                model_latency_seconds_bucket{le="0.5"} 0
                model_latency_seconds_bucket{le="1"} 0
                model_latency_seconds_bucket{le="+Inf"} 4
                model_latency_seconds_sum -0.000001
                model_latency_seconds_count 4
                # HELP plain_counter Without the suffix.
                # TYPE plain_counter counter
                plain_counter 1

                """#
        )
    }

    @Test func `OpenMetrics names families without total and has created lines and an end`() {
        #expect(
            page(.openMetrics) == #"""
                # HELP campaign_clicks Clicks on \"ads\".\nBack\\slash.
                # TYPE campaign_clicks counter
                campaign_clicks_total{campaign="a"} 46
                campaign_clicks_created{campaign="a"} 1700000000.123
                campaign_clicks_total{campaign="quote \" backslash \\ newline \n"} 0
                campaign_clicks_created{campaign="quote \" backslash \\ newline \n"} 1700000000.123
                # HELP campaign_impressions No series yet.
                # TYPE campaign_impressions counter
                # HELP campaign_spend Money.
                # TYPE campaign_spend counter
                campaign_spend_total 1.2345
                campaign_spend_created 1700000000
                # HELP model_predictions_pending A gauge.
                # TYPE model_predictions_pending gauge
                model_predictions_pending{model="m"} 3
                # HELP model_latency_seconds A histogram.
                # TYPE model_latency_seconds histogram
                model_latency_seconds_bucket{model="m",le="0.5"} 1
                model_latency_seconds_bucket{model="m",le="1.0"} 3
                model_latency_seconds_bucket{model="m",le="+Inf"} 3
                model_latency_seconds_sum{model="m"} 2.25
                model_latency_seconds_count{model="m"} 3
                model_latency_seconds_bucket{le="0.5"} 0
                model_latency_seconds_bucket{le="1.0"} 0
                model_latency_seconds_bucket{le="+Inf"} 4
                model_latency_seconds_sum -0.000001
                model_latency_seconds_count 4
                # HELP plain_counter Without the suffix.
                # TYPE plain_counter counter
                plain_counter_total 1
                plain_counter_created 1700000000.123
                # EOF

                """#
        )
    }

    @Test func `labels longer than the buffer's pieces come out whole`() {
        var totals = FakeTotals()
        let long = (0..<5).map { #"{campaign="\#(String(repeating: "x", count: 40_000 * ($0 + 1)))"}"# }
        totals.add("campaign_clicks_total", long.map { .init(labels: $0, units: 1) })
        for format in PageFormat.allCases {
            var page = PageText(format: format, capacity: 0)
            totals.append(to: &page)
            let lines = String(buffer: page.bytes).split(separator: "\n").filter {
                $0.hasPrefix("campaign_clicks_total{")
            }
            #expect(lines.map(String.init) == long.map { "campaign_clicks_total\($0) 1" })
        }
    }

    @Test func `self metrics are all there from zero on`() {
        var page = PageText(format: .openMetrics, capacity: 0)
        var statistics = StoreStatistics()
        statistics.counts.accepted = 7
        statistics.counts.addRejected(reason: RejectReason.future.rawValue, events: 2)
        statistics.commits = 3
        statistics.waiting = [
            WaitingCounts(
                gauge: .init(name: "model_predictions_pending", help: "A.", label: "model"),
                counts: ["m": 3]
            )
        ]
        for seconds in [0.25, 2, 10] { statistics.commitDurations.add(seconds) }
        statistics.watermark = Timestamp(milliseconds: 1_700_000_000_500)
        statistics.backups.lastSuccess = Timestamp(milliseconds: 1_700_000_100_000)
        statistics.backups.duration = 2.5
        statistics.backups.failures = 1
        statistics.days.floor = Timestamp(milliseconds: 1_699_920_000_000)
        let requests = [RequestCounters.Entry(path: "/metrics", code: 200, count: 4)]
        SelfMetrics(statistics: statistics, health: .poisoned(reason: "disk"), requests: requests).append(to: &page)
        let text = String(buffer: page.bytes)
        let samples = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
        #expect(
            samples == [
                #"tidemark_events_total{result="accepted"} 7"#,
                #"tidemark_events_total{result="conflict"} 0"#,
                #"tidemark_events_total{result="duplicate"} 0"#,
                #"tidemark_events_total{result="late"} 0"#,
                #"tidemark_events_total{result="overflow"} 0"#,
                #"tidemark_events_total{result="unmatched"} 0"#,
                #"tidemark_events_total{result="rejected",reason="malformed"} 0"#,
                #"tidemark_events_total{result="rejected",reason="missing_field"} 0"#,
                #"tidemark_events_total{result="rejected",reason="bad_time"} 0"#,
                #"tidemark_events_total{result="rejected",reason="future"} 2"#,
                #"tidemark_events_total{result="rejected",reason="bad_number"} 0"#,
                #"tidemark_events_total{result="rejected",reason="too_large"} 0"#,
                #"tidemark_events_total{result="rejected",reason="too_many_fields"} 0"#,
                #"tidemark_events_total{result="rejected",reason="bad_utf8"} 0"#,
                "tidemark_inexact_values_total 0",
                #"tidemark_samples_total{result="accepted"} 0"#,
                #"tidemark_samples_total{result="conflict"} 0"#,
                #"tidemark_samples_total{result="duplicate"} 0"#,
                #"tidemark_samples_total{result="out_of_bounds"} 0"#,
                #"tidemark_samples_total{result="out_of_order"} 0"#,
                #"tidemark_samples_total{result="wrong_kind"} 0"#,
                "tidemark_commits_total 3",
                #"tidemark_commit_duration_seconds_bucket{le="0.001"} 0"#,
                #"tidemark_commit_duration_seconds_bucket{le="0.0025"} 0"#,
                #"tidemark_commit_duration_seconds_bucket{le="0.005"} 0"#,
                #"tidemark_commit_duration_seconds_bucket{le="0.01"} 0"#,
                #"tidemark_commit_duration_seconds_bucket{le="0.025"} 0"#,
                #"tidemark_commit_duration_seconds_bucket{le="0.05"} 0"#,
                #"tidemark_commit_duration_seconds_bucket{le="0.1"} 0"#,
                #"tidemark_commit_duration_seconds_bucket{le="0.25"} 1"#,
                #"tidemark_commit_duration_seconds_bucket{le="0.5"} 1"#,
                #"tidemark_commit_duration_seconds_bucket{le="1.0"} 1"#,
                #"tidemark_commit_duration_seconds_bucket{le="2.5"} 2"#,
                #"tidemark_commit_duration_seconds_bucket{le="+Inf"} 3"#,
                "tidemark_commit_duration_seconds_sum 12.25",
                "tidemark_commit_duration_seconds_count 3",
                "tidemark_series 0",
                "tidemark_head_bytes 0",
                "tidemark_store_bytes 0",
                "tidemark_identities 0",
                "tidemark_identity_bytes 0",
                "tidemark_join_records 0", "tidemark_join_paged_records 0", "tidemark_join_bytes 0",
                #"model_predictions_pending{model="m"} 3"#,
                "tidemark_watermark_timestamp_seconds 1700000000.5",
                "tidemark_store_epoch 1", "tidemark_store_rotations_total 0",
                "tidemark_store_rotation_failures_total 0",
                "tidemark_backup_last_success_timestamp_seconds 1700000100",
                "tidemark_backup_last_duration_seconds 2.5", "tidemark_backup_failures_total 1",
                "tidemark_store_day_files 0", "tidemark_store_sealed_bytes 0", "tidemark_store_overlay_bytes 0",
                "tidemark_store_open_day_files 0", "tidemark_retention_floor_timestamp_seconds 1699920000",
                "tidemark_store_seals_total 0", "tidemark_store_reseals_total 0", "tidemark_store_drops_total 0",
                "tidemark_store_seal_failures_total 0", "tidemark_store_seal_seconds_total 0",
                "tidemark_up 0",
                #"tidemark_build_info{version="\#(BuildInformation.version)"} 1"#,
                #"tidemark_http_requests_total{path="/metrics",code="200"} 4"#,
            ]
        )
        #expect(text.contains("# TYPE tidemark_events counter\n"))
        #expect(text.contains("# TYPE tidemark_commit_duration_seconds histogram\n"))
    }
}

@Suite struct ProcessMetricsTests {
    @Test func `proc stat is read after the command, whatever that contains`() {
        let status =
            "42 (a ) b (c) R 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 4 0 3000 544677888 1000 18446744073709551615 1"
        let metrics = ProcessMetrics(processStatus: status, bootTime: 1_000, ticksPerSecond: 100, pageSize: 4096)
        #expect(metrics.cpuSeconds == 2)
        #expect(metrics.startTime == 1_030)
        #expect(metrics.virtualBytes == 544_677_888)
        #expect(metrics.residentBytes == 4_096_000)
    }

    @Test func `what cannot be read is left out`() {
        var page = PageText(format: .text, capacity: 0)
        ProcessMetrics(processStatus: "", bootTime: nil).append(to: &page)
        ProcessMetrics(processStatus: "1 (x) R 1", bootTime: nil).append(to: &page)
        #expect(page.bytes.readableBytes == 0)
    }

    @Test func `this process has sane values`() throws {
        let metrics = ProcessMetrics.current()
        #expect(try #require(metrics.residentBytes) > 1 << 20)
        #expect(try #require(metrics.openFiles) >= 3)
        #expect(try #require(metrics.maximumFiles) > 3)
        #expect(try #require(metrics.startTime) > 1_600_000_000)
    }
}
