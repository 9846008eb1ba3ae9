// SPDX-License-Identifier: Apache-2.0

/// The number of a stat panel, and what stands below it.
struct StatTile {
    let panel: DashboardPanel
    let series: [PanelSeries]

    func markup() -> Markup {
        let main = series.filter { $0.refId == "A" }
        let below = series.filter { $0.refId != "A" }
        guard !main.isEmpty else {
            return #"<p class="value empty">\#(panel.style(of: "").noValue ?? "no traffic")</p>"#
        }
        let values = main.map { one -> Markup in
            // Several values need their names, but for a currency, which the value has.
            let isNamed = main.count > 1 && panel.style(of: one.name).unit != "currency" + one.name
            let name: Markup = isNamed ? #" <span class="name">\#(one.name)</span>"# : ""
            return #"<p class="value">\#(value(one))\#(name)</p>"#
        }
        var notes = below.map { one -> Markup in #"<p class="note">\#(change(one)) <span>\#(one.name)</span></p>"# }
        if notes.isEmpty, let target = panel.targets?.first(where: { $0.refId != "A" }) {
            // The legend says what would stand there.
            let style = panel.style(of: target.legendFormat)
            if let text = style.noValue { notes.append(#"<p class="note">\#(text)</p>"#) }
        }
        return "\(values)\(notes)"
    }

    private func value(_ one: PanelSeries) -> Markup {
        let style = panel.style(of: one.name)
        guard let number = one.last else { return "–" }
        let words = style.words(for: number)
        return
            #"<span class="t-\#(words?.color ?? style.color(of: number) ?? "text")">\#(words?.text ?? style.text(number))</span>"#
    }

    /// A change has an arrow: which way it goes is not said by colour alone.
    private func change(_ one: PanelSeries) -> Markup {
        let style = panel.style(of: one.name)
        guard let number = one.last else { return "–" }
        let isChange = one.name.lowercased().contains("against the week before")
        let arrow = !isChange ? "" : number > 0 ? "▲ +" : number < 0 ? "▼ " : ""
        return
            #"<span class="t-\#(isChange ? style.color(of: number) ?? "text" : "text")">\#(arrow + style.text(number))</span>"#
    }
}
