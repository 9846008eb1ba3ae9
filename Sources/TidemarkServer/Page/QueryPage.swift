// SPDX-License-Identifier: Apache-2.0

import PromQL
import Tidemark
import TimeSeries

/// A box for a query, and what it says now and over time.
struct QueryPage {
    let address: PageAddress
    let queries: PageQueries

    func markup() throws(QueryError) -> Markup {
        var content: Markup = """
            <p class="lead">Ask for any series in PromQL, the language of Prometheus: \
            <code>sum by (campaign) (increase(campaign_clicks_total[1d]))</code>.</p>
            <form class="query" action="\(PageFrame.queryPath)" method="get"><label for="query">Query</label>\
            <textarea id="query" name="query" rows="3" spellcheck="false" autocapitalize="off" \
            required>\(address.query)</textarea><div class="choices">\(PageFrame.times(address))\
            <button type="submit">Ask</button></div></form>
            """
        if !address.query.isEmpty { content += try answer() }
        return content
    }

    private func answer() throws(QueryError) -> Markup {
        let target = DashboardPanel.Target(
            refId: "A",
            expr: address.query,
            legendFormat: "__auto",
            instant: false,
            interval: nil
        )
        let style = FieldStyle(unit: "none")
        let step = queries.step(atLeast: nil)
        do throws(QueryError) {
            let now = try queries.instant(address.query).value
            if case .string(_, let text) = now { return section("Now", #"<p class="value">\#(text)</p>"#) }
            let series = PanelSeries.all(of: now, target)
            var content = section("Now", rows(series))
            // What is no line over time, such as a range of samples, has no graph.
            if case .matrix = now { return content }
            let lines = PanelSeries.all(of: try queries.range(address.query, step: step).value, target)
            let chart = LineChart(
                series: lines,
                styles: { _ in style },
                window: queries.window.lowerBound.milliseconds...queries.window.upperBound.milliseconds,
                step: step,
                marks: [],
                style: style
            )
            let drawn = chart.markup(id: "graph", title: "The query over time", description: address.query)
            content += section(
                "Over time",
                drawn.text.isEmpty ? #"<p class="empty">no samples in this time</p>"# : drawn
            )
            return content
        } catch {
            if error.kind == .canceled { throw error }
            return #"<p class="fault" role="alert">\#(error.message)</p>"#
        }
    }

    private func section(_ title: String, _ content: Markup) -> Markup {
        #"<section class="panel w24"><h2>\#(title)</h2>\#(content)</section>"#
    }

    private func rows(_ series: [PanelSeries]) -> Markup {
        guard !series.isEmpty else { return #"<p class="empty">no samples</p>"# }
        let text = ValueText(unit: "none", decimals: nil)
        let lines = series.prefix(PanelTable.mostRows).map { one -> Markup in
            let values = one.values.suffix(20).map { text.text($0) }.joined(separator: ", ")
            return #"<tr><th scope="row"><code>\#(one.name)</code></th><td class="number">\#(values)</td></tr>"#
        }
        return """
            <div class="scroll" role="region" aria-label="Values" tabindex="0"><table><thead><tr><th scope="col">Series</th>\
            <th scope="col" class="number">Value</th></tr></thead><tbody>\(lines)</tbody></table></div>\(PanelTable.rest(of: series.count))
            """
    }
}
