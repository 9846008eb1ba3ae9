// SPDX-License-Identifier: Apache-2.0

import Foundation
import Rules
import Tidemark

extension DashboardLint {
    /// Links lead to dashboards and runbooks that are there, and fill in what is there.
    mutating func checkLinks() {
        var urls = tree["links"].elements.compactMap { $0["url"].text }
        for other in world.dashboards where other != tree["uid"].text {
            // The same data source is looked at there.
            if !urls.contains("/d/\(other)?${datasource:queryparam}") { found("links", "no way to \(other)") }
        }
        if !urls.contains(where: { $0.contains("/docs/runbooks/") }) { found("links", "no way to a runbook") }
        for panel in tree.allPanels {
            for property in panel["fieldConfig"]["overrides"].elements.flatMap({ $0["properties"].elements }) {
                guard property["id"].text == "links" else { continue }
                urls += property["value"].elements.compactMap { $0["url"].text }
            }
        }
        for url in urls { check(url) }
    }

    private mutating func check(_ url: String) {
        if let match = url.firstMatch(of: /\/d\/([A-Za-z0-9_-]+)/) {
            if !world.dashboards.contains(String(match.output.1)) {
                found("links", "\(url): there is no such dashboard")
            }
            let names = variables.compactMap { $0["name"].text }
            for variable in url.matches(of: /var-([a-z_]+)=/) where !names.contains(String(variable.output.1)) {
                found("links", "\(url): there is no variable \(variable.output.1)")
            }
        } else if let match = url.firstMatch(of: /\/docs\/runbooks\/(.+)\.md$/) {
            let name = String(match.output.1)
            if name != "${__value.raw}", !world.runbooks.contains(name) {
                found("links", "\(url): there is no such page")
            }
        } else {
            found("links", "\(url) leads nowhere that is known")
        }
    }
}

extension DashboardLint.World {
    /// What is shipped, and what lies in docs/runbooks/ and grafana/dashboards/.
    static func shipped() throws -> Self {
        var metrics: Set<String> = ["ALERTS", "ALERTS_FOR_STATE"]
        for definition in try MetricDefinition.shipped {
            metrics.insert(definition.name)
            for ending in ["_bucket", "_sum", "_count"] { metrics.insert(definition.name + ending) }
        }
        // Of baselines and of joins: what the store makes by itself.
        metrics.formUnion([
            "model_predictions_pending", "model_feature_baseline_ratio", "model_feature_baseline_observations",
        ])
        var states: [String: Set<String>] = [:]
        for rule in try RuleGroup.shipped.flatMap(\.rules) where rule.kind == .recording {
            metrics.insert(rule.name)
            for label in rule.labels where label.name == "state" { states[rule.name, default: []].insert(label.text) }
        }
        let runbooks = try FileManager.default.contentsOfDirectory(atPath: DashboardFiles.root + "/docs/runbooks")
        return Self(
            metrics: metrics,
            states: states,
            dashboards: Set(try DashboardFiles.all().compactMap { $0.tree["uid"].text }),
            runbooks: Set(runbooks.map { String($0.dropLast(3)) })
        )
    }
}
