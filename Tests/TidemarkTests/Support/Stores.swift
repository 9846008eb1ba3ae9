// SPDX-License-Identifier: Apache-2.0

import LevelDB
import Store
import TestSupport

@testable import Tidemark

extension [MetricDefinition] {
    /// Clicks and money, by campaign.
    static let campaigns: [MetricDefinition] = [
        MetricDefinition(name: "clicks_total", help: "Clicks.", events: ["click"], labels: ["campaign"]),
        MetricDefinition(
            name: "spend_total",
            help: "Money.",
            events: ["click", "spend"],
            value: ["cost"],
            labels: ["campaign"]
        ),
    ]
}

extension MetricsStore {
    static func open(_ directory: TemporaryDirectory, _ options: StoreOptions = StoreOptions()) throws -> MetricsStore {
        try open(at: directory.store, definitions: .campaigns, options: options)
    }

    static func open(_ directory: TemporaryDirectory, clock: some WallClock) throws -> MetricsStore {
        var options = StoreOptions()
        options.clock = clock
        return try open(directory, options)
    }

    func submit(
        _ text: String,
        format: EventFormat = .auto,
        mapping: EventMapping? = nil
    ) throws(MetricsStoreError) -> PendingIngest {
        let bytes = Array(text.utf8)
        return try bytes.withUnsafeBufferPointer { bytes throws(MetricsStoreError) in
            try submit(UnsafeRawBufferPointer(bytes), format: format, mapping: mapping)
        }
    }

    /// What is durable: exact units by metric name and label text.
    var totals: [String: Int128] {
        let snapshot = snapshot()
        var totals: [String: Int128] = [:]
        for family in snapshot.families {
            for row in family.rows {
                let labels = snapshot.withLabelText(row) { String(decoding: $0, as: UTF8.self) }
                totals[family.family.name + labels] = snapshot.total(row).units
            }
        }
        return totals
    }

    /// The series store of the present engine.
    var seriesStore: SeriesStore { monitor.withLock { $0.engine.store } }

    /// Returns once a commit stands in its write; the caller holds LevelDB's writer.
    func waitUntilWriting() {
        while monitor.withLock({ $0.writing == nil }) { _ = monitor.wait(atMostMilliseconds: 1) { _ in nil as Void? } }
    }

    /// Returns once the store takes events again, or after `seconds`. It looks every second by itself.
    func waitUntilHealthy(seconds: Int = 30) -> Bool {
        for _ in 0..<(seconds * 20) {
            if health == .healthy { return true }
            _ = monitor.wait(atMostMilliseconds: 50) { $0.health == .healthy ? () : nil }
        }
        return health == .healthy
    }
}

/// Clicks with these ids, one on each line; `cost` in whole cents.
func clicks(_ ids: some Sequence<Int>, campaign: (Int) -> Int = { $0 % 7 }, cost: (Int) -> Int = { $0 % 100 }) -> String
{
    var text = ""
    for id in ids {
        let cents = cost(id)
        text += "{\"type\":\"click\",\"id\":\"\(id)\",\"time\":1772366400,\"campaign\":\"c\(campaign(id))\","
        text += "\"cost\":\"\(cents / 100).\(cents / 10 % 10)\(cents % 10)\"}\n"
    }
    return text
}

/// What those clicks add up to.
func clickTotals(
    _ ids: some Sequence<Int>,
    campaign: (Int) -> Int = { $0 % 7 },
    cost: (Int) -> Int = { $0 % 100 }
) -> [String: Int128] {
    var totals: [String: Int128] = [:]
    for id in ids {
        totals["clicks_total{campaign=\"c\(campaign(id))\"}", default: 0] += 1
        totals["spend_total{campaign=\"c\(campaign(id))\"}", default: 0] += Int128(cost(id)) * 10_000
    }
    return totals
}
