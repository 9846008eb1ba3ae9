// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Everything that the dashboards ask, asked of Tidemark and of a stock Prometheus that scrapes it.
@Suite(.serialized) struct PrometheusDashboardsTests {
    private static let isThere = Program.exists("/usr/bin/prometheus") && Program.exists("/usr/bin/promtool")
    private static let step = 3_600

    /// 7.5 s behind the full hour, so that no sample lies on the edge of a window: there 2.42 counts one more.
    private static let window =
        Double(DashboardHistory.end - DashboardHistory.day) + 7.5...Double(DashboardHistory.end) + 7.5

    @Test(.enabled(if: isThere, "Debian's prometheus is not installed"))
    func `every query of every dashboard has data, and Prometheus has the same`() async throws {
        let folder = try Program.temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // Receivers that do not answer: what there is to see about notifications and remote write is there all the same.
        let nobody = try freePort()
        try """
        alertmanagers: [{url: "http://127.0.0.1:\(nobody)"}]
        remote_write: [{name: nobody, url: "http://127.0.0.1:\(nobody)/api/v1/write"}]
        """.write(toFile: folder + "/tidemark.yml", atomically: true, encoding: .utf8)
        let page = try await Self.ownPage(folder)
        let began = ContinuousClock.now
        let history = try DashboardHistory(folder: folder, page: page)
        print("the history took \(began.duration(to: .now))")
        let port = try freePort()
        try history.writeBlocks(to: folder + "/tsdb", instance: "127.0.0.1:\(port)")
        let server = try ServerProcess(
            data: history.data,
            arguments: ["--config", folder + "/tidemark.yml", "--listen", "127.0.0.1:\(port)"]
        )
        let peer = try await ScrapingPrometheus(target: port, rules: [], interval: "15s", folder: folder)

        let files = try FileManager.default.contentsOfDirectory(atPath: Program.packageRoot + "/grafana/dashboards")
        #expect(files.count == 4)
        var asked = 0
        var series = 0
        for file in files.sorted() {
            let questions = try Self.questions(file)
            let faults = try Self.faults(questions, server.port, peer.port) { series += $0 }
            #expect(faults.isEmpty, "\(file):\n\(faults.joined(separator: "\n"))")
            asked += questions.count
        }
        print("\(asked) queries, \(series) series the same")
        #expect(asked > 150 && series > 600)

        try Self.noticeDamage(server.port, peer.port)
        try await Self.compareLive(server.port, peer)
        #expect(server.stop() == 0)
    }

    // MARK: - Asking

    private static func questions(_ file: String, _ change: (String) -> String = { $0 }) throws -> [DashboardQuestion] {
        let text = try String(contentsOfFile: "\(Program.packageRoot)/grafana/dashboards/\(file)", encoding: .utf8)
        return try DashboardQuestion.all(
            in: Data(change(text).utf8),
            filledInFor: .seconds(DashboardHistory.day),
            step: .seconds(step)
        )
    }

    /// What is wrong with the answers, each with its place.
    private static func faults(
        _ questions: [DashboardQuestion],
        _ ours: UInt16,
        _ theirs: UInt16,
        _ count: (Int) -> Void = { _ in }
    ) throws -> [String] {
        try questions.compactMap { question in
            let here = try question.answer(ours, window: window, step: step)
            let there = try question.answer(theirs, window: window, step: step)
            count(here.count)
            return DashboardQuestion.fault(here, there).map { "\(question.place): \($0)\n    \(question.expression)" }
        }
    }

    // MARK: - Negative controls

