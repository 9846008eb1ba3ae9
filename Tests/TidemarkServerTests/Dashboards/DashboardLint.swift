// SPDX-License-Identifier: Apache-2.0

import Rules
import Tidemark

@testable import PromQL
@testable import TidemarkServer

/// Rules for dashboards that no schema can say. Many are those of Grafana's dashboard-linter; docs/dashboards.md says which of
/// them do not apply, and why.
struct DashboardLint {
    /// What is wrong, and which rule says so.
    struct Finding: CustomStringConvertible {
        let rule: String
        let text: String
        var description: String { "\(rule): \(text)" }
    }

    /// What dashboards may refer to.
    struct World {
        /// Metrics that events, rules and alerts make; Tidemark's own are asked of a running one elsewhere.
        var metrics: Set<String>
        /// States that rules record, by the metric that has them.
        var states: [String: Set<String>]
        var dashboards: Set<String>
        var runbooks: Set<String>
    }

    let world: World
    let tree: JSONTree
    private(set) var findings: [Finding] = []

    /// Everything that is wrong with a dashboard.
    static func findings(_ tree: JSONTree, in world: World) -> [Finding] {
        var lint = DashboardLint(world: world, tree: tree)
        lint.checkTop()
        lint.checkVariables()
        lint.checkPlaces()
        for panel in tree.allPanels { lint.checkPanel(panel) }
        lint.checkLinks()
        return lint.findings
    }

    private init(world: World, tree: JSONTree) {
        self.world = world
        self.tree = tree
    }

    mutating func found(_ rule: String, _ text: String) {
        findings.append(Finding(rule: rule, text: text))
    }

    var variables: [JSONTree] { tree["templating"]["list"].elements }

    // MARK: - Rules of the whole

    private mutating func checkTop() {
        if tree["editable"].isTrue { found("uneditable-dashboard", "it can be edited where the file is the truth") }
        if tree.members["id"] != nil { found("no-id", "an id is of one Grafana only") }
        if tree.members["__inputs"] != nil { found("no-inputs", "provisioning does not fill in inputs") }
        let annotations = tree["annotations"]["list"].elements
        if annotations.isEmpty { found("annotations", "alerts are not marked") }
        for annotation in annotations { check(expression: annotation["expr"].text ?? "", isRange: false, "annotation") }
    }

    private mutating func checkVariables() {
        let source = variables.first
        if source?["name"].text != "datasource" || source?["type"].text != "datasource"
            || source?["query"].text != "prometheus" || source?["label"].text != "Data source"
        {
            found("template-datasource", "the first variable is not the data source")
        }
        for variable in variables.dropFirst() {
            let name = variable["name"].text ?? ""
            if variable["datasource"]["uid"].text != "${datasource}" {
                found("template-datasource", "\(name) has another data source")
            }
            if variable["refresh"].number != 2 {
                found("template-on-time-change-reload", "\(name) is not read anew when the time changes")
            }
            if !variable["multi"].isTrue || !variable["includeAll"].isTrue || variable["allValue"].text != ".*" {
                found("template-all", "\(name) does not offer several and all, those without the label too")
            }
            guard let query = DashboardQuery.labelValues(variable["query"].text ?? "") else {
                found("template-label-promql", "\(name) is not label_values(selector, label)")
                continue
            }
            if query.label != name { found("template-label-promql", "\(name) lists the label \(query.label)") }
            check(expression: query.selector, isRange: false, isSelector: true, "variable \(name)")
            let used = tree.allPanels.contains { panel in
                panel["targets"].elements.contains { ($0["expr"].text ?? "").contains("$\(name)\"") }
            }
            if !used { found("template-used", "\(name) changes nothing") }
        }
    }

    private mutating func checkPlaces() {
        var numbers: Set<Int> = []
        var taken: Set<[Int]> = []
        for panel in tree["panels"].elements {
            for one in [panel] + panel["panels"].elements {
                let number = one["id"].number ?? 0
                if !numbers.insert(number).inserted { found("unique-ids", "\(number) is there twice") }
            }
            place(panel, &taken)
            var within: Set<[Int]> = []
            for one in panel["panels"].elements { place(one, &within) }
        }
    }

    /// Puts a panel on the grid and tells of what was there.
    private mutating func place(_ panel: JSONTree, _ taken: inout Set<[Int]>) {
        let place = panel["gridPos"]
        guard let x = place["x"].number, let y = place["y"].number, let w = place["w"].number,
            let h = place["h"].number,
            x >= 0, y >= 0, w > 0, h > 0, x + w <= 24
        else { return found("grid", "\(panel["title"].text ?? "") is not on the grid") }
        for column in x..<(x + w) {
            for row in y..<(y + h) where !taken.insert([column, row]).inserted {
                return found("grid", "\(panel["title"].text ?? "") lies on another panel")
            }
        }
    }

    // MARK: - Rules of a panel

    /// Those of Grafana's units that dashboards may use.
    private static let units: Set<String> = [
        "none", "short", "percentunit", "s", "bytes", "reqps", "ops", "eps", "cps", "currencyUSD", "currencyEUR",
        "currencyGBP", "currencyJPY", "currencyKRW",
    ]

    private mutating func checkPanel(_ panel: JSONTree) {
        let title = panel["title"].text ?? ""
        if title.isEmpty { found("panel-title-description", "panel \(panel["id"].number ?? 0) has no title") }
        if (panel["description"].text ?? "").count < 20 {
            found("panel-title-description", "\(title) does not say what it shows")
        }
        if panel["datasource"]["uid"].text != "${datasource}" { found("panel-datasource", "\(title) has its own") }
        let defaults = panel["fieldConfig"]["defaults"]
        let overrides = panel["fieldConfig"]["overrides"].elements.flatMap { $0["properties"].elements }
        let given = [defaults["unit"].text] + overrides.filter { $0["id"].text == "unit" }.map { $0["value"].text }
        for unit in given where !Self.units.contains(unit ?? "") {
            found("panel-units", "\(title) has the unit \(unit ?? "nothing")")
        }
        if (defaults["noValue"].text ?? "").isEmpty {
            found("panel-no-value", "\(title) says nothing when it is empty")
        }

        let targets = panel["targets"].elements
        if targets.isEmpty { found("panel-no-targets", "\(title) asks nothing") }
        if Set(targets.compactMap { $0["refId"].text }).count != targets.count {
            found("unique-ref-ids", "\(title) has two queries of one name")
        }
        for target in targets {
            if target["datasource"]["uid"].text != "${datasource}" {
                found("target-datasource", "\(title) asks another data source")
            }
            check(expression: target["expr"].text ?? "", isRange: target["range"].isTrue, title)
        }
        checkStates(panel, title)
    }

    /// A table that puts a recorded state into words has words for each, and no others.
    private mutating func checkStates(_ panel: JSONTree, _ title: String) {
        for target in panel["targets"].elements {
            let metrics = metrics(of: target["expr"].text ?? "")
            guard metrics.count == 1, let states = metrics.first.flatMap({ world.states[$0] }),
                panel["type"].text == "table",
                (target["expr"].text ?? "").contains("state)")
            else { continue }
            let mappings = panel["fieldConfig"]["overrides"].elements.flatMap { $0["properties"].elements }
                .filter { $0["id"].text == "mappings" }
                .map { Set($0["value"][0]["options"].members.keys) }
            if !mappings.contains(states) {
                found("state-words", "\(title) does not have words for \(states.sorted().joined(separator: ", "))")
            }
        }
    }
}
