// SPDX-License-Identifier: Apache-2.0

import PromQL
import TimeSeries

/// How far back the rules look at each metric name that rules record: what a replay has to keep.
struct Lookback {
    private let selections: [(selector: VectorSelector, milliseconds: Int64)]

    /// - Parameters:
    ///   - expressions: with durations that are known, and how much earlier than its evaluation each is asked for.
    ///   - lookback: for how many milliseconds a sample counts where no range is given.
    init(_ expressions: [(expression: Expression, queryOffset: Int64)], lookback: Int64) {
        var found: [(VectorSelector, Int64)] = []
        for (expression, offset) in expressions { Lookback.walk(expression, max(0, offset), lookback, &found) }
        selections = found
    }

    /// Milliseconds before an evaluation from which samples of a name are read; nil when nothing reads it, the longest
    /// there is when a fixed time is asked for.
    func milliseconds(of name: String) -> Int64? {
        selections.filter { selection in
            selection.selector.matchers.allSatisfy { $0.name != "__name__" || $0.matches(name) }
        }.map(\.milliseconds).max()
    }

    private static func walk(
        _ expression: Expression,
        _ before: Int64,
        _ lookback: Int64,
        _ found: inout [(VectorSelector, Int64)]
    ) {
        switch expression {
        case .number, .string: break
        case .parenthesis(let node): walk(node.inner, before, lookback, &found)
        case .unary(let node): walk(node.operand, before, lookback, &found)
        case .binary(let node):
            walk(node.left, before, lookback, &found)
            walk(node.right, before, lookback, &found)
        case .call(let node): for argument in node.arguments { walk(argument, before, lookback, &found) }
        case .aggregation(let node):
            if let parameter = node.parameter { walk(parameter, before, lookback, &found) }
            walk(node.operand, before, lookback, &found)
        case .selector(let node): found.append((node, reach(before, lookback, node.offset, node.at)))
        case .range(let node):
            // `anchored` looks for a sample before the window, too.
            let range = sum(length(node.range), node.selector.extent == .plain ? 0 : lookback)
            found.append((node.selector, reach(before, range, node.selector.offset, node.selector.at)))
        case .subquery(let node):
            walk(node.inner, reach(before, length(node.range), node.offset, node.at), lookback, &found)
        }
    }

    private static func reach(_ before: Int64, _ range: Int64, _ offset: DurationExpression, _ at: AtModifier?) -> Int64
    {
        at == nil ? sum(sum(before, range), max(0, length(offset))) : .max
    }

    private static func length(_ duration: DurationExpression) -> Int64 {
        // One that depends on the query could be anything.
        if case .milliseconds(let value) = duration { return value }
        return .max
    }

    private static func sum(_ left: Int64, _ right: Int64) -> Int64 {
        let (sum, overflows) = left.addingReportingOverflow(right)
        return overflows ? .max : sum
    }
}
