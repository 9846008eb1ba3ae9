// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import Tidemark

/// The dashboards keep the rules, and the rules notice.
@Suite struct `The dashboards` {
    @Test func `keep every rule`() throws {
        let world = try DashboardLint.World.shipped()
        #expect(world.dashboards == ["tidemark-campaigns", "tidemark-models", "tidemark-quality", "tidemark-self"])
        for (name, tree) in try DashboardFiles.all() {
            let findings = DashboardLint.findings(tree, in: world)
            #expect(findings.isEmpty, "\(name): \(findings.map(\.description).joined(separator: "\n"))")
            #expect(tree.allPanels.count > 10)
        }
    }

    @Test func `are the only files, and a screen each`() throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: DashboardFiles.root + "/grafana/dashboards")
        #expect(Set(files) == Set(DashboardFiles.names.map { $0 + ".json" }))
        for (name, tree) in try DashboardFiles.all() {
            // The first row answers: a number each, the week before below it.
            let first = tree["panels"].elements.dropFirst().prefix { $0["type"].text != "row" }
            #expect(first.count == 6 && first.allSatisfy { $0["type"].text == "stat" }, "\(name)")
            let compared = first.filter { panel in
                panel["targets"].elements.contains { ($0["expr"].text ?? "").contains("offset 1w") }
            }
            #expect(compared.count >= 4, "\(name)")
            let dashed = tree.allPanels.contains { panel in
                panel["type"].text == "timeseries"
                    && panel["targets"].elements.contains { ($0["legendFormat"].text ?? "").contains("week before") }
            }
            #expect(dashed, "\(name) has no trend against the week before")
        }
    }

    /// What each alert's annotation opens.
    @Test func `are where the alerts lead`() throws {
        let dashboards = Dictionary(
            uniqueKeysWithValues: try DashboardFiles.all().map { ($0.tree["uid"].text ?? "", $0.tree) }
        )
        for alert in try RuleGroupAlerts.shipped {
            let url = alert.dashboard
            let uid = try #require(url.firstMatch(of: /\/d\/([a-z-]+)/)?.output.1, "\(url)")
            let dashboard = try #require(dashboards[String(uid)], "\(alert.name) leads to \(url)")
            let names = dashboard["templating"]["list"].elements.compactMap { $0["name"].text }
            for variable in url.matches(of: /var-([a-z]+)=/) {
                #expect(names.contains(String(variable.output.1)), "\(alert.name) sets \(variable.output.1)")
            }
        }
    }

    @Test func `mark every alert that leads to the dashboard of Tidemark itself`() throws {
        let tree = try DashboardFiles.tree("self")
        let links = tree["links"].elements.compactMap { $0["url"].text }
        let timelines = tree.allPanels.filter { $0["type"].text == "state-timeline" }
        let expressions = [tree["annotations"]["list"][0]["expr"].text, timelines.first?["targets"][0]["expr"].text]
        let alerts = try RuleGroupAlerts.shipped.filter { $0.dashboard.hasSuffix("/d/tidemark-self") }
        #expect(alerts.count == 9)
        for expression in expressions {
            let names = expression?.firstMatch(of: /alertname=~"([^"]*)"/)?.output.1.split(separator: "|") ?? []
            #expect(Set(names.map(String.init)) == Set(alerts.map(\.name)))
        }
        for name in ["DiskSpaceLow", "CommitsSlow", "StoreMaintenanceFailing", "BackupTooOld", "StoreUnhealthy"] {
            #expect(links.contains { $0.hasSuffix("/docs/runbooks/\(name).md") }, "\(name)")
        }
    }

    @Test func `have the choices that people think in`() throws {
        let wanted = [
            "campaigns": ["campaign", "channel", "region", "device", "variant"],
            "models": ["model", "version", "feature"],
        ]
        for (name, variables) in wanted {
            let found = try DashboardFiles.tree(name)["templating"]["list"].elements.compactMap { $0["name"].text }
            #expect(found == ["datasource"] + variables)
        }
    }

    // MARK: - Negative controls

    /// A change to the first dashboard, and the rule that has to notice.
    struct Damage: CustomTestStringConvertible, Sendable {
        let rule: String
        let change: @Sendable (inout JSONTree) -> Void
        var testDescription: String { rule }
    }

    private static func panel(_ rule: String, _ change: @escaping @Sendable (inout JSONTree) -> Void) -> Damage {
        Damage(rule: rule) { change(&$0["panels"][1]) }
    }

    private static func expression(_ rule: String, _ text: String) -> Damage {
        panel(rule) { $0["targets"][0]["expr"] = JSONTree(text) }
    }

    static let damages: [Damage] = [
        Damage(rule: "uneditable-dashboard") { $0["editable"] = JSONTree(true) },
        Damage(rule: "no-id") { $0["id"] = JSONTree(7) },
        Damage(rule: "no-inputs") { $0["__inputs"] = JSONTree([Any]()) },
        Damage(rule: "annotations") { $0["annotations"]["list"] = JSONTree([Any]()) },
        Damage(rule: "target-promql") { $0["annotations"]["list"][0]["expr"] = JSONTree("ALERTS{") },
        Damage(rule: "template-datasource") { $0["templating"]["list"][0]["label"] = JSONTree("Source") },
        Damage(rule: "template-on-time-change-reload") { $0["templating"]["list"][1]["refresh"] = JSONTree(1) },
        Damage(rule: "template-all") { $0["templating"]["list"][1]["allValue"] = JSONTree(".+") },
        Damage(rule: "template-label-promql") {
            $0["templating"]["list"][1]["query"] = JSONTree("label_values(campaign)")
        },
        Damage(rule: "template-label-promql") { $0["templating"]["list"][1]["name"] = JSONTree("ad") },
        Damage(rule: "template-used") { $0["templating"]["list"][1]["name"] = JSONTree("ad") },
        Damage(rule: "variables") { $0["templating"]["list"][1]["name"] = JSONTree("ad") },
        Damage(rule: "metric-names") {
            $0["templating"]["list"][1]["query"] = JSONTree("label_values(campaign_views_total, campaign)")
        },
        Damage(rule: "unique-ids") { $0["panels"][1]["id"] = $0["panels"][2]["id"] },
        Damage(rule: "grid") { $0["panels"][1]["gridPos"] = $0["panels"][2]["gridPos"] },
        Damage(rule: "grid") { $0["panels"][1]["gridPos"]["x"] = JSONTree(21) },
        Damage(rule: "links") { $0["links"] = JSONTree([Any]()) },
        Damage(rule: "links") { $0["links"][0]["url"] = JSONTree("/d/tidemark-other") },
        Damage(rule: "links") { $0["links"][0]["url"] = JSONTree("/d/tidemark-models") },
        Damage(rule: "links") { $0["links"][3]["url"] = JSONTree("https://tidemark.example/docs/runbooks/None.md") },
        panel("panel-title-description") { $0["title"] = JSONTree("") },
        panel("panel-title-description") { $0["description"] = JSONTree("What it is") },
        panel("panel-datasource") { $0["datasource"]["uid"] = JSONTree("tidemark") },
        panel("panel-units") { $0["fieldConfig"]["defaults"]["unit"] = JSONTree("furlongs") },
        panel("panel-units") { $0["fieldConfig"]["overrides"][0]["properties"][0]["value"] = JSONTree("percentile") },
        panel("panel-no-value") { $0["fieldConfig"]["defaults"]["noValue"] = JSONTree("") },
        panel("panel-no-targets") { $0["targets"] = JSONTree([Any]()) },
        panel("unique-ref-ids") { $0["targets"][1]["refId"] = JSONTree("A") },
        panel("target-datasource") { $0["targets"][0]["datasource"]["uid"] = JSONTree("prometheus") },
        expression("target-promql", "sum(campaign_clicks_total"),
        expression("variables", #"sum(increase(campaign_clicks_total{campaign=~"$campagn"}[1h]))"#),
        expression("multi-regex", #"sum(increase(campaign_clicks_total{campaign="$campaign"}[1h]))"#),
        expression("metric-names", "campaign_ctr_ratio"),
        expression("metric-names", #"{campaign="x"}"#),
        expression("target-counter-agg", "sum(campaign_clicks_total)"),
        expression("target-counter-agg", "max_over_time(campaign_clicks_total[1h])"),
        expression("ratio-of-sums", "avg(campaign_window:ctr:ratio)"),
        expression("ratio-of-sums", "sum(campaign_window:ctr:ratio)"),
        Damage(rule: "target-rate-interval") { tree in
            for index in tree["panels"].elements.indices where tree["panels"][index]["type"].text == "timeseries" {
                tree["panels"][index]["targets"][0]["expr"] = JSONTree("sum(rate(campaign_clicks_total[5m]))")
            }
        },
        Damage(rule: "state-words") { tree in
            for index in tree["panels"].elements.indices where tree["panels"][index]["title"].text == "Campaigns" {
                tree["panels"][index]["fieldConfig"]["overrides"] = JSONTree([Any]())
            }
        },
    ]

    @Test(arguments: damages) func `would not pass`(damage: Damage) throws {
        var tree = try DashboardFiles.tree("campaigns")
        damage.change(&tree)
        let rules = DashboardLint.findings(tree, in: try .shipped()).map(\.rule)
        #expect(rules.contains(damage.rule), "found only \(rules)")
    }
}
