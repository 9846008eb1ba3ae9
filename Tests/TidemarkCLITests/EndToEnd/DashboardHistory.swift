// SPDX-License-Identifier: Apache-2.0

import Foundation
import Rules
import Synchronization
import Tidemark

/// The incident day, and the same day of the week before, as a Tidemark knows them that ran all the time: events, what its rules
/// recorded, and what it said about itself.
struct DashboardHistory {
    /// 2026-01-06T00:00:00Z, the end of the incident day, in Unix seconds.
    static let end = 1_767_657_600
    static let day = 86_400
    static let week = 7 * day
    /// Five of the fifty campaigns, the one whose CTR drops among them, in two regions, and without their ads: a series for each
    /// combination of labels is a lot to take to Prometheus.
    private static let kept = [
        #""model":|"prediction":|"#,
        #""campaign":"(spring-05|spring-25|return-07|return-16|season-36)".*"region":"(us|ca)""#,
    ].joined()
    /// Seconds of a slot, for the same reason.
    private static let resolution = 300
    /// Hours before the end in which the rules of models are evaluated too. They read counters over a day, and little of what they
    /// recorded before; unoptimised they take seconds.
    private static let modelHours = 6
    /// Between two samples about itself.
    private static let pace = 120

    let folder: String
    var data: String { folder + "/data" }

    /// Makes all of it.
    ///
    /// - Parameter page: `/metrics` of a running Tidemark: which series it has about itself.
    init(folder: String, page: String) throws {
        self.folder = folder
        var options = StoreOptions()
        options.resolution = Self.resolution
        try MetricsStore.open(at: data, definitions: try MetricDefinition.shipped, options: options).close()
        try ingest()
        try Self.ownSeries(page).write(toFile: folder + "/own.om", atomically: true, encoding: .utf8)
        try Self.tidemark(["import", "--data", data, folder + "/own.om"])
        try record()
    }

    // MARK: - Events

    private func ingest() throws {
        // The same campaigns and models in both weeks, and other identities: nothing of one is a duplicate of the other.
        for (start, scenario, prefix, count) in [
            (Self.end - Self.week - Self.day, "quiet", "w", 200_000), (Self.end - Self.day, "incident", "", 300_000),
        ] {
            for (stream, count) in [("campaigns", count), ("models", 15_000)] {
                let file = "\(folder)/events.ndjson"
                let made = try Program.run(
                    "/bin/sh",
                    [
                        "-c",
                        """
                        "$0" events generate --stream \(stream) --seed 2 --events \(count) \
                        --scenario \(scenario) --start \(rfc3339(start)) --duration 24h |
                        grep -E '\(Self.kept)' |
                        sed -E 's/"ad":"[^"]*",//; s/"(id|prediction)":"/&\(prefix)/g' > "$1"
                        """, Program.tidemark, file,
                    ]
                )
                guard made.status == 0 else { throw ServerProcess.Failure(made.errors) }
                try Self.tidemark(["ingest", "--data", data, file])
                try FileManager.default.removeItem(atPath: file)
            }
            guard scenario == "quiet" else { continue }
            for model in ["click-through", "churn", "order-value"] {
                try Self.tidemark([
                    "baseline", "set", "--data", data, "--model", model, "--start", rfc3339(start),
                    "--end", rfc3339(start + Self.day),
                ])
            }
        }
    }

    // MARK: - About itself

    /// Series with the names and labels of a page, and a history for both days: counters grow, gauges stay.
    private static func ownSeries(_ page: String) -> String {
        let own = ["tidemark_", "process_", "model_predictions_pending"]
        var types: [String: String] = [:]
        var families: [(name: String, samples: [String])] = []
        for line in page.split(separator: "\n") {
            let words = line.split(separator: " ")
            if line.hasPrefix("# TYPE "), words.count == 4 {
                types[String(words[2])] = String(words[3])
                families.append((String(words[2]), []))
            } else if own.contains(where: line.hasPrefix), !families.isEmpty {
                families[families.count - 1].samples.append(String(line))
            }
        }
        var text = ""
        for (name, samples) in families where !samples.isEmpty {
            let type = types[name] ?? "gauge"
            // OpenMetrics names the family of a counter without its ending.
            let family = type == "counter" ? String(name.dropLast("_total".count)) : name
            text += "# TYPE \(family) \(type)\n"
            for (index, sample) in samples.enumerated() {
                guard let space = sample.lastIndex(of: " ") else { continue }
                let series = sample[..<space]
                let number = Double(sample[sample.index(after: space)...]) ?? 0
                for end in [Self.end - week, Self.end] {
                    for time in stride(from: end - day - pace, through: end, by: pace) {
                        let passed = Double((time - (Self.end - week - day - pace)) / pace)
                        text += "\(series) \(value(series, type, index, number, passed, time)) \(time)\n"
                    }
                }
            }
        }
        return text + "# EOF\n"
    }

