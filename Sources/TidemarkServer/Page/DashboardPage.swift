// SPDX-License-Identifier: Apache-2.0

import PromQL
import Tidemark
import TimeSeries

/// A dashboard as HTML.
struct DashboardPage {
    let dashboard: Dashboard
    let address: PageAddress
    let queries: PageQueries

    /// The whole content of the page.
    ///
    /// - Throws: when the client has left, or the store cannot be read.
    func markup() throws -> Markup {
        var content: Markup = #"<p class="lead">\#(dashboard.description)</p>"#
        content += try choices()
        let marks = try queries.marks(dashboard.annotations.list)
        var isOpen = false
        for panel in dashboard.panels {
            if panel.type == "row" {
                if isOpen { content += "</div></section>" }
                isOpen = try append(row: panel, to: &content, marks)
            } else {
                content += try self.panel(panel, marks)
            }
        }
        if isOpen { content += "</div></section>" }
        return content + runbooks()
    }

    // MARK: - Choices

    /// A form that works without scripts: a choice of each variable.
    private func choices() throws -> Markup {
        let selects = try dashboard.choices.map { variable -> Markup in
            let chosen = address.choices[variable.name] ?? []
            // What was chosen stays on offer when it has no traffic.
            var values = try queries.values(of: variable)
            values += chosen.filter { !values.contains($0) }
            let options = values.map { value -> Markup in
                #"<option value="\#(value)"\#(chosen.contains(value) ? " selected" : "" as Markup)>\#(value)</option>"#
            }
            let hint: Markup = variable.description.isEmpty ? "" : #" title="\#(variable.description)""#
            return """
                <label\(hint)>\(variable.label) <select name="var-\(variable.name)"><option value="">All</option>\(options)\
                </select></label>
                """
        }
        let rows = address.open.sorted().map { #"<input type="hidden" name="row" value="\#($0)">"# as Markup }
        return """
            <form class="choices" action="/d/\(dashboard.uid)" method="get" aria-label="What to show">\(selects)\
            \(PageFrame.times(address))\(rows)<button type="submit">Show</button></form>
            """
    }

    // MARK: - Panels

    /// Begins a row, and ends it when it is a closed one.
    ///
    /// - Returns: whether panels come that belong to it.
    private func append(row: DashboardPanel, to content: inout Markup, _ marks: [ClosedRange<Int64>]) throws -> Bool {
        let id = "row-\(row.id)"
        let head: Markup = #"<section aria-labelledby="\#(id)"><h2 id="\#(id)">\#(row.title)</h2>"#
        guard row.collapsed == true else {
            content += head + #"<div class="panels">"#
            return true
        }
        let isOpen = address.open.contains(row.id)
        let rows = isOpen ? address.open.subtracting([row.id]) : address.open.union([row.id])
        let link = "/d/\(dashboard.uid)?\(address.text(open: rows))#\(id)"
        content += head
        content += #"<p><a class="toggle" href="\#(link)">\#(isOpen ? "Hide" : "Show") “\#(row.title)”</a></p>"#
        if isOpen {
            content += #"<div class="panels">"#
            for panel in row.panels ?? [] { content += try self.panel(panel, marks) }
            content += "</div>"
        }
        content += "</section>"
        return false
    }

    private func panel(_ panel: DashboardPanel, _ marks: [ClosedRange<Int64>]) throws -> Markup {
        try queries.work.checkpoint()
        let data = try queries.data(of: panel)
        let width = panel.gridPos.w <= 4 ? "w4" : panel.gridPos.w <= 8 ? "w8" : panel.gridPos.w <= 12 ? "w12" : "w24"
        let id = "panel-\(panel.id)"
        var inner = body(panel, data, id, marks)
        if let fault = data.fault { inner += #"<p class="fault">This could not be read: \#(fault)</p>"# }
        return """
            <article class="panel \(width)" aria-labelledby="\(id)"><h3 id="\(id)">\(panel.title)</h3>\(inner)\
            <details><summary>What is this?</summary><p>\(panel.description ?? "")</p></details></article>
            """
    }

    private func body(_ panel: DashboardPanel, _ data: PanelData, _ id: String, _ marks: [ClosedRange<Int64>]) -> Markup
    {
        let empty: Markup = #"<p class="empty">\#(panel.style(of: "").noValue ?? "no traffic")</p>"#
        let window = queries.window.lowerBound.milliseconds...queries.window.upperBound.milliseconds
        switch panel.type {
        case "stat":
            return data.fault == nil || !data.series.isEmpty ? StatTile(panel: panel, series: data.series).markup() : ""
        case _ where data.series.isEmpty:
            return data.fault == nil ? empty : ""
        case "timeseries":
            let chart = LineChart(
                series: data.series,
                styles: panel.style(of:),
                window: window,
                step: data.step,
                marks: marks,
                style: panel.style(of: "")
            )
            let drawn = chart.markup(id: id + "-chart", title: panel.title, description: panel.description ?? "")
            return drawn.text.isEmpty ? empty : drawn
        case "state-timeline":
            return StateBars(series: data.series, window: window, step: data.step, style: panel.style(of: ""))
                .markup(title: panel.title)
        case "table":
            let table = PanelTable(panel: panel, series: data.series)
            return table.rows.isEmpty ? empty : table.markup { address.filledIn($0, value: $1) }
        default:
            return empty
        }
    }

    /// The links of the dashboard that the menu does not have.
    private func runbooks() -> Markup {
        let links = dashboard.links.filter { !$0.url.hasPrefix("/d/") }.compactMap { link -> Markup? in
            address.filledIn(link.url).map { #"<li><a href="\#($0)">\#(link.title)</a></li>"# }
        }
        return #"<nav class="runbooks" aria-label="Runbooks"><ul>\#(links)</ul></nav>"#
    }
}
