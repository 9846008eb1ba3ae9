// SPDX-License-Identifier: Apache-2.0

import Foundation

@testable import PromQL
@testable import TidemarkServer

extension DashboardLint {
    /// What Grafana puts in by itself.
    static let macros: Set<String> = ["__rate_interval", "__interval", "__range"]

    /// What stands for a dashboard's variables and for macros, as if all were chosen.
    func filledIn(_ text: String) -> String {
        let names = variables.compactMap { $0["name"].text }
        return DashboardQuery.filledIn(
            text,
            choices: Dictionary(names.map { ($0, []) }) { first, _ in first },
            window: .seconds(3_600),
            step: .seconds(60)
        )
    }

    /// The metrics that an expression reads.
    func metrics(of expression: String) -> Set<String> {
        guard let parsed = try? QueryEngine.parse(filledIn(expression)) else { return [] }
        return Set(parsed.selectors.map(\.name))
    }

    /// Rules of one expression.
    ///
    /// - Parameters:
    ///   - isRange: it is asked for each step of a time.
    ///   - isSelector: its series are listed, and no value is read.
    mutating func check(expression: String, isRange: Bool, isSelector: Bool = false, _ place: String) {
        let filled = filledIn(expression)
        if filled.contains("$") { found("variables", "\(place) uses a variable that is not there: \(filled)") }
        let parsed: PromQL.Expression
        do {
            parsed = try QueryEngine.parse(filled)
        } catch {
            return found("target-promql", "\(place): \(error)")
        }
        for selector in parsed.selectors {
            if selector.name.isEmpty { found("metric-names", "\(place) has a selector without a name") }
            let isOwn = selector.name.hasPrefix("tidemark_") || selector.name.hasPrefix("process_")
            if !isOwn, !world.metrics.contains(selector.name) {
                found("metric-names", "\(place) reads \(selector.name), which nothing makes")
            }
        }
        if !isSelector { walk(parsed, isRange: isRange, within: "", place) }
        checkMatchers(expression, place)
        let fixed = expression.matches(of: /\b(rate|irate)\([^\[]*\[([^\]]+)\]/).map { $0.output.2 }
        for window in fixed where isRange && window != "$__rate_interval" {
            found("target-rate-interval", "\(place) has a rate over \(window)")
        }
    }

    /// A variable of several values is a regular expression.
    private mutating func checkMatchers(_ expression: String, _ place: String) {
        for match in expression.matches(of: /([a-z_]+)(=~|!~|=|!=)"\$\{?([a-z_]+)/) where match.output.2 != "=~" {
            found("multi-regex", "\(place) compares \(match.output.1) with all of \(match.output.3) at once")
        }
    }

    /// Walks the expression.
    private mutating func walk(_ expression: PromQL.Expression, isRange: Bool, within function: String, _ place: String)
    {
        switch expression {
        case .number, .string:
            break
        case .parenthesis(let node):
            walk(node.inner, isRange: isRange, within: function, place)
        case .unary(let node):
            walk(node.operand, isRange: isRange, within: function, place)
        case .binary(let node):
            walk(node.left, isRange: isRange, within: "", place)
            walk(node.right, isRange: isRange, within: "", place)
        case .call(let node):
            for argument in node.arguments { walk(argument, isRange: isRange, within: node.function.rawValue, place) }
        case .aggregation(let node):
            // A mean of ratios, or of quantiles, weighs what is rare like what is frequent.
            if node.operation == .avg { found("ratio-of-sums", "\(place) takes a mean of what may be ratios") }
            if node.operation == .sum, node.operand.selectors.contains(where: { isRatio($0.name) }) {
                found("ratio-of-sums", "\(place) adds ratios")
            }
            walk(node.operand, isRange: isRange, within: "", place)
        case .selector(let node):
            if node.name.hasSuffix("_total") {
                found("target-counter-agg", "\(place) reads the counter \(node.name) without rate or increase")
            }
        case .range(let node):
            let isCounter = node.selector.name.hasSuffix("_total") || node.selector.name.hasSuffix("_bucket")
            if isCounter, !["rate", "irate", "increase"].contains(function) {
                found("target-counter-agg", "\(place) reads the counter \(node.selector.name) in \(function)")
            }
        case .subquery(let node):
            walk(node.inner, isRange: isRange, within: "", place)
        }
    }

    private func isRatio(_ name: String) -> Bool {
        name.contains(":") && (name.hasSuffix(":ratio") || name.contains(":ratio28") || name.hasSuffix(":mean"))
    }
}
