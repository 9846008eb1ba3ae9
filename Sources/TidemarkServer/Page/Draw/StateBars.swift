// SPDX-License-Identifier: Apache-2.0

/// When something was so: a row for each series, with a bar in SVG and the same in words.
struct StateBars {
    let series: [PanelSeries]
    /// Milliseconds since 1970.
    let window: ClosedRange<Int64>
    let step: Int64
    let style: FieldStyle

    private static let width = 400.0

    /// Times without a gap in which a series had samples, the last step of each included.
    static func spans(_ times: [Int64], step: Int64) -> [ClosedRange<Int64>] {
        var spans: [ClosedRange<Int64>] = []
        for time in times {
            if let last = spans.last, time - last.upperBound <= step / 2 {
                spans[spans.count - 1] = last.lowerBound...(time + step)
            } else {
                spans.append(time...(time + step))
            }
        }
        return spans
    }

    /// A table: what, when as a bar, when in words.
    func markup(title: String) -> Markup {
        let rows = series.sorted { $0.name < $1.name }.prefix(PanelTable.mostRows).map { one -> Markup in
            let times = zip(one.times, one.values).filter { $0.1 > 0 }.map(\.0)
            let spans = Self.spans(times, step: step)
            let bars = spans.map { span -> Markup in
                // What has just begun is at the end, and to be seen.
                let start = min(place(span.lowerBound), Self.width - 2)
                let width = max(2, place(min(span.upperBound, window.upperBound)) - start)
                return #"<rect class="fired" x="\#(start)" y="2" width="\#(width)" height="12"/>"#
            }
            return """
                <tr><th scope="row">\(one.name)</th><td class="when"><svg class="bars" viewBox="0 0 \(Self.width) 16" \
                preserveAspectRatio="none" aria-hidden="true"><rect class="ground" x="0" y="2" width="\(Self.width)" \
                height="12"/>\(bars)</svg></td><td>\(words(spans))</td></tr>
                """
        }
        return """
            <div class="scroll" role="region" aria-label="\(title)" tabindex="0"><table class="states"><thead><tr>\
            <th scope="col">What</th><th scope="col">\(MomentText.day(window.lowerBound)) to \
            \(MomentText.day(window.upperBound))</th><th scope="col">When</th></tr></thead><tbody>\(rows)</tbody></table></div>\
            \(PanelTable.rest(of: series.count))
            """
    }

    private func place(_ time: Int64) -> Double {
        let length = Double(max(1, window.upperBound - window.lowerBound))
        return Double(min(max(time, window.lowerBound), window.upperBound) - window.lowerBound) / length * Self.width
    }

    /// The last three of them.
    private func words(_ spans: [ClosedRange<Int64>]) -> String {
        let texts = spans.suffix(3).map { span in
            // What goes on has no end yet.
            span.upperBound >= window.upperBound
                ? "since \(MomentText.moment(span.lowerBound))"
                : "\(MomentText.moment(span.lowerBound)) – \(MomentText.moment(span.upperBound))"
        }
        let more = spans.count > 3 ? "\(spans.count - 3) earlier; " : ""
        return more + texts.joined(separator: "; ")
    }
}
