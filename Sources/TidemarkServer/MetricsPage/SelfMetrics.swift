// SPDX-License-Identifier: Apache-2.0

import Tidemark
import TimeSeries

/// Tidemark's metrics about itself: `tidemark_*`, as CONTRACT names them.
///
/// Every result and every reject reason is always there, from 0 on, so that `rate()` and `absent()` work before the
/// first event of the kind.
struct SelfMetrics {
    var statistics: StoreStatistics
    var health: MetricsStore.Health
    var requests: [RequestCounters.Entry] = []

    /// Appends all families.
    func append(to page: inout PageText) {
        appendEvents(to: &page)
        appendSamples(to: &page)
        appendCommits(to: &page)
        appendSizes(to: &page)
        appendBackups(to: &page)
        appendDays(to: &page)
        appendServer(to: &page)
    }

    // MARK: - Families

    private func appendEvents(to page: inout PageText) {
        let name = "tidemark_events_total"
        page.beginFamily(name, help: "Events by what became of them, since the store was created.", kind: .counter)
        let results: KeyValuePairs<String, UInt64> = [
            "accepted": statistics.counts.accepted, "conflict": statistics.counts.conflicts,
            "duplicate": statistics.counts.duplicates, "late": statistics.counts.late,
            "overflow": statistics.counts.overflow, "unmatched": statistics.counts.unmatched,
        ]
        for (result, count) in results {
            page.sample(name, labels: ["result": result], String(count))
        }
        for reason in RejectReason.allCases {
            let count = statistics.rejected(reason)
            page.sample(name, labels: ["result": "rejected", "reason": reason.name], String(count))
        }
        counter(
            "tidemark_inexact_values_total",
            statistics.counts.inexact,
            to: &page,
            help: "Values finer than 1e-6 or beyond the exact range, added as Float64."
        )
    }

    private func appendSamples(to page: inout PageText) {
        let name = "tidemark_samples_total"
        page.beginFamily(name, help: "Samples by what became of them, since the store was opened.", kind: .counter)
        let results: KeyValuePairs<String, Int> = [
            "accepted": statistics.samples.accepted, "conflict": statistics.samples.conflicts,
            "duplicate": statistics.samples.duplicates, "out_of_bounds": statistics.samples.outOfBounds,
            "out_of_order": statistics.samples.outOfOrder, "wrong_kind": statistics.samples.wrongKind,
        ]
        for (result, count) in results { page.sample(name, labels: ["result": result], String(count)) }
    }

    private func appendCommits(to page: inout PageText) {
        counter(
            "tidemark_commits_total",
            statistics.commits,
            to: &page,
            help: "Synced commits, since the store was created."
        )
        page.histogram(
            "tidemark_commit_duration_seconds",
            help: "Time from the start of a commit to its sync.",
            bounds: CommitDurations.bounds,
            counts: statistics.commitDurations.counts,
            sum: statistics.commitDurations.sum
        )
    }

    private func appendSizes(to page: inout PageText) {
        gauge("tidemark_series", statistics.series, to: &page, help: "Series in the store, of events and of samples.")
        gauge(
            "tidemark_head_bytes",
            statistics.headBytes,
            to: &page,
            help: "Memory of the slots since the last checkpoint."
        )
        gauge("tidemark_store_bytes", statistics.storeBytes, to: &page, help: "Size of the data directory.")
        let free = "tidemark_disk_free_bytes"
        page.beginFamily(free, help: "Free on the file system of the data directory.", kind: .gauge)
        if let bytes = statistics.freeBytes { page.sample(free, String(bytes)) }
        gauge(
            "tidemark_identities",
            statistics.identities,
            to: &page,
            help: "Event identities remembered for deduplication."
        )
        gauge(
            "tidemark_identity_bytes",
            statistics.identityBytes,
            to: &page,
            help: "Memory of the remembered identities."
        )
        gauge(
            "tidemark_join_records",
            statistics.joinRecords,
            to: &page,
            help: "Events in memory that wait for what belongs to them, and pairs that may still be corrected."
        )
        gauge(
            "tidemark_join_paged_records",
            statistics.joinPagedRecords,
            to: &page,
            help: "The same on the disk, those among them that are in memory besides."
        )
        gauge("tidemark_join_bytes", statistics.joinBytes, to: &page, help: "Memory of the records of joins.")
        for waiting in statistics.waiting {
            page.beginFamily(waiting.gauge.name, help: waiting.gauge.help, kind: .gauge)
            for (text, count) in waiting.counts.sorted(by: { $0.key < $1.key }) {
                page.sample(waiting.gauge.name, labels: [waiting.gauge.label: text], String(count))
            }
        }
        // A family without a sample before the first event: 0 would be 1970, and IngestStalled would fire on it.
        let name = "tidemark_watermark_timestamp_seconds"
        page.beginFamily(name, help: "Time of the newest event, Unix seconds.", kind: .gauge)
        if let watermark = statistics.watermark { page.sample(name, plainText(watermark.seconds)) }
    }

