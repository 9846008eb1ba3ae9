// SPDX-License-Identifier: Apache-2.0

/// The text of a dashboard's query: what Grafana puts in place of its variables and macros before it asks.
///
/// Source: Grafana's manual, "Prometheus template variables" and "Global variables".
enum DashboardQuery {
    /// `label_values(selector, label)`: what a variable can be.
    struct LabelValues: Equatable {
        let selector: String
        let label: String
    }

    /// Reads the query of a variable; nil when it is of another kind.
    static func labelValues(_ text: String) -> LabelValues? {
        guard text.hasPrefix("label_values("), text.hasSuffix(")") else { return nil }
        let inner = text.dropFirst("label_values(".count).dropLast()
        guard let comma = inner.lastIndex(of: ",") else { return nil }
        let label = inner[inner.index(after: comma)...].drop { $0 == " " }
        guard !label.isEmpty, label.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) else { return nil }
        return LabelValues(selector: String(inner[..<comma]), label: String(label))
    }

    /// Seconds between two samples: a slot of the store, and the scrape interval that the provisioned sources say.
    static let sampleInterval = 15

    /// Puts values in. What is not known stays as it is, which no query can be read with.
    ///
    /// - Parameters:
    ///   - choices: by the variable's name what was chosen; nothing chosen stands for all, those without the label too.
    ///     Values are taken as they are: they are no regular expressions, and do not end the quotes they stand in.
    ///   - window: from the first to the last moment of the chart.
    ///   - step: between two points of it.
    static func filledIn(_ text: String, choices: [String: [String]], window: Duration, step: Duration) -> String {
        let seconds = max(1, step.components.seconds)
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            var name = rest[rest.index(after: dollar)...]
            let isBraced = name.first == "{"
            if isBraced { name = name.dropFirst() }
            name = name.prefix { ($0.isASCII && ($0.isLetter || $0.isNumber)) || $0 == "_" }
            var end = name.endIndex
            if isBraced {
                // `${name:format}`: every format of a matcher's value comes to the same here.
                guard let brace = rest[end...].firstIndex(of: "}") else { break }
                end = rest.index(after: brace)
            }
            switch name {
            case "__rate_interval": result += "\(max(seconds + Int64(sampleInterval), Int64(4 * sampleInterval)))s"
            case "__interval": result += "\(seconds)s"
            case "__range": result += "\(max(1, window.components.seconds))s"
            default:
                if let values = choices[String(name)] {
                    result += matcher(values)
                } else {
                    result += rest[dollar..<end]
                }
            }
            rest = rest[end...]
        }
        return result + rest
    }

    /// A regular expression, as it stands between quotes, that matches just these values.
    private static func matcher(_ values: [String]) -> String {
        guard !values.isEmpty else { return ".*" }
        let escaped = values.map { value in
            var result = ""
            for character in value.unicodeScalars {
                // Twice: once for the expression, once for the quotes.
                switch character {
                case "\\": result += #"\\\\"#
                case "\"": result += #"\""#
                case "\n": result += #"\n"#
                case _ where #".+*?()|[]{}^$"#.unicodeScalars.contains(character): result += #"\\"# + String(character)
                default: result.unicodeScalars.append(character)
                }
            }
            return result
        }
        return escaped.count == 1 ? escaped[0] : "(" + escaped.joined(separator: "|") + ")"
    }
}
