// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing
import TimeSeries

@testable import TidemarkServer

/// Panels as HTML and SVG, from the shipped dashboards and series of a test.
@Suite struct PanelDrawingTests {
    private static func panel(_ dashboard: Int, _ title: String, _ type: String) throws -> DashboardPanel {
        let panels = try Dashboard.shipped[dashboard].panels.flatMap { [$0] + ($0.panels ?? []) }
        return try #require(panels.first { $0.title == title && $0.type == type })
    }

    private static func series(_ refId: String, _ labels: Labels, _ value: Double, name: String = "") -> PanelSeries {
        PanelSeries(labels: labels, name: name, refId: refId, times: [0], values: [value])
    }

    @Test func `the shipped dashboards are those of the files, and can all be drawn`() throws {
        let shipped = try Dashboard.shipped
        #expect(shipped.map(\.uid) == ["tidemark-campaigns", "tidemark-models", "tidemark-quality", "tidemark-self"])
        for (dashboard, name) in zip(shipped, DashboardFiles.names) {
            let tree = try DashboardFiles.tree(name)
            #expect(dashboard.uid == tree["uid"].text)
            let panels = dashboard.panels.flatMap { $0.type == "row" ? $0.panels ?? [] : [$0] }
            #expect(panels.map(\.title) == tree.allPanels.map { $0["title"].text })
            #expect(
                panels.flatMap { $0.targets ?? [] }.map(\.expr)
                    == tree.allPanels.flatMap { $0["targets"].elements }.map { $0["expr"].text }
            )
            #expect(Set(panels.map(\.type)).isSubset(of: ["stat", "timeseries", "table", "state-timeline"]))
        }
    }

    @Test func `a table puts together what has the same labels`() throws {
        let panel = try Self.panel(0, "Campaigns", "table")
        let table = PanelTable(
            panel: panel,
            series: [
                Self.series("A", ["campaign": "small"], 10), Self.series("A", ["campaign": "<big>"], 2_000),
                Self.series("C", ["campaign": "<big>"], 0.05), Self.series("B", ["campaign": "<big>"], 100),
                Self.series("H", ["campaign": "<big>", "state": "drop"], 1),
                Self.series("H", ["campaign": "small", "state": "new&state"], 1),
            ]
        )
        #expect(table.columns.first == "Campaign" && table.columns.last == "State" && table.columns.count == 9)
        #expect(table.rows.map { $0["Campaign"] } == [.text("<big>"), .text("small")])
        #expect(table.rows[0]["CTR"] == .number(0.05) && table.rows[0]["State"] == .text("drop"))
        #expect(table.rows[1]["Clicks"] == nil)
        let html = table.markup { _, text in "/d/x?" + percentEncoded(text) }.text
        #expect(html.contains(#"<span class="t-red">CTR has dropped</span>"#))
        #expect(html.contains("5.00\u{A0}%") && html.contains(">2,000<"))
        #expect(html.contains(#"<a href="/d/x?%3Cbig%3E" title="Only this campaign">&lt;big&gt;</a>"#))
        #expect(html.contains("new&amp;state") && !html.contains("<big>"))
        #expect(html.contains(#"<rect class="b-blue" width="100" height="4"/>"#))
        #expect(html.contains(#"<rect class="b-blue" width="0.5" height="4"/>"#))
    }

    @Test func `a table of one query has a row for each series`() throws {
        let panel = try Self.panel(2, "Alerts now", "table")
        let alert: Labels = ["alertname": "CampaignCTRDrop", "alertstate": "firing", "severity": "warning"]
        var other = alert.pairs.map { ($0.name, $0.value) }
        other.append(("campaign", "spring"))
        let table = PanelTable(panel: panel, series: [Self.series("A", alert, 1), Self.series("A", Labels(other), 1)])
        #expect(table.rows.count == 2 && table.rows.allSatisfy { $0["State"] == .text("firing") })
        let address = PageAddress(RequestParameters(fields: []), defaults: .init(from: "now-7d", to: "now"))
        let html = table.markup { address.filledIn($0, value: $1) }.text
        #expect(html.contains(#"href="https://tidemark.example/docs/runbooks/CampaignCTRDrop.md""#))
    }

    @Test func `a number says which way it went`() throws {
        let panel = try Self.panel(0, "Click-through rate", "stat")
        func tile(_ change: Double?) -> String {
            var series = [Self.series("A", [:], 0.0123, name: "Last 24 hours")]
            if let change { series.append(Self.series("B", [:], change, name: "Against the week before")) }
            return StatTile(panel: panel, series: series).markup().text
        }
        #expect(tile(0.25).contains(#"<span class="t-green">▲ +25.0\#u{A0}%</span>"#))
        #expect(tile(-0.3).contains(#"<span class="t-red">▼ −30.0\#u{A0}%</span>"#))
        #expect(tile(nil).contains("1.23\u{A0}%"))
        #expect(StatTile(panel: panel, series: []).markup().text.contains("no traffic"))
        let alerts = try Self.panel(0, "Campaigns with an alert", "stat")
        #expect(StatTile(panel: alerts, series: [Self.series("A", [:], 0)]).markup().text.contains("all quiet"))
        #expect(
            StatTile(panel: alerts, series: [Self.series("A", [:], 3)]).markup().text.contains(
                #"<span class="t-red">3</span>"#
            )
        )
    }

    @Test func `a line breaks where nothing was measured`() {
        let chart = LineChart(
            series: [
                PanelSeries(
                    labels: [:],
                    name: "a & b",
                    refId: "A",
                    times: [0, 10, 20, 60, 70, 80],
                    values: [1, 2, 3, 4, .nan, 5]
                )
            ],
            styles: { _ in FieldStyle() },
            window: 0...100,
            step: 10,
            marks: [30...40, 500...600],
            style: FieldStyle(unit: "none")
        )
        let svg = chart.markup(id: "x", title: "T<", description: "D").text
        let path = svg.firstMatch(of: /\ d="(M[^"]*)"/)?.output.1 ?? ""
        #expect(path.filter { $0 == "M" }.count == 3 && path.filter { $0 == "L" }.count == 2, "\(path)")
        #expect(
            svg.contains(#"role="img" aria-labelledby="x-t x-d""#) && svg.contains("<title id=\"x-t\">T&lt;</title>")
        )
        #expect(svg.matches(of: /class="mark"/).count == 1)
        #expect(svg.contains("a &amp; b <strong>5</strong>"))
        let empty = LineChart(
            series: [],
            styles: { _ in FieldStyle() },
            window: 0...1,
            step: 1,
            marks: [],
            style: FieldStyle()
        )
        #expect(empty.markup(id: "x", title: "", description: "").text.isEmpty)
    }

    @Test func `many lines are counted, not drawn`() {
        let chart = LineChart(
            series: Array(repeating: Self.series("A", [:], 1, name: "l"), count: LineChart.most + 5),
            styles: { _ in FieldStyle() },
            window: 0...2,
            step: 1,
            marks: [],
            style: FieldStyle()
        )
        let svg = chart.markup(id: "x", title: "", description: "").text
        #expect(svg.matches(of: /<li>/).count == LineChart.most + 1 && svg.contains("and 5 more"))
    }

    @Test func `the history of an alert is a bar, and the same in words`() {
        let minute: Int64 = 60_000
        let series = PanelSeries(
            labels: [:],
            name: "spring: <Drop>",
            refId: "A",
            times: [10, 11, 12, 30, 31].map { $0 * minute },
            values: [1, 1, 1, 1, 1]
        )
        #expect(StateBars.spans(series.times, step: minute) == [10 * minute...13 * minute, 30 * minute...32 * minute])
        let bars = StateBars(series: [series], window: 0...32 * minute, step: minute, style: FieldStyle())
        let html = bars.markup(title: "Alerts").text.replacing("\u{A0}", with: " ")
        #expect(html.contains("1 Jan 00:10 – 1 Jan 00:13; since 1 Jan 00:30"))
        #expect(html.matches(of: /class="fired"/).count == 2 && html.contains("spring: &lt;Drop&gt;"))
    }

    @Test func `a legend has the labels that are there`() {
        let labels: Labels = ["model": "churn", "alertname": "X"]
        #expect(PanelSeries.legend("{{model}} {{version}} {{ feature }}: {{alertname}}", labels) == "churn: X")
        #expect(PanelSeries.legend("week before", labels) == "week before")
        #expect(PanelSeries.legend("{{version}}", labels) == "all")
        #expect(PanelSeries.legend("__auto", [:]) == "value" && PanelSeries.legend("{{open", labels) == "{{open")
    }
}
