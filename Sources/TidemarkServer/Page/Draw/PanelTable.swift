// SPDX-License-Identifier: Apache-2.0

import TimeSeries

/// The rows of a table panel: what its queries brought, put together where their labels are the same.
///
/// Source: Grafana's transformations `merge` and `organize`, as far as the dashboards use them.
struct PanelTable {
    enum Cell: Equatable {
        case text(String)
        case number(Double)
    }

    /// More rows than that would not be read.
    static let mostRows = 500

    let panel: DashboardPanel
    /// The headings, in order.
    let columns: [String]
    private(set) var rows: [[String: Cell]] = []

    /// - Complexity: O(samples · columns).
    init(panel: DashboardPanel, series: [PanelSeries]) {
        self.panel = panel
        let organize = panel.transformations?.first { $0.id == "organize" }?.options
        let names = organize?.renameByName ?? [:]
        let hidden = organize?.excludeByName ?? [:]
        let order = organize?.indexByName ?? [:]
        columns = names.keys.filter { hidden[$0] != true }.sorted { (order[$0] ?? 0, $0) < (order[$1] ?? 0, $1) }
            .compactMap { names[$0] }

        let targets = panel.targets ?? []
        let labels = names.keys.filter { !$0.hasPrefix("Value") }
        // Rows are the same where every query that brought something has the label: others are columns of their query.
        let byQuery = Dictionary(grouping: series) { $0.refId }
        let shared = labels.filter { label in
            byQuery.values.allSatisfy { $0.contains { $0.labels[label] != nil } }
        }
        var places: [[String?]: Int] = [:]
        for target in targets {
            let field = targets.count > 1 ? "Value #\(target.refId)" : "Value"
            for one in byQuery[target.refId] ?? [] {
                let key = shared.map { one.labels[$0] }
                let isAlone = targets.count == 1
                let place = isAlone ? rows.count : places[key] ?? rows.count
                if place == rows.count {
                    rows.append([:])
                    places[key] = place
                }
                for label in labels {
                    if let heading = names[label], let text = one.labels[label] { rows[place][heading] = .text(text) }
                }
                if hidden[field] != true, let heading = names[field], let number = one.last {
                    rows[place][heading] = .number(number)
                }
            }
        }
        sort()
    }

    private mutating func sort() {
        guard let order = panel.options?.sortBy?.first else { return }
        rows.sort { left, right in
            switch (left[order.displayName], right[order.displayName]) {
            case (.number(let one), .number(let other)): order.desc ? one > other : one < other
            case (.text(let one), .text(let other)): order.desc ? one > other : one < other
            case (nil, _): false
            case (_, nil): true
            case (.text, .number): true
            case (.number, .text): false
            }
        }
    }
}

extension PanelTable {
    /// The table in HTML.
    ///
    /// - Parameter links: makes an address of a link's template and the cell's text.
    func markup(links: (String, String) -> String?) -> Markup {
        let numbers = Set(columns.filter { heading in rows.contains { isNumber($0[heading]) } })
        let headings = columns.map { heading -> Markup in
            numbers.contains(heading)
                ? #"<th scope="col" class="number">\#(heading)</th>"# : #"<th scope="col">\#(heading)</th>"#
        }
        // The longest bar is the greatest number of its column.
        let greatest = Dictionary(uniqueKeysWithValues: Set(columns).map { ($0, self.greatest($0)) })
        let styles = Dictionary(uniqueKeysWithValues: greatest.keys.map { ($0, panel.style(of: $0)) })
        let lines = rows.prefix(Self.mostRows).map { row -> Markup in
            let cells = columns.enumerated().map { index, heading -> Markup in
                if row[heading] == nil, numbers.contains(heading) { return #"<td class="number">–</td>"# }
                return cell(
                    row[heading],
                    styles[heading] ?? FieldStyle(),
                    isFirst: index == 0,
                    greatest: greatest[heading] ?? 0,
                    links
                )
            }
            return "<tr>\(cells)</tr>"
        }
        return """
            <div class="scroll" role="region" aria-label="\(panel.title)" tabindex="0"><table><thead><tr>\(headings)</tr></thead>\
            <tbody>\(lines)</tbody></table></div>\(Self.rest(of: rows.count))
            """
    }

    /// How many rows are not shown, in words.
    static func rest(of count: Int) -> Markup {
        count > mostRows ? "<p>and \(count - mostRows) more</p>" : ""
    }

    private func isNumber(_ cell: Cell?) -> Bool {
        if case .number = cell { true } else { false }
    }

    private func greatest(_ heading: String) -> Double {
        rows.reduce(0) { most, row in
            if case .number(let number) = row[heading], number.isFinite { max(most, number) } else { most }
        }
    }

    private func cell(
        _ cell: Cell?,
        _ style: FieldStyle,
        isFirst: Bool,
        greatest: Double,
        _ links: (String, String) -> String?
    ) -> Markup {
        switch cell {
        case .text(let text):
            var inner: Markup = "\(text)"
            if let words = style.words(for: text) { inner = #"<span class="t-\#(words.color)">\#(words.text)</span>"# }
            if let link = style.links?.first, let url = links(link.url, text) {
                inner = #"<a href="\#(url)" title="\#(link.title)">\#(inner)</a>"#
            }
            return isFirst ? #"<th scope="row">\#(inner)</th>"# : "<td>\(inner)</td>"
        case .number(let number):
            var bar: Markup = ""
            if style.isBar, greatest > 0, number > 0, number.isFinite {
                bar = """
                    <svg class="bar" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect \
                    class="b-\(style.color?.fixedColor ?? "blue")" width="\(number / greatest * 100)" height="4"/></svg>
                    """
            }
            let words = style.words(for: number)
            let text: Markup =
                words.map { #"<span class="t-\#($0.color)">\#($0.text)</span>"# } ?? "\(style.text(number))"
            return #"<td class="number">\#(text)\#(bar)</td>"#
        case nil:
            return isFirst ? #"<th scope="row">–</th>"# : "<td>–</td>"
        }
    }
}