    private func appendBackups(to page: inout PageText) {
        gauge("tidemark_store_epoch", statistics.epoch, to: &page, help: "Which database is in use, counted from 1.")
        counter(
            "tidemark_store_rotations_total",
            statistics.rotations,
            to: &page,
            help: "Exchanges of the database for a fresh one, since the store was opened."
        )
        counter(
            "tidemark_store_rotation_failures_total",
            statistics.rotationFailures,
            to: &page,
            help: "Exchanges that failed and left the database as it was, since the store was opened."
        )
        // Without a sample before the first backup, as the watermark.
        let success = "tidemark_backup_last_success_timestamp_seconds"
        page.beginFamily(success, help: "When the last backup was done, Unix seconds.", kind: .gauge)
        let duration = "tidemark_backup_last_duration_seconds"
        if let last = statistics.backups.lastSuccess { page.sample(success, plainText(last.seconds)) }
        page.beginFamily(duration, help: "How long the last backup that succeeded took.", kind: .gauge)
        if statistics.backups.lastSuccess != nil { page.sample(duration, plainText(statistics.backups.duration)) }
        counter(
            "tidemark_backup_failures_total",
            statistics.backups.failures,
            to: &page,
            help: "Backups that failed, since the store was opened."
        )
    }

    private func appendDays(to page: inout PageText) {
        let days = statistics.days
        gauge("tidemark_store_day_files", days.days, to: &page, help: "Sealed days, each a file.")
        gauge("tidemark_store_sealed_bytes", days.sealedBytes, to: &page, help: "Size of the files of sealed days.")
        gauge(
            "tidemark_store_overlay_bytes",
            days.overlayBytes,
            to: &page,
            help: "Size of late events of sealed days beside their files, when it was last looked at."
        )
        gauge("tidemark_store_open_day_files", days.openFiles, to: &page, help: "Files of sealed days that are open.")
        let name = "tidemark_retention_floor_timestamp_seconds"
        page.beginFamily(
            name,
            help: "From when on there is anything, Unix seconds.",
            kind: .gauge
        )
        if let floor = days.floor { page.sample(name, plainText(floor.seconds)) }
        let counts: KeyValuePairs<String, (Int, String)> = [
            "tidemark_store_seals_total": (days.seals, "Days sealed, since the store was opened."),
            "tidemark_store_reseals_total": (days.reseals, "Files of sealed days written again for late events."),
            "tidemark_store_drops_total": (days.drops, "Days dropped by retention, since the store was opened."),
            "tidemark_store_seal_failures_total": (days.failures, "Tries to seal a day that failed."),
        ]
        for (name, (count, help)) in counts { counter(name, UInt64(count), to: &page, help: help) }
        page.family(
            "tidemark_store_seal_seconds_total",
            help: "Time that sealing took, since the store was opened.",
            kind: .counter,
            doubleText(days.sealSeconds)
        )
    }

    private func appendServer(to page: inout PageText) {
        gauge(
            "tidemark_up",
            health == .healthy ? 1 : 0,
            to: &page,
            help: "1 while events are accepted, 0 after a failed write."
        )
        page.beginFamily("tidemark_build_info", help: "A constant 1, labelled with the version.", kind: .gauge)
        page.sample("tidemark_build_info", labels: ["version": BuildInformation.version], "1")
        if requests.isEmpty { return }
        let name = "tidemark_http_requests_total"
        page.beginFamily(
            name,
            help: "HTTP requests answered, by endpoint and status code, since the start.",
            kind: .counter
        )
        for entry in requests {
            page.sample(name, labels: ["path": entry.path, "code": String(entry.code)], String(entry.count))
        }
    }

    private func counter(_ name: String, _ value: UInt64, to page: inout PageText, help: String) {
        page.family(name, help: help, kind: .counter, String(value))
    }

    private func gauge(_ name: String, _ value: Int, to page: inout PageText, help: String) {
        page.family(name, help: help, kind: .gauge, String(value))
    }

    /// A time in seconds to the millisecond, never in exponent form: people read it.
    private func plainText(_ seconds: Double) -> String {
        guard abs(seconds) < 1e15 else { return doubleText(seconds) }
        return withUnsafeTemporaryAllocation(byteCount: longestNumber, alignment: 1) { memory in
            guard let base = memory.baseAddress else { return "0" }
            let count = writeFixedPoint(units: Int128((seconds * 1000).rounded()), decimals: 3, at: base)
            return String(decoding: memory[..<count], as: UTF8.self)
        }
    }
}
