// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A stock Prometheus that scrapes Tidemark, and Tidemark itself, evaluate the same rule file over the same live events.
@Suite(.serialized) struct PrometheusLiveAlertsTests {
    private static let prometheus = "/usr/bin/prometheus"
    /// Seconds between two evaluations, in both.
    private static let interval = 3.0

    /// One group: Prometheus evaluates groups at moments that hang on their names, and one that reads what another
    /// records would be up to an interval later than in Tidemark, which waits for the other.
    private static let rules = #"""
        groups:
          - name: live
            rules:
              - record: campaign:impressions:increase10s
                expr: sum by (campaign) (increase(campaign_impressions_total[10s]))
              - record: campaign:clicks:increase10s
                expr: sum by (campaign) (increase(campaign_clicks_total[10s]))
              - record: campaign:ctr:ratio10s
                expr: campaign:clicks:increase10s / (campaign:impressions:increase10s > 0)
                labels: {window: 10s}
              - alert: LowCTR
                expr: campaign:ctr:ratio10s < 0.2
                for: 6s
                keep_firing_for: 9s
                labels:
                  severity: '{{ if eq $labels.campaign "spring" }}page{{ else }}ticket{{ end }}'
                  window: rolling
                annotations:
                  summary: 'CTR of {{ $labels.campaign | title }} on {{ $externalLabels.site }} is {{ if lt $value 0.2 }}low{{ end }}'
                  others: >-
                    {{ with query "count(campaign:ctr:ratio10s)" }}{{ . | first | value | humanize }} campaigns{{ end }},
                    {{ range query "sort(count by (campaign) (campaign:ctr:ratio10s))" | sortByLabel "campaign" }}<{{ .Labels.campaign | urlquery }}>{{ end }}
                  link: '{{ externalURL }}/graph?{{ $labels.campaign | toUpper }}'
              - alert: LowCTRIsKnown
                expr: sum by (campaign, severity) (ALERTS{alertname="LowCTR",alertstate="firing"})
                annotations: {summary: '{{ $value }} of severity {{ .Labels.severity }}'}
              - alert: Traffic
                expr: campaign:impressions:increase10s > 0
                labels: {campaign_name: '{{ $labels.campaign }}!'}
                annotations: {summary: '{{ reReplaceAll "[^a-z]+" "-" .Labels.campaign }} at {{ tableLink "up == 1" }}'}
              - alert: NotYet
                expr: vector(1) > 0
                for: 1h
                annotations: {summary: '{{ 5400 | humanizeDuration }}, {{ 0.123 | humanizePercentage }}, {{ 2048 | humanize1024 }}B'}
              - alert: NoWinter
                expr: absent(campaign_impressions_total{campaign="winter"})
                for: 3s
              - alert: Rejects
                expr: sum by (result) (tidemark_events_total{result="rejected"}) > 5
                labels: {severity: '{{ $labels.result }}'}
                annotations: {summary: '{{ $value }} events'}
        """#

    @Test(.enabled(if: Program.exists(prometheus), "Debian's prometheus is not installed"))
    func `alerts over live events are pending, fire and end in both`() async throws {
        let began = ContinuousClock.now
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Self.rules.write(toFile: folder + "/rules.yml", atomically: true, encoding: .utf8)
        try """
        resolution: 1s
        rules: [\(folder)/rules.yml]
        evaluation_interval: \(Int(Self.interval))s
        external_url: http://metrics.example.com
        external_labels: {site: a}
        """.write(toFile: folder + "/tidemark.yml", atomically: true, encoding: .utf8)
        let server = try ServerProcess(data: folder + "/data", arguments: ["--config", folder + "/tidemark.yml"])
        // Every series is there before the first scrape.
        var sender = LiveEvents(port: server.port)
        try sender.send(withClicks: true)
        let peer = try await ScrapingPrometheus(
            target: server.port,
            rules: [folder + "/rules.yml"],
            interval: "\(Int(Self.interval))s",
            folder: folder
        )

        /// Sends until both agree that it is so.
        func send(withClicks: Bool, until what: String, _ isSo: ([AlertState]) -> Bool) async throws {
            do {
                try await waitUntil(what, atMost: 300) {
                    try sender.send(withClicks: withClicks)
                    return try isSo(AlertState.current(server.port)) && isSo(AlertState.current(peer.port))
                }
            } catch {
                throw ServerProcess.Failure("\(error)\n\(try AlertState.current(server.port))\n\(peer.errors)")
            }
        }
        let low = { (alerts: [AlertState]) in alerts.filter { $0.name == "LowCTR" } }
        try await send(withClicks: true, until: "there is traffic, and a CTR") { alerts in
            alerts.count { $0.name == "Traffic" && $0.isFiring } == 3 && low(alerts).isEmpty
                && alerts.contains { $0.name == "NoWinter" && $0.isFiring }
        }
        for _ in 0..<10 { sender.sendNonsense() }
        try await send(withClicks: false, until: "the low CTR is known") { alerts in
            low(alerts).count == 2 && low(alerts).allSatisfy(\.isFiring)
                && alerts.count { $0.name == "LowCTRIsKnown" } == 2
                && alerts.contains { $0.name == "Rejects" && $0.isFiring }
        }

        // Names, labels, annotations and states are the same; times differ by two evaluations at most.
        let ours = try AlertState.current(server.port)
        let theirs = try AlertState.current(peer.port)
        #expect(Self.texts(ours) == Self.texts(theirs))
        #expect(ours.count == 10)
        #expect(!Self.texts(ours).contains { $0.contains("<error") }, "\(Self.texts(ours))")
        let theirTimes = Dictionary(theirs.map { ($0.labels, $0.activeAt) }) { first, _ in first }
        var most = 0.0
        for alert in ours {
            let difference = try abs(alert.activeAt - #require(theirTimes[alert.labels]))
            // What begins with the server begins when the server does.
            if ["LowCTR", "LowCTRIsKnown", "Rejects"].contains(alert.name) {
                most = max(most, difference)
                #expect(difference <= 2 * Self.interval, "\(alert.labels)")
            }
        }

        try await send(withClicks: true, until: "the low CTR is over") { alerts in
            !alerts.contains { $0.name.hasPrefix("LowCTR") }
        }
        let seconds = Int((ContinuousClock.now - began) / .seconds(1)) + 5
        for name in ["ALERTS", "ALERTS_FOR_STATE"] {
            let selector = name + #"{alertname=~"LowCTR|LowCTRIsKnown|Rejects"}"#
            // One evaluation may be missed on a busy machine.
            let gap = 2.5 * Self.interval
            let ours = try SampleSpan.all(selector, seconds: seconds, gap: gap, port: server.port)
            let theirs = try SampleSpan.all(selector, seconds: seconds, gap: gap, port: peer.port)
            #expect(ours.keys.sorted() == theirs.keys.sorted())
            #expect(ours.count == (name == "ALERTS" ? 7 : 5))
            for (labels, spans) in theirs {
                let found = ours[labels] ?? []
                #expect(found.count == spans.count, "\(labels): \(found), in Prometheus \(spans)")
                for (one, other) in zip(found, spans) {
                    let isOver = !labels.contains("Rejects")
                    let differences = [
                        one.start - other.start, isOver ? one.end - other.end : 0, one.value - other.value,
                    ].map(\.magnitude)
                    most = max(most, differences.max() ?? 0)
                    #expect(differences.allSatisfy { $0 <= 2 * Self.interval }, "\(labels): \(one), \(other)")
                }
            }
        }
        print("alerts in both differ by \(most) s at most; \(began.duration(to: .now)) in all")
        #expect(server.stop() == 0)
    }

    /// Everything of alerts but their times.
    private static func texts(_ alerts: [AlertState]) -> [String] {
        alerts.map { alert in
            let parts = [alert.labels, alert.annotations].map { pairs in
                pairs.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
            }
            return "\(alert.state) {\(parts[0])} \(parts[1])"
        }.sorted()
    }
}

/// Ten impressions a second of each of three campaigns, and five clicks, two of which can be without.
private struct LiveEvents {
    let port: UInt16
    private var sent = 0
    private let start = ContinuousClock.now

    init(port: UInt16) { self.port = port }

    /// Sends what is due since the last time.
    mutating func send(withClicks: Bool) throws {
        let due = 1 + Int((ContinuousClock.now - start) / .milliseconds(100))
        var body = ""
        while sent < due {
            for campaign in ["spring", "fall & \\\"winter\\\"", "summer"] {
                body +=
                    #"{"type":"impression","id":"i\#(sent)","source":"\#(campaign)","campaign":"\#(campaign)"}"# + "\n"
                if sent.isMultiple(of: 2), withClicks || campaign == "summer" {
                    body +=
                        #"{"type":"click","id":"c\#(sent)","source":"\#(campaign)","campaign":"\#(campaign)"}"# + "\n"
                }
            }
            sent += 1
        }
        if body.isEmpty { return }
        let answer = PlainHTTP.send(
            "POST",
            "/api/v1/events",
            port: port,
            headers: ["Content-Type": "application/x-ndjson"],
            body: body
        )
        guard answer?.status == 200 else { throw ServerProcess.Failure("not taken: \(String(describing: answer))") }
    }

    func sendNonsense() {
        _ = PlainHTTP.send("POST", "/api/v1/events", port: port, body: #"{"type":"click","time":"yesterday"}"#)
    }
}