    /// - Parameters:
    ///   - index: of a bucket, from the lowest bound.
    ///   - passed: steps since the beginning.
    private static func value(
        _ series: Substring,
        _ type: String,
        _ index: Int,
        _ number: Double,
        _ passed: Double,
        _ time: Int
    ) -> Double {
        if series.contains("_timestamp_seconds") { return Double(time - 20) }
        guard type != "gauge" else { return number + (number > 1 ? passed : 0) }
        if series.contains("_count") { return passed * 100 }
        // Of the events more are rejected and sent again than is allowed.
        let rates = [#""accepted""#: 200.0, #""duplicate""#: 40, #""late""#: 6, #""malformed""#: 20]
        let rate =
            rates.first { series.contains($0.key) }?.value
            ?? (type == "histogram" ? min(100, Double(index + 1) * 6) : 3)
        if series.contains(#"le="+Inf""#) { return passed * 100 }
        return passed * rate
    }

    // MARK: - Rules

    /// Records what the rules make of every full hour: they look back by whole hours.
    private func record() throws {
        let clock = HistoryClock()
        var options = StoreOptions()
        options.clock = clock
        let ends = [Self.end - Self.week, Self.end]
        clock.set(ends[0] - Self.day)
        let store = try MetricsStore.open(at: data, definitions: try MetricDefinition.shipped, options: options)
        let groups = try RuleGroup.shipped
        var written: UInt64 = 0
        for end in ends {
            let last = end - Self.modelHours * 3_600
            for (groups, hours) in [
                (groups.filter { !$0.name.contains("model") }, end - Self.day...last), (groups, last + 3_600...end),
            ] {
                let engine = RuleEngine(store: store, groups: groups, restores: false)
                for time in stride(from: hours.lowerBound, through: hours.upperBound, by: 3_600) {
                    clock.set(time)
                    engine.evaluateDue()
                }
                guard engine.counts.failures == 0, engine.counts.refused == 0 else {
                    throw ServerProcess.Failure("the rules recorded \(engine.counts)")
                }
                written += UInt64(engine.counts.written)
            }
        }
        print("the rules recorded \(written) samples")
        guard written > 20_000 else { throw ServerProcess.Failure("the rules recorded \(written) samples only") }
        try store.close()
    }

    // MARK: - Prometheus

    /// Writes everything into blocks of a Prometheus, with the labels that a scrape adds to what is scraped.
    func writeBlocks(to storage: String, instance: String) throws {
        let own = #"{instance="\#(instance)",job="tidemark""#
        let exported = try Program.run(
            "/bin/sh",
            [
                "-c",
                #"""
                LC_ALL=C; export LC_ALL
                "$0" export --data "$1" --start "$2" --end "$3" |
                sed -e '/^model_usable/b' -e '/^[a-z]*_[a-z_0-9]*[ {]/!b' \
                    -e 's/^\([a-z_0-9]*\){/\1'"$4"',/;t' -e 's/ /'"$4"'} /' > "$5"
                """#, Program.tidemark, data, rfc3339(Self.end - Self.week - Self.day - 3_600), rfc3339(Self.end), own,
                folder + "/history.om",
            ]
        )
        guard exported.status == 0, exported.errors.isEmpty else { throw ServerProcess.Failure(exported.errors) }
        let blocks = try Program.run(
            "/usr/bin/promtool",
            ["tsdb", "create-blocks-from", "openmetrics", folder + "/history.om", storage]
        )
        guard blocks.status == 0 else { throw ServerProcess.Failure(blocks.errors) }
        try FileManager.default.removeItem(atPath: folder + "/history.om")
    }

    private static func tidemark(_ arguments: [String]) throws {
        let result = try Program.run(Program.tidemark, arguments)
        guard result.status == 0 else { throw ServerProcess.Failure("\(arguments.prefix(2)): \(result.errors)") }
    }

    /// A clock that stands until it is set.
    private final class HistoryClock: WallClock {
        private let time = Mutex(Timestamp(milliseconds: 0))

        var now: Timestamp { time.withLock { $0 } }

        func set(_ seconds: Int) { time.withLock { $0 = Timestamp(milliseconds: Int64(seconds) * 1_000) } }
    }
}
