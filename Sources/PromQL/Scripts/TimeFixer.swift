// SPDX-License-Identifier: Apache-2.0

/// Appends `@ time` to the selectors and subqueries of a query that say no time: the query then has the same value
/// whenever it is asked.
///
/// Source: Prometheus, `promql/promqltest/test.go`, `atModifierTestCases`.
struct TimeFixer {
    /// Where `@ time` goes.
    private var ends: [Int] = []
    /// Whether the value depends on more than what is selected.
    private var depends = false

    /// The query with its time fixed; nil when its value depends on the time even so.
    ///
    /// - Parameter expression: what the text was parsed to.
    static func fix(_ query: String, _ expression: Expression, at time: Int64) -> String? {
        var fixer = TimeFixer()
        fixer.visit(expression)
        guard !fixer.depends else { return nil }
        var text = Array(query.utf8)
        for end in fixer.ends.sorted(by: >) where end <= text.count {
            text.insert(contentsOf: " @ \(Double(time) / 1_000)".utf8, at: end)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// When such a query is asked.
    static func otherTimes(_ time: Int64) -> [Int64] {
        time == 0 ? [-1_000, 0, 1_000] : [-10 * time, 0, time / 5, time, 10 * time]
    }

    private mutating func visit(_ expression: Expression) {
        switch expression {
        case .number, .string: break
        case .parenthesis(let node): visit(node.inner)
        case .unary(let node): visit(node.operand)
        case .binary(let node):
            visit(node.left)
            visit(node.right)
        case .call(let node):
            switch node.function {
            case .daysInMonth, .dayOfMonth, .dayOfWeek, .dayOfYear, .hour, .minute, .month, .year, .predictLinear,
                .time, .timestamp, .start, .end, .step, .range:
                depends = true
            default: break
            }
            node.arguments.forEach { visit($0) }
        case .aggregation(let node):
            if let parameter = node.parameter { visit(parameter) }
            visit(node.operand)
        case .selector(let node): fix(node.at, end: node.position.end)
        case .range(let node): fix(node.selector.at, end: node.position.end)
        // Selectors inside of it then take their times from it.
        case .subquery(let node): fix(node.at, end: node.position.end)
        }
    }

    private mutating func fix(_ at: AtModifier?, end: Int) {
        switch at {
        case nil: ends.append(end)
        case .time: break
        case .start, .end: depends = true
        }
    }
}
