// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Rules
import TestSupport
import Testing
import Tidemark
import TimeSeries

@testable import TidemarkServer

/// Rules and alerts as clients of Prometheus's API see them.
@Suite struct `The rules API` {
    private static let rules = """
        groups:
          - name: b
            rules:
              - {record: one, expr: vector(1), labels: {team: shop}}
              - alert: Always
                expr: one  ==   1
                labels: {severity: page}
                annotations: {summary: "{{ $value }}"}
              - {alert: Waits, expr: vector(2), for: 1h}
          - name: a
            interval: 90s
            limit: 5
            rules: [{record: bad, expr: one + on (x) nothing}]
        """

    /// A server over a store with these rules, evaluated once.
    private func answers(_ paths: [String]) async throws -> [(status: Int, json: [String: Any])] {
        let directory = try TemporaryDirectory()
        var options = StoreOptions()
        options.clock = StoppedClock()
        let store = try MetricsStore.open(at: directory.store, definitions: [], options: options)
        let groups = try RuleGroup.parse(Self.rules, file: "r.yml")
        let service = try RuleService(
            store: store,
            configuration: RuleConfiguration(groups: groups),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        service.engine.evaluateDue()
        let texts = try await withServer(FakeStore(), clock: StoppedClock(), rules: service) { server in
            try await server.talk { client throws in
                try paths.map { path in
                    let answer = try client.request("GET", "/api/v1/" + path)
                    return "\(answer.status) \(answer.text)"
                }
            }
        }
        try store.close()
        return try texts.map { text in
            let parts = text.split(separator: " ", maxSplits: 1)
            let json = try JSONSerialization.jsonObject(with: Data(parts[1].utf8)) as? [String: Any]
            return (Int(parts[0]) ?? 0, json ?? [:])
        }
    }

    private func groups(_ answer: (status: Int, json: [String: Any])) throws -> [[String: Any]] {
        let data = try #require(answer.json["data"] as? [String: Any])
        return try #require(data["groups"] as? [[String: Any]])
    }

    @Test func `shows groups by file and name, with rules, health and alerts`() async throws {
        let answers = try await answers(["rules", "alerts", "alertmanagers"])
        let groups = try groups(answers[0])
        #expect(groups.map { $0["name"] as? String } == ["a", "b"])
        #expect(groups[0]["interval"] as? Double == 90)
        #expect(groups[0]["limit"] as? Int == 5)
        let rules = try #require(groups[1]["rules"] as? [[String: Any]])
        #expect(rules.map { $0["type"] as? String } == ["recording", "alerting", "alerting"])
        #expect(rules.map { $0["state"] as? String } == [nil, "firing", "pending"])
        #expect(rules.map { $0["health"] as? String } == ["ok", "ok", "ok"])
        #expect(rules[1]["query"] as? String == "one == 1")
        #expect(rules[2]["duration"] as? Double == 3_600)
        #expect(rules[0]["lastEvaluation"] as? String == "2026-03-01T12:00:00Z")
        let alert = try #require((rules[1]["alerts"] as? [[String: Any]])?.first)
        #expect(alert["labels"] as? [String: String] == ["alertname": "Always", "severity": "page", "team": "shop"])
        #expect(alert["annotations"] as? [String: String] == ["summary": "1"])
        #expect(alert["value"] as? String == "1e+00")
        let all = (answers[1].json["data"] as? [String: Any])?["alerts"] as? [[String: Any]]
        #expect(all?.map { $0["state"] as? String } == ["firing", "pending"])
        #expect(answers[2].status == 200)
    }

    @Test func `leaves out what is not asked for`() async throws {
        let asked = [
            "rules?type=alert", "rules?type=record", "rules?rule_name[]=Waits", "rules?rule_group[]=a",
            "rules?file[]=other.yml", "rules?match[]=%7Bseverity%3D%22page%22%7D", "rules?exclude_alerts=true",
        ]
        let names = try await answers(asked).map { answer in
            try groups(answer).flatMap { ($0["rules"] as? [[String: Any]] ?? []).compactMap { $0["name"] as? String } }
        }
        #expect(
            names == [
                ["Always", "Waits"], ["bad", "one"], ["Waits"], ["bad"], [], ["Always"],
                ["bad", "one", "Always", "Waits"],
            ]
        )
    }

    @Test func `goes through the groups page by page`() async throws {
        let first = try #require(try await answers(["rules?group_limit=1"]).first)
        #expect(try groups(first).map { $0["name"] as? String } == ["a"])
        let token = try #require((first.json["data"] as? [String: Any])?["groupNextToken"] as? String)
        let second = try #require(try await answers(["rules?group_limit=1&group_next_token=\(token)"]).first)
        #expect(try groups(second).map { $0["name"] as? String } == ["b"])
        #expect((second.json["data"] as? [String: Any])?["groupNextToken"] == nil)
    }

    @Test func `refuses what it cannot make sense of`() async throws {
        let asked = [
            "rules?type=x", "rules?group_limit=0", "rules?group_next_token=x", "rules?group_limit=1&group_next_token=x",
            "rules?exclude_alerts=maybe", "rules?match[]=%7B",
        ]
        for (path, answer) in zip(asked, try await answers(asked)) {
            #expect(answer.status == 400 && answer.json["errorType"] as? String == "bad_data", "\(path)")
        }
    }
}
