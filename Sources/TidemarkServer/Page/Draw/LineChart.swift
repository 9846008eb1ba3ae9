// SPDX-License-Identifier: Apache-2.0

/// Lines over time as SVG, with the newest values in words below.
struct LineChart {
    struct Line {
        let name: String
        /// Milliseconds since 1970, ascending.
        let times: [Int64]
        let values: [Double]
        let style: FieldStyle
    }

    /// At most `most`.
    let lines: [Line]
    /// How many there are beside these.
    let more: Int
    /// Milliseconds since 1970.
    let window: ClosedRange<Int64>
    /// Between two points; a longer gap breaks the line.
    let step: Int64
    /// When an alert fired.
    let marks: [ClosedRange<Int64>]
    /// Of the axis.
    let style: FieldStyle

    /// More would not be told apart. What is beyond is counted.
    static let most = 12

    private static let width = 640.0
    private static let height = 240.0
    private static let left = 72.0
    private static let right = 12.0
    private static let top = 10.0
    private static let bottom = 26.0

    /// - Parameter styles: of a line, by its name.
    init(
        series: [PanelSeries],
        styles: (String) -> FieldStyle,
        window: ClosedRange<Int64>,
        step: Int64,
        marks: [ClosedRange<Int64>],
        style: FieldStyle
    ) {
        lines = series.prefix(Self.most).map {
            Line(name: $0.name, times: $0.times, values: $0.values, style: styles($0.name))
        }
        more = series.count - lines.count
        self.window = window
        self.step = step
        self.marks = marks
        self.style = style
    }

    /// - Parameter id: unique in the page.
    func markup(id: String, title: String, description: String) -> Markup {
        let numbers = lines.flatMap(\.values).filter(\.isFinite)
        guard let low = numbers.min(), let high = numbers.max() else { return "" }
        let text = ValueText(unit: style.unit ?? "short", decimals: nil)
        let scale = ChartScale(values: low...high, minimum: style.min, maximum: style.max, base: text.base(upTo: high))
        var drawing: Markup = """
            <svg class="chart" viewBox="0 0 \(Self.width) \(Self.height)" role="img" aria-labelledby="\(id)-t \(id)-d">\
            <title id="\(id)-t">\(title)</title><desc id="\(id)-d">\(description)</desc>
            """
        drawing += marked()
        drawing += grid(scale, text)
        // What was before lies below what is now.
        for index in lines.indices.reversed() { drawing += line(lines[index], index, scale) }
        drawing += "</svg>"
        return drawing + legend()
    }

    // MARK: - Places

    private func x(_ time: Int64) -> Double {
        let length = Double(max(1, window.upperBound - window.lowerBound))
        return Self.left + Double(time - window.lowerBound) / length * (Self.width - Self.left - Self.right)
    }

    private func y(_ value: Double, _ scale: ChartScale) -> Double {
        Self.height - Self.bottom - scale.place(value) * (Self.height - Self.top - Self.bottom)
    }

    // MARK: - Parts

    private func marked() -> Markup {
        var result: Markup = ""
        for mark in marks where mark.upperBound >= window.lowerBound && mark.lowerBound <= window.upperBound {
            let start = x(max(mark.lowerBound, window.lowerBound))
            let end = max(x(min(mark.upperBound, window.upperBound)), start + 2)
            result += """
                <rect class="mark" x="\(start)" y="\(Self.top)" width="\(end - start)" \
                height="\(Self.height - Self.top - Self.bottom)"/>
                """
        }
        return result
    }

    private func grid(_ scale: ChartScale, _ text: ValueText) -> Markup {
        var result: Markup = ""
        for tick in scale.ticks {
            let place = y(tick, scale)
            result += """
                <line class="grid" x1="\(Self.left)" x2="\(Self.width - Self.right)" y1="\(place)" y2="\(place)"/>\
                <text class="tick" x="\(Self.left - 6)" y="\(place + 4)" text-anchor="end">\(text.tick(tick))</text>
                """
        }
        for tick in TimeAxis(window: window).ticks {
            result += """
                <line class="grid" x1="\(x(tick.time))" x2="\(x(tick.time))" y1="\(Self.top)" \
                y2="\(Self.height - Self.bottom)"/>\
                <text class="tick" x="\(x(tick.time))" y="\(Self.height - 8)" text-anchor="middle">\(tick.text)</text>
                """
        }
        return result
    }

    private func line(_ line: Line, _ index: Int, _ scale: ChartScale) -> Markup {
        var path: Markup = ""
        var before: Int64?
        for (time, value) in zip(line.times, line.values) {
            guard value.isFinite else {
                before = nil
                continue
            }
            let isNext = before.map { time - $0 <= step + step / 2 } ?? false
            // A line of no length has round ends: a point.
            path += isNext ? "L\(x(time)) \(y(value, scale))" : "M\(x(time)) \(y(value, scale))h0.1"
            before = time
        }
        return
            #"<path class="line \#(Self.colorClass(line.style, index)) \#(Self.dashClass(line.style))" d="\#(path)"/>"#
    }

    private static func colorClass(_ style: FieldStyle, _ index: Int) -> String {
        style.color?.mode == "fixed" ? "s-" + (style.color?.fixedColor ?? "text") : "s\(index % most)"
    }

    /// What differs beside the colour.
    private static func dashClass(_ style: FieldStyle) -> String {
        guard let dash = style.custom?.lineStyle?.dash, style.custom?.lineStyle?.fill == "dash" else { return "solid" }
        return (dash.first ?? 0) < 4 ? "dotted" : "dashed"
    }

    private func legend() -> Markup {
        let entries = lines.enumerated().map { index, line -> Markup in
            let last = line.values.last { !$0.isNaN }.map { line.style.text($0) } ?? "–"
            return """
                <li><svg class="key" viewBox="0 0 24 8" aria-hidden="true"><path class="line \
                \(Self.colorClass(line.style, index)) \(Self.dashClass(line.style))" d="M1 4h22"/></svg>\
                \(line.name) <strong>\(last)</strong></li>
                """
        }
        let rest: Markup = more > 0 ? "<li>and \(more) more</li>" : ""
        return #"<ul class="legend">\#(entries)\#(rest)</ul>"#
    }
}