    /// A metric that is not there, a value that differs, and a matcher that takes the scrape's labels are all noticed.
    private static func noticeDamage(_ ours: UInt16, _ theirs: UInt16) throws {
        let file = "campaigns.json"
        let renamed = try questions(file) {
            $0.replacingOccurrences(of: "campaign_window:ctr:wilson_lower", with: "campaign_window:ctr:wilson_least")
        }
        #expect(try faults(renamed, ours, theirs).contains { $0.contains("Campaigns / Campaigns D: no data") })
        let listed = try questions(file) { $0.replacingOccurrences(of: ", channel)", with: ", chanel)") }
        #expect(try faults(listed, ours, theirs).contains { $0.contains("variable chanel: no data") })
        // Where the labels of the scrape are left in, the two are not the same.
        let split = try questions(file) {
            $0.replacingOccurrences(of: "sum by (channel)", with: "sum by (channel, job)")
        }
        #expect(try faults(split, ours, theirs).contains { $0.contains("By channel A: series") })

        let question = try #require(try questions(file).first { $0.place.hasSuffix("Campaigns A") })
        let answer = try question.answer(ours, window: window, step: step)
        #expect(DashboardQuestion.fault(answer, answer) == nil)
        let off = answer.mapValues { $0.mapValues { $0 * 1.000_001 } }
        #expect(DashboardQuestion.fault(answer, off)?.contains("in Prometheus") == true)
        let unknown = answer.mapValues { $0.mapValues { _ in Double.nan } }
        #expect(DashboardQuestion.fault(unknown, unknown) == "no number")
        #expect(DashboardQuestion.fault(answer, [:]) == "no data in Prometheus")
    }

    // MARK: - The live server

    /// `/metrics` of a Tidemark that tells somebody of alerts, sends samples and was asked something.
    private static func ownPage(_ folder: String) async throws -> String {
        let server = try ServerProcess(data: folder + "/empty", arguments: ["--config", folder + "/tidemark.yml"])
        _ = PlainHTTP.send("GET", "/api/v1/query?query=1", port: server.port)
        let events = """
            {"type":"impression","id":"1","campaign":"spring-05"}
            {"type":"prediction","id":"2","prediction":"2","model":"churn","version":"v1","score":0.5}

            """
        #expect(PlainHTTP.send("POST", "/api/v1/events", port: server.port, body: events)?.status == 200)
        let page = try await waitFor("the page has receivers") { () -> String? in
            let body = PlainHTTP.send("GET", "/metrics", port: server.port)?.body ?? ""
            return body.contains("tidemark_notifications_total{")
                && body.contains("tidemark_watermark_timestamp_seconds ")
                && body.contains("model_predictions_pending{") && body.contains("tidemark_remote_write_lag_seconds{")
                && body.contains("tidemark_http_requests_total{") ? body : nil
        }
        #expect(server.stop() == 0)
        // What only a server has that has made a backup, and dropped a day.
        return page + """

            # TYPE tidemark_backup_last_success_timestamp_seconds gauge
            tidemark_backup_last_success_timestamp_seconds 1
            # TYPE tidemark_retention_floor_timestamp_seconds gauge
            tidemark_retention_floor_timestamp_seconds 1

            """
    }

    /// What Tidemark says about itself now is, scraped, what it is in its own store: the same series.
    private static func compareLive(_ ours: UInt16, _ peer: ScrapingPrometheus) async throws {
        let questions = try questions("self.json").filter {
            !$0.expression.contains("offset 1w") && !$0.expression.contains("ALERTS")
                && !$0.expression.contains("tidemark:")
                // No day has been dropped.
                && !$0.expression.contains("tidemark_retention_floor_timestamp_seconds")
        }
        #expect(questions.count > 20)
        var waiting: [String] = []
        try await waitUntil("both know it", atMost: 240) {
            let now = Date().timeIntervalSince1970
            waiting = try questions.compactMap { question in
                // A day has not passed since the start: what was in the last minute.
                let instant = DashboardQuestion(
                    place: question.place,
                    kind: .instant,
                    expression: question.expression.replacing(/\[[0-9]+[smhd]\]/, with: "[1m]")
                )
                let answers = try [ours, peer.port].map { try instant.answer($0, window: now - 60...now, step: 60) }
                if answers.contains(where: \.isEmpty) || Set(answers[0].keys) != Set(answers[1].keys) {
                    return "\(question.place): \(answers[0].keys.sorted()), in Prometheus \(answers[1].keys.sorted())"
                }
                return nil
            }
            return waiting.isEmpty
        }
    }
}
