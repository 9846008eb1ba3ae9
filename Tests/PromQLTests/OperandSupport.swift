// SPDX-License-Identifier: Apache-2.0

import TimeSeries

@testable import PromQL

/// Rows of numbers; the number of steps is to be said where there may be no row.
func columns(_ labels: [Labels], _ rows: [[Double]], steps: Int? = nil) -> VectorColumns {
    VectorColumns(
        stepCount: steps ?? rows.first?.count ?? 1,
        labels: labels,
        dropsName: labels.map { _ in false },
        values: rows.flatMap { $0 }
    )
}

/// An operator whose operands do not matter.
func expression(_ operation: BinaryOperator, _ returnsBool: Bool, _ matching: VectorMatching?) -> BinaryExpression {
    let place = SourceRange(start: 0, end: 0)
    let operand = Expression.number(NumberLiteral(value: 0, position: place))
    return BinaryExpression(
        operation: operation,
        left: operand,
        right: operand,
        returnsBool: returnsBool,
        matching: matching,
        position: place
    )
}

/// A query over no series, at 0, 10, … ms.
func runningQuery(steps: Int, source: any SeriesSource = InMemorySeries()) -> RunningQuery {
    let steps = Steps(start: 0, interval: 10, count: steps)
    return RunningQuery(
        source: source,
        options: QueryOptions(),
        steps: steps,
        end: steps.end,
        isRange: steps.count > 1,
        cancellation: QueryCancellation()
    )
}
