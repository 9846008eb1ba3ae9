// SPDX-License-Identifier: Apache-2.0

import Foundation
import Rules
import Synchronization
import Testing
import Tidemark
import TimeSeries

/// A stock Prometheus that scrapes Tidemark fires the same alerts for an incident, by the shipped rule files.
///
/// Three hours of the incident stream are moved so that the alert is due in the next minute. What came before now is the
/// history of both; the rest is sent as its time comes, while both evaluate the rules by the clock.
@Suite(.serialized) struct PrometheusAlertsTests {
    private static let prometheus = "/usr/bin/prometheus"
    private static let promtool = "/usr/bin/promtool"
    private static let files = ["recording/campaign.yml", "alerts/campaign.yml", "alerts/tidemark.yml"]
    /// Seconds between two evaluations, in both.
    private static let interval = 10
    /// A stream whose z goes through the threshold quickly: from -4.8 to -5.2 within half a minute.
    private static let seed = 24
    private static let hours = 3

    @Test(.enabled(if: Program.exists(prometheus) && Program.exists(promtool), "Debian's prometheus is not installed"))
    func `the shipped rules fire for the incident in both, with the same labels and within two evaluations`()
        async throws
    {
        let began = ContinuousClock.now
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let incident = try Self.makeIncident(folder)
        let rules = try Self.copyRules(folder)

        // On a busy machine the preparations may take longer than there is time: again, with more.
        var ready: Ready?
        for lead in [45, 100, 220] where ready == nil {
            ready = try await Self.prepare(incident, rules: rules, lead: lead, folder: "\(folder)/\(lead)")
        }
        var live = try #require(ready, "the machine is too slow for this test")
        print("ready after \(began.duration(to: .now)), \(live.due - Self.now) s before the alert is due")
        let (ours, theirs) = (live.server.port, live.peer.port)

        // Both know the campaign's past, and neither has an alert yet.
        let zscore = #"campaign_window:ctr:zscore{campaign="\#(incident.campaign)",window="1h"}"#
        try await live.send(until: "both evaluate") {
            try [ours, theirs].allSatisfy { try !instantValues(zscore, port: $0).isEmpty }
        }
        let early = try [ours, theirs].map(AlertState.current)
        #expect(early == [[], []] || Self.now >= live.due - Self.interval)
        print("z = \(try instantValues(zscore, port: ours)), in Prometheus \(try instantValues(zscore, port: theirs))")
        // The history that Prometheus was given is what its own rules make of the counters, but for a sample at the left
        // edge of the range: 2.42 counts it in.
        for name in ["impressions", "clicks"] {
            let past = "@ \(live.recorded)"
            let own =
                "sum by (campaign) (increase(campaign_\(name)_total{campaign=\"\(incident.campaign)\"}[1h] \(past)))"
            let given = "sum by (campaign) (campaign_variant:\(name):increase1h \(past))"
            let difference = try #require(instantValues("abs(\(given) / \(own) - 1)", port: theirs).first)
            #expect(difference < 0.005, "\(name)")
        }

        // Without two samples there is no increase.
        let received = "tidemark:events_received:increase15m"
        try await live.send(until: "both count events") {
            try [ours, theirs].allSatisfy { try !instantValues(received, port: $0).isEmpty }
        }
        try live.sendRejects()
        try await live.send(until: "the alerts are in both") {
            try [ours, theirs].allSatisfy { port in
                let names = Set(try AlertState.current(port).map(\.name))
                return names.isSuperset(of: ["CampaignCTRDrop", "EventRejectsHigh", "EventDuplicatesHigh"])
            }
        }
        // Two more evaluations: what only one of them would fire.
        let end = Self.now + 2 * Self.interval
        try await live.send(until: "two more evaluations") { Self.now >= end }
        let here = try AlertState.current(ours).sorted { $0.name < $1.name }
        let there = try AlertState.current(theirs).sorted { $0.name < $1.name }
        #expect(here.map(\.labels) == there.map(\.labels))
        #expect(here.map(\.state) == there.map(\.state))
        #expect(here.map { Self.withoutNumbers($0.annotations) } == there.map { Self.withoutNumbers($0.annotations) })
        #expect(
            here.filter(\.isFiring).map(\.labels)
                == [["alertname": "CampaignCTRDrop", "campaign": incident.campaign, "severity": "warning"]]
        )
        for (one, other) in zip(here, there) {
            print(
                "\(one.name) is \(one.state) since \(one.activeAt), in Prometheus \(other.activeAt - one.activeAt) s later"
            )
            #expect(abs(one.activeAt - other.activeAt) <= Double(2 * Self.interval), "\(one.labels)")
            print(one.annotations["description"] ?? "", other.annotations["description"] ?? "", separator: "\n")
        }
        #expect((here + there).allSatisfy { $0.activeAt >= Double(live.due - 2 * Self.interval) || !$0.isFiring })
        // Prometheus evaluates when we think it does.
        let phase = PrometheusPhase.of(group: "campaign_alerts", file: rules[1], interval: Self.interval)
        let drop = try #require(there.first { $0.name == "CampaignCTRDrop" })
        #expect(abs(drop.activeAt.truncatingRemainder(dividingBy: Double(Self.interval)) - phase) < 0.01)
        for name in ["ALERTS", "ALERTS_FOR_STATE"] {
            let gap = 2.5 * Double(Self.interval)
            let one = try SampleSpan.all(name, seconds: 300, gap: gap, port: ours)
            let other = try SampleSpan.all(name, seconds: 300, gap: gap, port: theirs)
            #expect(one.keys.sorted() == other.keys.sorted())
            for (labels, spans) in one {
                let starts = [spans, other[labels] ?? []].map { $0.map(\.start) }
                #expect(starts.map(\.count) == [1, 1], "\(labels)")
                #expect(abs((starts[0].first ?? 0) - (starts[1].first ?? 0)) <= Double(2 * Self.interval), "\(labels)")
            }
        }
        print("z = \(try instantValues(zscore, port: ours)), in Prometheus \(try instantValues(zscore, port: theirs))")
        #expect(live.server.stop() == 0)
        print("\(began.duration(to: .now)) in all")
    }

    // MARK: - The stream

    private struct Incident {
        let file: String
        let campaign: String
        /// Seconds from the start of the stream to the alert.
        let alertAfter: Int
    }

    /// Generates the stream, and finds out when the rules fire for it.
    private static func makeIncident(_ folder: String) throws -> Incident {
        let file = folder + "/incident.ndjson"
        let made = try Program.run(
            "/bin/sh",
            [
                "-c",
                """
                exec "$0" events generate --seed \(seed) --events \(100_000 * hours) --profile lean --scenario incident \
                --start \(IncidentStream.day)T00:00:00Z --duration \(hours)h > "$1"
                """, Program.tidemark, file,
            ]
        )
        #expect(made.status == 0, "\(made.errors)")
        try tidemark(["ingest", "--data", folder + "/all", file])
        let replayed = try tidemark([
            "rules", "replay", "--data", folder + "/all", "--start", rfc3339(IncidentStream.start), "--end",
            rfc3339(IncidentStream.start + 3_600 * hours), "--interval", "\(interval)s", "--output", "json",
        ])
        let alerts = try JSONSerialization.jsonObject(with: Data(replayed.utf8)) as? [[String: Any]]
        #expect(alerts?.count == 1 && alerts?.first?["alert"] as? String == "CampaignCTRDrop")
        let labels = try #require(alerts?.first?["labels"] as? [String: String])
        let campaign = try #require(labels["campaign"])
        #expect(made.errors.contains("planted: CTR of campaign \(campaign) "))
        let text = try #require(alerts?.first?["firedAt"] as? String)
        let time = try #require(ISO8601DateFormatter().date(from: text))
        return Incident(
            file: file,
            campaign: campaign,
            alertAfter: Int(time.timeIntervalSince1970) - IncidentStream.start
        )
    }

    /// Copies the shipped files to where Prometheus evaluates the alerts a second or two after the series they read.
    ///
    /// Prometheus evaluates each group at a moment of its own that hangs on its names. Alerts that read what another
    /// group records can be nearly an interval behind it. Tidemark evaluates them at once.
    private static func copyRules(_ folder: String) throws -> [String] {
        for number in 0..<1_000 {
            let paths = files.map { "\(folder)/rules-\(number)/\($0)" }
            let series = PrometheusPhase.of(group: "campaign", file: paths[0], interval: interval)
            let alerts = PrometheusPhase.of(group: "campaign_alerts", file: paths[1], interval: interval)
            guard (1...2).contains(alerts - series) else { continue }
            for (path, name) in zip(paths, files) {
                let parent = (path as NSString).deletingLastPathComponent
                try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
                try FileManager.default.copyItem(atPath: "\(Program.packageRoot)/rules/\(name)", toPath: path)
            }
            return paths
        }
        throw ServerProcess.Failure("no such names")
    }

    // MARK: - History

    /// Both servers with the history in them, and what is still to come.
    private struct Ready {
        let server: ServerProcess
        let peer: ScrapingPrometheus
        var stream: IncidentStream
        /// When the alert is due, in Unix seconds.
        let due: Int
        /// The last minute of the recorded history, in Unix seconds.
        let recorded: Int
        /// Lines of the history, to be sent again.
        let known: String

        /// Sends what has happened since the last time, until something is so.
        mutating func send(until what: String, _ isSo: () throws -> Bool) async throws {
            do {
                try await waitUntil(what, atMost: max(due - PrometheusAlertsTests.now, 0) + 60) {
                    let lines = try stream.take(through: PrometheusAlertsTests.now)
                    if !lines.isEmpty { try post(String(decoding: lines, as: UTF8.self)) }
                    return try isSo()
                }
            } catch {
                let states = try [server.port, peer.port].map(AlertState.current)
                throw ServerProcess.Failure("\(error)\n\(states[0])\n\(states[1])\n\(peer.errors)")
            }
        }

        /// Events without a readable time, and events that were sent before.
        func sendRejects() throws {
            try post(String(repeating: #"{"type":"click","time":"yesterday"}"# + "\n", count: 600) + known)
        }

        private func post(_ lines: String) throws {
            let answer = PlainHTTP.send(
                "POST",
                "/api/v1/events",
                port: server.port,
                headers: ["Content-Type": "application/x-ndjson"],
                body: lines
            )
            guard answer?.status == 200 else { throw ServerProcess.Failure("not taken: \(String(describing: answer))") }
        }
    }

    fileprivate static var now: Int { Int(Date().timeIntervalSince1970) }

    /// Gives the history to both and starts them; nil when that took too long.
    private static func prepare(
        _ incident: Incident,
        rules: [String],
        lead: Int,
        folder: String
    ) async throws -> Ready? {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let data = folder + "/data"
        // Slots of event time are whole ones of the stream.
        let earliest = now + lead - incident.alertAfter - IncidentStream.start
        let shift = (earliest + 14) / 15 * 15
        let start = IncidentStream.start + shift
        let end = now / 15 * 15
        var stream = try IncidentStream(file: incident.file, shift: shift)
        let past = try stream.take(through: end)
        try Data(past).write(to: URL(filePath: folder + "/past.ndjson"))
        try tidemark(["ingest", "--data", data, folder + "/past.ndjson"])

        let minutes = (1...hours).reversed().flatMap { back in (-1...1).map { (end / 60 + $0 - back * 60) * 60 } }
            .filter { $0 > start }
        try recordHistory(data, at: minutes)

        // Prometheus gets the same, with the labels that a scrape adds to what is scraped.
        let port = try freePort()
        let exported = try Program.run(
            "/bin/sh",
            [
                "-c",
                #"""
                "$0" export --data "$1" --start "$2" --end "$3" |
                sed 's/^\(campaign_[a-z_]*\){/\1{instance="127.0.0.1:'$4'",job="tidemark",/' > "$5"
                """#, Program.tidemark, data, rfc3339(start), rfc3339(end), "\(port)", folder + "/history.om",
            ]
        )
        #expect(exported.status == 0 && exported.errors.isEmpty, "\(exported.errors)")
        let blocks = try Program.run(
            promtool,
            ["tsdb", "create-blocks-from", "openmetrics", folder + "/history.om", folder + "/tsdb"]
        )
        #expect(blocks.status == 0, "\(blocks.errors)")
        try FileManager.default.removeItem(atPath: folder + "/history.om")

        try """
        rules: [\(rules.joined(separator: ", "))]
        evaluation_interval: \(interval)s
        """.write(toFile: folder + "/tidemark.yml", atomically: true, encoding: .utf8)
        let server = try ServerProcess(
            data: data,
            arguments: ["--config", folder + "/tidemark.yml", "--listen", "127.0.0.1:\(port)"]
        )
        let peer = try await ScrapingPrometheus(
            target: port,
            rules: rules,
            interval: "\(interval)s",
            scrapes: "2s",
            folder: folder
        )
        let due = start + incident.alertAfter
        // Each is to evaluate at least once before.
        if now > due - 2 * interval {
            try FileManager.default.removeItem(atPath: data)
            return nil
        }
        let known = String(decoding: past.suffix(400_000).drop { $0 != 10 }.dropFirst(), as: UTF8.self)
        return Ready(
            server: server,
            peer: peer,
            stream: stream,
            due: due,
            recorded: minutes[minutes.count - 1],
            known: known
        )
    }

    /// Records what a Tidemark that ran all the time would have, as far as the rules of the next minutes read it.
    ///
    /// They look back by whole hours, and what is younger than five minutes counts.
    private static func recordHistory(_ data: String, at instants: [Int]) throws {
        let clock = HistoryClock(instants[0])
        var options = StoreOptions()
        options.clock = clock
        let store = try MetricsStore.open(at: data, definitions: try MetricDefinition.shipped, options: options)
        let engine = RuleEngine(store: store, groups: try RuleGroup.shipped, restores: false)
        for time in instants {
            clock.set(time)
            engine.evaluateDue()
        }
        #expect(engine.counts.failures == 0 && engine.counts.refused == 0 && engine.counts.written > 5_000)
        try store.close()
    }

    /// A clock that stands until it is set.
    private final class HistoryClock: WallClock {
        private let time: Mutex<Timestamp>

        init(_ seconds: Int) { time = Mutex(Timestamp(milliseconds: Int64(seconds) * 1_000)) }

        var now: Timestamp { time.withLock { $0 } }

        func set(_ seconds: Int) { time.withLock { $0 = Timestamp(milliseconds: Int64(seconds) * 1_000) } }
    }

    // MARK: - Helpers

    @discardableResult
    private static func tidemark(_ arguments: [String]) throws -> String {
        let result = try Program.run(Program.tidemark, arguments)
        guard result.status == 0 else { throw ServerProcess.Failure("\(arguments.prefix(2)): \(result.errors)") }
        return result.output
    }

    /// Numbers change between two looks at them.
    private static func withoutNumbers(_ annotations: [String: String]) -> [String: String] {
        annotations.mapValues { $0.replacing(/-?[0-9]+(\.[0-9]+)?/, with: "#") }
    }
}
