// SPDX-License-Identifier: Apache-2.0

import Glibc
import Tidemark

/// A simulation under way.
struct Soak {
    let store: MetricsStore
    let clock: SoakClock
    let start: Timestamp
    var traffic: SoakTraffic
    let rules: RuleEngine?
    /// Milliseconds between two evaluations.
    private let rulesEvery: Int64
    /// Since the last report.
    private var events = 0
    private var seconds = 0.0
    private var slowestCommit = 0.0

    private static let minute: Int64 = 60_000
    /// How often it is looked, 20 ms apart, whether a day that is due has been sealed.
    private static let patience = 3_000

    init(store: MetricsStore, clock: SoakClock, traffic: SoakTraffic, rules: RuleEngine?, rulesEvery: Int64) {
        self.store = store
        self.clock = clock
        self.traffic = traffic
        self.rules = rules
        self.rulesEvery = rulesEvery * Self.minute
        start = clock.now
    }

    /// Lets the events of a day arrive, and waits until what is due of days is done.
    mutating func runDay() throws {
        for _ in 0..<96 {
            traffic.makeQuarter(from: clock.now.milliseconds)
            for _ in 0..<15 {
                clock.advance(by: Self.minute)
                if let rules, clock.now.milliseconds % rulesEvery == 0 { rules.evaluateDue() }
            }
            events += traffic.bytes.isEmpty ? 0 : try submit()
        }
        try waitForSeals()
    }

    private mutating func submit() throws -> Int {
        let before = SoakMeter.processSeconds
        let begun = ContinuousClock.now
        let report = try traffic.bytes.withUnsafeBytes { try store.submit($0, format: .ndjson) }.wait()
        slowestCommit = max(slowestCommit, (ContinuousClock.now - begun) / .seconds(1))
        seconds += SoakMeter.processSeconds - before
        guard report.rejected == 0 else { throw CommandFailure("\(report.errors[0])") }
        return report.accepted
    }

    /// Days before the last one are sealed by now, or about to be.
    private mutating func waitForSeals() throws {
        let due = Int((clock.now.milliseconds - start.milliseconds) / 86_400_000) - 1
        let before = SoakMeter.processSeconds
        for _ in 0..<Self.patience {
            let days = store.statistics().days
            if let failure = days.lastFailure { throw CommandFailure(failure.description) }
            if days.seals >= due {
                seconds += SoakMeter.processSeconds - before
                return
            }
            usleep(20_000)
        }
        throw CommandFailure("\(due) days should be sealed, and there are \(store.statistics().days)")
    }

    /// A line of JSON about the days since the last one.
    mutating func report(day: Int) throws -> String {
        let queries = SoakQueries(store: store)
        let times = try queries.run(at: clock.now)
        let history = try queries.history(from: start, through: clock.now)
        let statistics = store.statistics()
        func number(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }
        let line = """
            {"day":\(day),"events":\(events),"event_ns":\(number(seconds / Double(max(events, 1)) * 1e9)),\
            "query_ms":{\(times.map { "\"\($0.name)\":\(number($0.seconds * 1e3))" }.joined(separator: ","))},\
            "history_ms":\(number(history * 1e3)),"heap":\(SoakMeter.heapBytes),\
            "anonymous":\(try SoakMeter.anonymousBytes()),"descriptors":\(try SoakMeter.descriptors()),\
            "files":\(try SoakMeter.files(below: store.directory)),"bytes":\(statistics.storeBytes),\
            "sealed":\(statistics.days.days),"reseals":\(statistics.days.reseals),\
            "rotations":\(statistics.rotations),\
            "commit_ms_most":\(number(slowestCommit * 1e3))}
            """
        (events, seconds, slowestCommit) = (0, 0, 0)
        return line
    }

    /// What was sent is what is there, each event once.
    func checkTotals() throws {
        for (name, expected) in [
            ("campaign_impressions_total", traffic.counts.impressions),
            ("campaign_clicks_total", traffic.counts.clicks),
            ("campaign_conversions_total", traffic.counts.conversions),
        ] {
            let total = traffic.ads.reduce(0.0) { $0 + (store.total(of: name, $1) ?? 0) }
            guard total == Double(expected) else { throw CommandFailure("\(name) is \(total), not \(expected)") }
        }
        let duplicates = Int(store.statistics().counts.duplicates)
        guard duplicates == traffic.counts.repeated else {
            throw CommandFailure("\(duplicates) duplicates were found, not \(traffic.counts.repeated)")
        }
    }
}
